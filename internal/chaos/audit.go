package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
)

// healed looks at what must come right while clients go on writing, audit at everything,
// as Pacemaker's test suite does after a test. Both return the first thing that is not as
// it should be; "" when all is well.
func (w *world) healed(ctx context.Context) string {
	return first(ctx, w.membersMissing, w.openFencing, w.misplaced)
}

func (w *world) audit(ctx context.Context) string {
	return first(ctx, w.membersMissing, w.busy, w.cibsDiffer, w.openFencing, w.misplaced, w.leftOver)
}

func first(ctx context.Context, looks ...func(context.Context) string) string {
	for _, look := range looks {
		if problem := look(ctx); problem != "" {
			return problem
		}
	}
	return ""
}

// membersMissing: every node is up, knows the same DC, has quorum, and takes part.
func (w *world) membersMissing(ctx context.Context) string {
	dcs := map[string]bool{}
	for i, n := range w.Nodes {
		if !n.Up() {
			return n.Name + " is down"
		}
		s, err := w.status(ctx, i)
		if err != nil {
			return fmt.Sprintf("%s does not answer: %v", n.Name, err)
		}
		switch {
		case !s.Quorate || s.DC == "":
			return fmt.Sprintf("%s has no quorum or no DC: %s", n.Name, s.QuorumReason)
		case s.Stale != "":
			return fmt.Sprintf("%s is not current: %s", n.Name, s.Stale)
		case s.DiskError != "":
			return fmt.Sprintf("%s: %s", n.Name, s.DiskError)
		case len(s.Members) != len(w.Nodes):
			return fmt.Sprintf("%s knows %d nodes, want %d", n.Name, len(s.Members), len(w.Nodes))
		}
		for _, m := range s.Members {
			if !m.Alive || !m.Joined && !m.Witness || m.ExecutorLost || m.Role != "leader" && m.Role != "voter" {
				return fmt.Sprintf("%s sees %s alive=%v joined=%v executor lost=%v role=%s", n.Name, m.Name, m.Alive, m.Joined, m.ExecutorLost, m.Role)
			}
		}
		dcs[string(s.DC)] = true
	}
	if len(dcs) != 1 {
		return fmt.Sprintf("the nodes know %d DCs", len(dcs))
	}
	return ""
}

// busy: the DC has nothing to do.
func (w *world) busy(ctx context.Context) string {
	for i, n := range w.Nodes {
		s, err := w.status(ctx, i)
		if err != nil {
			return fmt.Sprintf("%s does not answer: %v", n.Name, err)
		}
		if string(s.DC) == n.Name && (s.State != "S_IDLE" || s.Transition.State != "idle") {
			return fmt.Sprintf("the DC %s is busy: %s, transition %d %s: %s", n.Name, s.State, s.Transition.ID, s.Transition.State, strings.Join(s.Transition.InFlight, ", "))
		}
	}
	return ""
}

// cibOf is a node's own copy of the CIB.
func (w *world) cibOf(ctx context.Context, node int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, ask)
	defer cancel()
	return w.clients[node].CIB(ctx, "", "")
}

// cibsDiffer: all nodes hold the same CIB, to the last byte.
func (w *world) cibsDiffer(ctx context.Context) string {
	var doc0 []byte
	for i, n := range w.Nodes {
		doc, err := w.cibOf(ctx, i)
		if err != nil {
			return fmt.Sprintf("%s does not answer: %v", n.Name, err)
		}
		if doc0 == nil {
			doc0 = doc
		}
		if !bytes.Equal(doc0, doc) {
			return fmt.Sprintf("%s and %s hold different CIBs", w.Nodes[0].Name, n.Name)
		}
	}
	return ""
}

// openFencing: no request to fence a node is open.
func (w *world) openFencing(ctx context.Context) string {
	doc, err := w.cibOf(ctx, 0)
	if err != nil {
		return err.Error()
	}
	root, err := cib.Parse(doc)
	if err != nil {
		return err.Error()
	}
	var open string
	walk(root, func(e *cib.Element) {
		if e.Name == "fence_event" && e.Get("status") == string(fencing.Pending) {
			open = fmt.Sprintf("the request to fence %s is open: %s %s", e.Get("target"), e.Get("status"), e.Get("exit-reason"))
		}
	})
	return open
}

