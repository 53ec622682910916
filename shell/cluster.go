package shell

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/mon"
)

func clusterLevel() *Level {
	l := &Level{Name: "cluster", Short: "the cluster itself: its nodes, links and times", Commands: []*Command{
		{Name: "status", Short: "what the cluster is doing, who is in it, which links are up", Run: runClusterStatus},
		{Name: "nodes", Short: "the nodes and whether they take part", Run: runClusterNodes},
		{Name: "timing", Short: "the detection times that follow from the configuration", Run: runTiming},
		{Name: "health", Short: "say what is wrong with the cluster, if anything is", Run: runHealth},
		{Name: "take-over", Aliases: []string{"takeover"}, Args: "--i-confirm-peer-is-off", Short: "go on without the nodes that are lost: you vouch that they are off", Long: takeOverHelp, Changes: true, Max: 1, Run: runTakeOver,
			Complete: func(context.Context, *Session, []string) []string { return []string{"--" + api.TakeOverPhrase} }},
		{Name: "wait_for_startup", Aliases: []string{"wait-for-startup"}, Args: "[SECONDS]", Short: "wait until the cluster answers", Max: 1, Run: runWaitForStartup},
	}}
	for _, verb := range []string{"start", "stop", "restart", "enable", "disable"} {
		l.Commands = append(l.Commands, &Command{Name: verb, Short: serviceHelp(verb), Changes: true, Run: service(verb)})
	}
	return l
}

func serviceHelp(verb string) string {
	return map[string]string{
		"start": "start the cluster on this node", "stop": "stop the cluster on this node, in an orderly way",
		"restart": "stop and start the cluster on this node", "enable": "start the cluster at boot", "disable": "do not start the cluster at boot",
	}[verb]
}

// service makes a command that asks systemd, or crmd itself where it can.
func service(verb string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, _ []string) error {
		if s.rehearsal != nil {
			return s.rehearseService(ctx, verb)
		}
		root := s.env.Getenv("TACTUS_ROOT")
		if root == "" || root == "/" {
			if systemctl, err := exec.LookPath("systemctl"); err == nil {
				out, err := exec.CommandContext(ctx, systemctl, verb, "tactus.service").CombinedOutput()
				if err == nil {
					return nil
				}
				if verb != "stop" {
					return fmt.Errorf("systemctl %s tactus.service: %s; without systemd, start lrmd and crmd yourself", verb, firstLine(out))
				}
			}
		}
		if err := s.live(); err != nil {
			return err
		}
		if verb == "stop" {
			return s.store.API().Post(ctx, "/v1/shutdown", nil, struct{}{}, nil)
		}
		return fmt.Errorf("no systemd here: run lrmd and crmd (with --root %s) to start the node", root)
	}
}

