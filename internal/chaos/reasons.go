package chaos

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// unreasoned lists what was done since a moment and cannot be traced to a reason, from
// what the cluster shows:
//
//	lrmd's log: result ... order=KEY ──> the log of who decided: uuid, transition and reason
//	                       no order  ──> lrmd's log: the lease was over
//	the power switch                 ──> the log of who asked: "... is needed", reason
//	the DC's last transitions        ──> each action's causes (`crm history transition`)
func (w *world) unreasoned(ctx context.Context, since logMark, began time.Time, uses []testcluster.Use) (list []string) {
	j := newJournal()
	for _, n := range w.Nodes {
		j.readDecisions(logOf(n, "crmd", 0))
		j.readWanted(logOf(n, "crmd", since[n.LogFile("crmd")]))
		j.readDone(n.Name, logOf(n, "lrmd", since[n.LogFile("lrmd")]))
	}
	list = j.unordered()
	for _, u := range uses {
		if (u.Action == "off" || u.Action == "reboot") && !j.wanted[u.Plug] {
			list = append(list, fmt.Sprintf("%s of %s was asked for by %s, and no log says why", u.Action, u.Plug, u.From))
		}
	}
	return append(list, w.causeless(ctx, began)...)
}

// logMark is how long each log was at a moment. Times in logs are those of wall clocks,
// which may jump.
type logMark map[string]int

func (w *world) markLogs() logMark {
	m := logMark{}
	for _, n := range w.Nodes {
		for _, daemon := range []string{"crmd", "lrmd"} {
			if info, err := os.Stat(n.LogFile(daemon)); err == nil {
				m[n.LogFile(daemon)] = int(info.Size())
			}
		}
	}
	return m
}

// logOf is what a daemon of a node has logged behind a mark.
func logOf(n *testcluster.Node, daemon string, from int) []line {
	data, err := os.ReadFile(n.LogFile(daemon))
	if err != nil {
		return nil
	}
	return logLines("", data[min(from, len(data)):], time.Time{}, func(string) bool { return true })
}

// journal is what the logs of all nodes tell of decisions and of what was done.
type journal struct {
	decisions map[string]string // reasons, by "uuid transition"; alone, by "uuid"
	wanted    map[string]bool   // nodes that somebody said must be fenced, and why
	done      []doneLine
}

func newJournal() *journal {
	return &journal{decisions: map[string]string{}, wanted: map[string]bool{}}
}

// doneLine is one operation that an executor carried out.
type doneLine struct {
	node           string
	op, rsc, order string
	leaseOver      bool // the executor had begun to stop what ran, of its own accord
	cancelled      bool
}

// Sentences of the daemons.
const (
	calculated   = "Calculated transition "
	decidedAlone = "decided alone what to do here"
	fenceNeeded  = " is needed"
	otherIsLost  = "the other node is lost: it is fenced"
	leaseIsOver  = "this node's right to run resources is over"
)

func (j *journal) readDecisions(crmdLog []line) {
	for _, l := range crmdLog {
		switch msg := field(l.text, "msg"); {
		case strings.HasPrefix(msg, calculated):
			number, _, _ := strings.Cut(strings.TrimPrefix(msg, calculated), ",")
			j.decisions[field(l.text, "uuid")+" "+number] = field(l.text, "reason")
		case msg == decidedAlone:
			j.decisions[field(l.text, "uuid")] = field(l.text, "reason")
		}
	}
}

func (j *journal) readWanted(crmdLog []line) {
	for _, l := range crmdLog {
		msg := field(l.text, "msg")
		if strings.HasSuffix(msg, fenceNeeded) && field(l.text, "reason") != "" || strings.HasPrefix(msg, otherIsLost) {
			j.wanted[field(l.text, "node")] = true
		}
	}
}

func (j *journal) readDone(node string, lrmdLog []line) {
	over := false
	for _, l := range lrmdLog {
		switch msg := field(l.text, "msg"); {
		case strings.HasPrefix(msg, leaseIsOver):
			over = true
		case msg == "result":
			j.done = append(j.done, doneLine{node: node, op: field(l.text, "op"), rsc: field(l.text, "resource"), order: field(l.text, "order"),
				leaseOver: over, cancelled: field(l.text, "status") == crm.ExecCancelled.String()})
		}
	}
}

// changing are the operations that need a reason each; monitors follow from the configuration.
var changing = []string{"start", "stop", "promote", "demote", "migrate_to", "migrate_from"}

// unordered lists operations that nobody's decision explains.
func (j *journal) unordered() (list []string) {
	for _, d := range j.done {
		if d.cancelled || !slices.Contains(changing, d.op) || d.order == "" && d.op == "stop" && d.leaseOver {
			continue
		}
		if d.order == "" {
			list = append(list, fmt.Sprintf("%s of %s on %s was ordered by nobody", d.op, d.rsc, d.node))
			continue
		}
		key, err := crm.ParseTransitionKey(d.order)
		reason := j.decisions[key.UUID+" "+strconv.Itoa(key.Transition)]
		if reason == "" {
			reason = j.decisions[key.UUID]
		}
		if err != nil || reason == "" {
			list = append(list, fmt.Sprintf("%s of %s on %s was ordered as %s, and no log tells who decided that, and why", d.op, d.rsc, d.node, d.order))
		}
	}
	return list
}

// askable is of how many of its last transitions a DC gives the causes of actions.
const askable = 10

// causeless asks the DC for the causes of what its last transitions did since a moment.
func (w *world) causeless(ctx context.Context, since time.Time) (list []string) {
	for i, n := range w.Nodes {
		if s, err := w.status(ctx, i); err != nil || string(s.DC) != n.Name {
			continue
		}
		known, err := w.transitions(ctx, i, url.Values{})
		if err != nil {
			return []string{fmt.Sprintf("%s does not tell what it decided: %v", n.Name, err)}
		}
		for _, t := range known[max(0, len(known)-askable):] {
			if t.At.Before(since) {
				continue
			}
			one, err := w.transitions(ctx, i, url.Values{"transition": {strconv.Itoa(t.ID)}})
			if err != nil || len(one) != 1 || one[0].UUID != t.UUID {
				continue // forgotten meanwhile
			}
			list = append(list, actionsWithoutCause(n.Name, one[0])...)
		}
	}
	return list
}

// actionsWithoutCause lists those of a transition that were begun.
func actionsWithoutCause(dc string, t api.Transition) (list []string) {
	if t.Reason == "" {
		list = append(list, fmt.Sprintf("transition %d of %s has no reason", t.ID, dc))
	}
	for _, a := range t.Actions {
		if !a.Pseudo && !a.Since.IsZero() && len(a.Why) == 0 {
			list = append(list, fmt.Sprintf("transition %d of %s did %s %s on %s, and it tells no cause", t.ID, dc, a.Operation, a.Key, a.Node))
		}
	}
	return list
}

func (w *world) transitions(ctx context.Context, node int, query url.Values) (list []api.Transition, err error) {
	ctx, cancel := context.WithTimeout(ctx, ask)
	defer cancel()
	err = w.clients[node].Get(ctx, "/v1/explain", query, &list)
	return list, err
}

// field is the value of a name in a line of name=value pairs, as package slog writes them.
func field(text, name string) string {
	for rest := text; rest != ""; {
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return ""
		}
		value := after
		if quoted, err := strconv.QuotedPrefix(after); err == nil {
			rest = strings.TrimPrefix(after[len(quoted):], " ")
			value, _ = strconv.Unquote(quoted)
		} else {
			value, rest, _ = strings.Cut(after, " ")
		}
		if key == name {
			return value
		}
	}
	return ""
}