func walk(e *cib.Element, visit func(*cib.Element)) {
	visit(e)
	for _, c := range e.Children {
		walk(c, visit)
	}
}

// misplaced: what the tools show is what runs, each once, and what belongs together is
// together.
func (w *world) misplaced(ctx context.Context) string {
	at, err := w.locations(ctx, w.Nodes[0])
	if err != nil {
		return err.Error()
	}
	for _, s := range services {
		really := w.referee.active(s)
		if len(really) != 1 {
			return fmt.Sprintf("%s is active on %q, want one node", s, really)
		}
		if !slices.Equal(at[s], really) {
			return fmt.Sprintf("%s is active on %q, and the tools say %q", s, really, at[s])
		}
	}
	for _, pair := range [][2]string{{"vip", "front"}, {"db", "app"}} {
		if !slices.Equal(at[pair[0]], at[pair[1]]) {
			return fmt.Sprintf("%s is on %q and %s on %q: they belong together", pair[0], at[pair[0]], pair[1], at[pair[1]])
		}
	}
	if slices.Equal(at["lone"], at["db"]) {
		return fmt.Sprintf("lone and db are both on %q: they belong apart", at["db"])
	}
	host, err := visit(ctx)
	if err != nil {
		return fmt.Sprintf("the virtual address does not answer: %v", err)
	}
	if !slices.Equal(at["vip"], []string{host}) {
		return fmt.Sprintf("%s answers at the virtual address, and vip is on %q", host, at["vip"])
	}
	return ""
}

// longestMonitor is how long a monitor may run before it counts as left over.
const longestMonitor = 30 * time.Second

// age is how long a process has been running, to the second; zero when it is gone.
func age(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	up, errUp := os.ReadFile("/proc/uptime")
	if err != nil || errUp != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // a program's name may contain spaces
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return 0
	}
	ticks, _ := strconv.ParseFloat(fields[19], 64)
	seconds, _ := strconv.ParseFloat(strings.Fields(string(up))[0], 64)
	return time.Duration((seconds - ticks/100) * float64(time.Second))
}

// leftOver: on every node run the daemons and its services, and nothing else; and
// there are no files of what is not there.
func (w *world) leftOver(context.Context) string {
	for _, n := range w.Nodes {
		counts := map[string]int{}
		for _, pid := range n.PIDs() {
			args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err != nil || len(args) == 0 {
				continue // it has just ended
			}
			if strings.HasSuffix(string(args), "\x00"+AgentCommand+"\x00monitor\x00") && age(pid) < longestMonitor {
				continue
			}
			argv := strings.Split(strings.TrimRight(string(args), "\x00"), "\x00")
			what := filepath.Base(argv[0])
			if len(argv) == 3 && argv[1] == ServiceCommand {
				what = "service " + argv[2]
			}
			counts[what]++
		}
		for _, s := range services {
			here := 0
			for _, node := range w.referee.active(s) {
				if node == n.Name {
					here++
				}
			}
			if counts["service "+s] != here {
				return fmt.Sprintf("%d processes of %s run on %s, and %d are known", counts["service "+s], s, n.Name, here)
			}
			delete(counts, "service "+s)
		}
		for _, daemon := range n.Daemons() {
			if counts[daemon] != 1 {
				return fmt.Sprintf("%d processes of %s run on %s", counts[daemon], daemon, n.Name)
			}
			delete(counts, daemon)
		}
		delete(counts, "")
		if rest := slices.Sorted(maps.Keys(counts)); len(rest) > 0 {
			return fmt.Sprintf("on %s processes are left over: %s", n.Name, strings.Join(rest, ", "))
		}
		sockets, err := filepath.Glob(n.Path("run/tactus/*.sock"))
		if err != nil || len(sockets) != len(n.Daemons()) {
			return fmt.Sprintf("%s has the sockets %q %v, want %d", n.Name, sockets, err, len(n.Daemons()))
		}
		runs, _ := filepath.Glob(n.Path("run/tactus/lrmd-runs/*"))
		for _, file := range runs {
			if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()) > longestMonitor {
				return fmt.Sprintf("%s: %s is left over since %v", n.Name, file, info.ModTime())
			}
		}
	}
	return ""
}