// rehearseService is service on paper.
func (s *Session) rehearseService(ctx context.Context, verb string) error {
	s.infof("systemctl %s tactus.service", verb)
	if verb == "enable" || verb == "disable" || verb == "start" {
		return nil // start: a node that is down has no cluster to ask
	}
	node, err := s.localNode(ctx)
	if err != nil {
		return err
	}
	if err := s.store.API().Post(ctx, "/v1/shutdown", nil, struct{}{}, nil); err != nil || verb == "stop" {
		return err
	}
	return s.rehearsal.Join(ctx, crm.NodeName(node))
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

func (s *Session) status(ctx context.Context) (api.Status, error) {
	if err := s.live(); err != nil {
		return api.Status{}, err
	}
	return s.store.API().Status(ctx)
}

func runClusterStatus(ctx context.Context, s *Session, _ []string) error {
	st, err := s.status(ctx)
	if err != nil {
		return err
	}
	dc := string(st.DC)
	if dc == "" {
		dc = "none"
	}
	s.printf("Cluster: %s\nNode: %s (id %d), %s\nDC: %s\nQuorum: %s\nCIB: %s\n", st.Cluster, st.Node, st.NodeID, st.State, dc, quorumText(st), st.CIBVersion)
	if st.Stale != "" {
		s.printf("%s\n", st.Stale)
	}
	if !st.Protected {
		s.printf("UNPROTECTED: resources may run twice when nodes lose sight of each other\n")
	}
	if st.Protected && st.Protection != "" {
		s.printf("Protected by: %s\n", st.Protection)
	}
	for _, line := range st.FencingTrouble {
		s.printf("%s\n", line)
	}
	if st.DiskError != "" {
		s.printf("Disk: %s; changes are refused\n", st.DiskError)
	}
	if st.Partial != "" {
		s.printf("Incomplete: %s\n", st.Partial)
	}
	for _, r := range st.Refused {
		s.printf("Refused since start: %d x %s\n", r.Count, r.Why)
	}
	if t := st.Transition; t.Total > 0 {
		s.printf("Transition %d: %s, %d of %d actions done%s\n", t.ID, t.State, t.Done, t.Total, because(t.Reason))
	}
	s.members(st, true)
	return nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

func quorumText(st api.Status) string {
	word := "no"
	if st.Quorate {
		word = "yes"
	}
	return word + because(st.QuorumReason)
}

func (s *Session) members(st api.Status, links bool) {
	for _, m := range st.Members {
		state := "lost"
		if m.Alive && m.Joined {
			state = "member"
		} else if m.Alive {
			state = "alive, not a member yet"
		}
		if m.Alive && m.ExecutorLost {
			state += ", WITHOUT its executor (lrmd)"
		}
		if m.Alive && m.Stalled {
			state += ", its crmd HANGS"
		}
		what := "Node"
		if m.Witness {
			what, state = "Witness", map[bool]string{true: "there", false: "LOST"}[m.Alive]
		}
		s.printf("%s %s (id %d): %s, %s%s\n", what, m.Name, m.ID, state, m.Role, votesText(st.Votes, m))
		for _, l := range m.Links {
			if !links {
				break
			}
			state := "up"
			if !l.Up {
				state = "DOWN"
			}
			s.printf("  link %d (%s) %s -> %s: %s%s\n", l.Number, l.Kind, l.Local, l.Remote, state, because(l.Error))
		}
	}
}

// votesText tells a node's votes where they are not simply one each.
func votesText(v api.Votes, m api.MemberStatus) string {
	text := ""
	if m.Votes > 1 {
		text = fmt.Sprintf(", %d votes", m.Votes)
	}
	if v.TieBreaker == m.Name {
		text += ", breaks ties"
	}
	return text
}

func runClusterNodes(ctx context.Context, s *Session, _ []string) error {
	st, err := s.status(ctx)
	if err == nil {
		s.members(st, false)
	}
	return err
}

func (s *Session) timing(ctx context.Context) (t api.Timing, err error) {
	if err := s.live(); err != nil {
		return t, err
	}
	return t, s.store.API().Get(ctx, "/v1/timing", nil, &t)
}

func runTiming(ctx context.Context, s *Session, _ []string) error {
	t, err := s.timing(ctx)
	if err != nil {
		return err
	}
	for _, line := range t.Lines {
		s.printf("%s\n", line)
	}
	if len(t.Lines) == 0 {
		s.printf("from %s\nheartbeat every %s\nnode late after %s\nnode dead after %s\n", t.Source, t.Heartbeat, t.Warn, t.Dead)
	}
	return nil
}

// runHealth says what is wrong; nothing wrong is exit code 0.
func runHealth(ctx context.Context, s *Session, _ []string) error {
	st, err := s.status(ctx)
	if err != nil {
		return err
	}
	var wrong []string
	if !st.Quorate {
		wrong = append(wrong, "no quorum"+because(st.QuorumReason))
	}
	if st.DC == "" {
		wrong = append(wrong, "no DC")
	}
	if st.Stale != "" {
		wrong = append(wrong, st.Stale)
	}
	if st.DiskError != "" {
		wrong = append(wrong, "disk: "+st.DiskError)
	}
	for _, m := range st.Members {
		switch {
		case m.Witness && !m.Alive:
			wrong = append(wrong, fmt.Sprintf("witness %s is lost: the quorum has one vote less in reserve; start it", m.Name))
		case !m.Witness && (!m.Alive || !m.Joined):
			wrong = append(wrong, fmt.Sprintf("node %s is not a member", m.Name))
		}
		if m.Alive && m.ExecutorLost {
			wrong = append(wrong, fmt.Sprintf("node %s: the executor (lrmd) cannot be reached; start it, or look at its log", m.Name))
		}
		if m.Alive && m.Stalled {
			wrong = append(wrong, fmt.Sprintf("node %s: crmd has not answered for 5 s; it hangs: keep its log and restart it, resources go on meanwhile", m.Name))
		}
		for _, l := range m.Links {
			if !l.Up {
				wrong = append(wrong, fmt.Sprintf("link %d to %s is down%s", l.Number, m.Name, because(l.Error)))
			}
		}
	}
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	for _, op := range c.Failed {
		wrong = append(wrong, fmt.Sprintf("failed: %s", op.ID))
	}
	blocked, err := s.blockedFencing(ctx, st)
	if err != nil {
		return err
	}
	wrong = append(wrong, blocked...)
	for _, w := range wrong {
		s.printf("%s\n", w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d problems", len(wrong))
	}
	s.printf("no problems\n")
	return nil
}

// blockedFencing tells what keeps nodes from being fenced.
func (s *Session) blockedFencing(ctx context.Context, st api.Status) ([]string, error) {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return nil, err
	}
	return mon.Blocked(mon.Read(snap, &st, s.env.Now())), nil
}

func runWaitForStartup(ctx context.Context, s *Session, args []string) error {
	limit := 10 * time.Second
	if len(args) == 1 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || n > 86400 {
			return fmt.Errorf("wait_for_startup %s: want a number of seconds", args[0])
		}
		limit = time.Duration(n) * time.Second
	}
	if err := s.live(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		st, err := s.store.API().Status(ctx)
		if err == nil && st.DC != "" {
			return nil
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			if err == nil {
				err = errors.New("no DC yet")
			}
			return fmt.Errorf("not up after %s: %w", limit, err)
		}
	}
}
