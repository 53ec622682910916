package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Sections says which parts of a status are shown.
type Sections struct {
	Stack, DC, Times, Counts, Options, MaintMode bool // the summary
	Nodes, Resources, Attributes                 bool
	Operations, Failcounts, Failures             bool
	Tickets, Bans                                bool
	BanPrefix                                    string // only bans whose id begins so
	Fencing                                      Fencing
}

// Fencing is what is on record about fencing, in the words of whoever reads the record.
// What is empty is not shown.
type Fencing struct {
	Failed  []string     // requests that failed
	Others  []string     // the others that are wanted, below Heading
	Heading string       // of Others
	XML     *cib.Element // fence_history; nil: none
}

// Live is what only a running cluster knows.
type Live struct {
	Local       crm.NodeName
	Daemons     string   // "Pacemaker is running"; "" when not asked
	Quorum      string   // in words; "" when not asked
	Unprotected bool     // resources may run twice
	Protection  string   // what keeps resources from running twice, in words; "" when not asked
	Witness     string   // the witness and how it is, in words; "" when there is none
	Blocked     []string // requests for fencing that cannot be carried out, and what waits for them
}

// LongTime is how displays write times.
const LongTime = "Mon Jan _2 15:04:05 2006"

// Status writes a status: the sections wanted, each after an empty line.
func Status(w *Writer, c *state.Cluster, s *Sections, o *Options, live *Live, now time.Time) {
	wrote := summary(w, c, s, o, live, now)
	section := func(want bool, write func(spacer bool) bool) {
		if want && write(wrote) {
			wrote = true
		}
	}
	section(s.Nodes, func(sp bool) bool { return NodeList(w, c, o, sp) })
	section(s.Resources, func(sp bool) bool { ResourceList(w, c, o, true, sp); return true })
	section(s.Attributes, func(sp bool) bool { return attributes(w, c, o, sp) })
	section(s.Operations || s.Failcounts, func(sp bool) bool { return histories(w, c, s, o, sp) })
	section(s.Failures, func(sp bool) bool { return failures(w, c, o, sp) })
	section(true, func(sp bool) bool { return texts(w, "Failed Fencing Actions", s.Fencing.Failed, sp) })
	section(s.Tickets, func(sp bool) bool { return tickets(w, c, sp) })
	section(s.Bans, func(sp bool) bool { return bans(w, c, s.BanPrefix, o, sp) })
	section(true, func(sp bool) bool { return texts(w, s.Fencing.Heading, s.Fencing.Others, sp) })
}

func texts(w *Writer, heading string, lines []string, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	for _, line := range lines {
		l.header(heading)
		w.Item(line)
	}
	return l.end()
}

func summary(w *Writer, c *state.Cluster, s *Sections, o *Options, live *Live, now time.Time) bool {
	l := list{w: w}
	item := func(want bool, text func() string) {
		if want {
			l.header("Cluster Summary")
			w.Item(text())
		}
	}
	item(s.Stack, func() string {
		stack := c.Options.Raw["cluster-infrastructure"]
		if stack == "" {
			stack = "unknown"
		}
		if live != nil && live.Daemons != "" {
			stack += " (" + live.Daemons + ")"
		}
		return "Stack: " + stack
	})
	item(s.DC, func() string { return dcText(c, o) })
	if live != nil {
		item(s.DC && live.Quorum != "", func() string { return "Quorum: " + live.Quorum })
		item(live.Unprotected, func() string {
			return "UNPROTECTED: resources may run twice when nodes lose sight of each other; enable fencing or add a witness"
		})
		item(s.DC && !live.Unprotected && live.Protection != "", func() string { return "Protected by: " + live.Protection })
		item(live.Witness != "", func() string { return "Witness: " + live.Witness })
		for _, text := range live.Blocked {
			item(true, func() string { return text })
		}
	}
	item(s.Times, func() string {
		text := "Last updated: " + now.Format(LongTime)
		if live != nil && live.Local != "" {
			text += " on " + string(live.Local)
		}
		return text
	})
	item(s.Times, func() string { return "Last change:  " + LastChange(c) })
	item(s.Counts, func() string { return fmt.Sprintf("%d node%s configured", len(c.Nodes), plural(len(c.Nodes))) })
	item(s.Counts, func() string { return countText(c) })
	if s.Options {
		for _, text := range optionTexts(c) {
			item(true, func() string { return text })
		}
	}
	wrote := l.end()
	return s.MaintMode && Maintenance(w, c) || wrote
}

func dcText(c *state.Cluster, o *Options) string {
	if c.DC == nil {
		return "Current DC: NONE"
	}
	version, mixed, with := c.Options.Raw["dc-version"], "", "WITHOUT"
	if version == "" {
		version = "unknown"
	}
	if MixedVersions(c) {
		mixed = "MIXED-VERSION "
	}
	if c.Quorate {
		with = "with"
	}
	return fmt.Sprintf("Current DC: %s (version %s) - %spartition %s quorum", NodeName(c.DC, o.NodeIDs), version, mixed, with)
}

// LastChange says when and by whom the configuration was last changed.
func LastChange(c *state.Cluster) string {
	text := c.Root.Get("cib-last-written")
	for _, p := range [...][2]string{{"update-user", " by "}, {"update-client", " via "}, {"update-origin", " on "}} {
		if v := c.Root.Get(p[0]); v != "" {
			text += p[1] + v
		}
	}
	return text
}

func countText(c *state.Cluster) string {
	text := fmt.Sprintf("%d resource instance%s configured", c.Instances, plural(c.Instances))
	var notes []string
	if c.Disabled > 0 {
		notes = append(notes, fmt.Sprintf("%d DISABLED", c.Disabled))
	}
	if c.Blocked > 0 {
		notes = append(notes, fmt.Sprintf("%d BLOCKED from further action due to failure", c.Blocked))
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text
}

func optionTexts(c *state.Cluster) []string {
	fencing, symmetric := "disabled", "asymmetric"
	if c.Options.FencingEnabled {
		fencing = "enabled"
	}
	if c.Options.Symmetric {
		symmetric = "symmetric"
	}
	policy := map[state.QuorumPolicy]string{state.QuorumStop: "Stop ALL resources", state.QuorumFreeze: "Freeze resources",
		state.QuorumIgnore: "Ignore", state.QuorumFence: "Suicide",
		state.QuorumDemote: "Demote promotable resources and stop all other resources"}[c.Options.NoQuorum]
	return []string{"STONITH of failed nodes " + fencing, "Cluster is " + symmetric, "No quorum policy: " + policy}
}

// Maintenance writes the banner of a cluster that does nothing; it reports whether there was
// need for one.
func Maintenance(w *Writer, c *state.Cluster) bool {
	switch {
	case c.Options.MaintenanceMode:
		w.Line("\n              *** Resource management is DISABLED ***")
		w.Line("  The cluster will not attempt to start, stop or recover services")
	case c.Options.StopAll:
		w.Line("\n    *** Resource management is DISABLED ***")
		w.Line("  The cluster will keep all resources stopped")
	default:
		return false
	}
	return true
}

// hiddenAttribute reports whether an attribute is the cluster's own.
func hiddenAttribute(name string) bool {
	for _, p := range [...]string{"fail-count", "last-failure", "shutdown", "terminate", "standby", "#"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// Attributes lists the names of a node's attributes that are shown.
func Attributes(n *state.Node) (names []string) {
	for _, name := range sortedKeys(n.Attrs, strings.Compare) {
		if !hiddenAttribute(name) {
			names = append(names, name)
		}
	}
	return names
}

func attributes(w *Writer, c *state.Cluster, o *Options, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	for _, n := range c.Nodes {
		names := Attributes(n)
		if !n.Online || len(names) == 0 || !o.WantNode(n.Name) {
			continue
		}
		l.header("Node Attributes")
		w.Begin("Node: " + NodeName(n, o.NodeIDs))
		for _, name := range names {
			value := n.Attrs[name]
			text := fmt.Sprintf("%-32s\t: %-10s", name, value)
			if want, ok := ExpectedPing(n, name); ok {
				have, _ := crm.ParseScore(value)
				if have <= 0 {
					text += "\t: Connectivity is lost"
				} else if int(have) < want {
					text += fmt.Sprintf("\t: Connectivity is degraded (Expected=%d)", want)
				}
			}
			w.Item(text)
		}
		w.End()
	}
	return l.end()
}

// ExpectedPing is what a ping resource would set the attribute to if all its hosts
// answered; ok is false when no ping resource on the node sets it.
func ExpectedPing(n *state.Node, name string) (want int, ok bool) {
	for _, r := range n.Running {
		if !strings.EqualFold(r.Type, "ping") && !strings.EqualFold(r.Type, "pingd") {
			continue
		}
		p := r.Params(n)
		attr := p["name"]
		if attr == "" {
			attr = "pingd"
		}
		if !strings.EqualFold(attr, name) {
			continue
		}
		factor := 1
		if m, err := crm.ParseScore(p["multiplier"]); err == nil {
			factor = int(m)
		}
		if p["host_list"] == "" {
			return 0, true
		}
		return len(strings.Split(p["host_list"], " ")) * factor, true
	}
	return 0, false
}

// NodesInStatusOrder lists the nodes that are up, as the status section has them.
func NodesInStatusOrder(c *state.Cluster, o *Options) (nodes []*state.Node) {
	for e := range c.Root.Child("status").All("node_state") {
		if n := c.NodeByID(e.ID()); n != nil && n.Online && o.WantNode(n.Name) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func histories(w *Writer, c *state.Cluster, s *Sections, o *Options, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	heading := "Migration Summary"
	if s.Operations {
		heading = "Operations"
	}
	for _, n := range NodesInStatusOrder(c, o) {
		l.header(heading)
		inner := list{w: w}
		for _, h := range n.History {
			if h.Resource == nil || o.Filtered(h.Resource, true) {
				continue
			}
			count, last := c.FailCount(n, h.Resource, state.FailCountOptions{}, nil)
			if !s.Operations {
				if count > 0 {
					inner.header("Node: " + NodeName(n, o.NodeIDs))
					w.Item(historyText(h.Resource, h.Entry, false, count, last))
				}
				continue
			}
			ops := ShownOps(h)
			if len(ops) == 0 {
				continue
			}
			inner.header("Node: " + NodeName(n, o.NodeIDs))
			w.Begin(historyText(h.Resource, string(h.Resource.PrintableID()), true, count, last))
			for _, op := range ops {
				w.Item(opText(op, o.Timing))
			}
			w.End()
		}
		inner.end()
	}
	return l.end()
}

func historyText(r *state.Resource, id string, all bool, count crm.Score, last time.Time) string {
	if !all && count == 0 && last.IsZero() {
		return id + ":"
	}
	text := fmt.Sprintf("%s: migration-threshold=%d", id, r.MigrationThreshold)
	if count > 0 {
		text += fmt.Sprintf(" fail-count=%d", int(count))
	}
	if !last.IsZero() {
		text += " last-failure='" + last.Format(LongTime) + "'"
	}
	return text
}

// ShownOps lists the operations of a history that displays show: not notifications, and
// not probes that found nothing. Oldest first; of equally old ones, as written.
func ShownOps(h *state.History) (ops []*state.Op) {
	byXML := map[*cib.Element]*state.Op{}
	for _, op := range h.Ops {
		byXML[op.XML] = op
	}
	for e := range h.XML.All("lrm_rsc_op") {
		op := byXML[e]
		if op == nil || op.Task == "notify" || op.IsProbe() && op.RC == crm.NotRunning {
			continue
		}
		ops = append(ops, op)
	}
	sortOps(ops)
	return ops
}

func sortOps(ops []*state.Op) {
	for i := 1; i < len(ops); i++ { // histories are short
		for j := i; j > 0 && state.CompareOps(ops[j-1], ops[j]) > 0; j-- {
			ops[j-1], ops[j] = ops[j], ops[j-1]
		}
	}
}

// TaskName is the operation as displays name it: a one-off monitor is a probe.
func TaskName(op *state.Op) string {
	if op.IsProbe() {
		return "probe"
	}
	return op.Task
}

// Dated reports whether the time of a result is known; the epoch itself stands for "no".
func Dated(op *state.Op) bool { return !op.LastChange.IsZero() && op.LastChange.Unix() > 0 }

func opText(op *state.Op, timing bool) string {
	text := fmt.Sprintf("(%s) %s", op.XML.Get("call-id"), TaskName(op))
	interval := ""
	if op.IntervalMS > 0 {
		interval = fmt.Sprintf(" interval=\"%dms\"", op.IntervalMS)
	}
	if !timing {
		if interval != "" {
			text += ":" + interval
		}
		return text
	}
	text += ":" + interval
	if Dated(op) {
		text += " last-rc-change=\"" + op.LastChange.Format(LongTime) + "\""
	}
	for _, a := range [...]string{"exec-time", "queue-time"} {
		if v := op.XML.Get(a); v != "" {
			text += " " + a + "=\"" + v + "ms\""
		}
	}
	return text + fmt.Sprintf(" rc=%d (%s)", int(op.RC), op.RC)
}

// ShownFailures lists the failed operations that displays show.
func ShownFailures(c *state.Cluster, o *Options) (ops []*state.Op) {
	for _, op := range c.Failed {
		key, err := crm.ParseOpKey(op.Key)
		if err != nil || !o.WantNode(op.Node.Name) || op.MaskedProbe() || !o.WantID(key.Resource) {
			continue
		}
		ops = append(ops, op)
	}
	return ops
}

func failures(w *Writer, c *state.Cluster, o *Options, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	for _, op := range ShownFailures(c, o) {
		l.header("Failed Resource Actions")
		if o.FailedDetail {
			w.Item(failureDetail(op, o))
		} else {
			w.Item(failureText(op, o))
		}
	}
	return l.end()
}

func failureDetail(op *state.Op, o *Options) string {
	text := fmt.Sprintf("%s on %s '%s' (%d): call=%s, status='%s'", op.Key, op.Node.Name, o.exit(op.RC), int(op.RC), op.XML.Get("call-id"),
		o.status(op.Status))
	if op.ExitReason != "" {
		text += ", exitreason='" + op.ExitReason + "'"
	}
	if !op.LastChange.IsZero() {
		text += ", last-rc-change='" + op.LastChange.Format(LongTime) + "'"
	}
	if v := op.XML.Get("queue-time"); v != "" {
		text += ", queued=" + v + "ms"
	}
	if v := op.XML.Get("exec-time"); v != "" {
		text += ", exec=" + v + "ms"
	}
	return text
}

func failureText(op *state.Op, o *Options) string {
	text := "unknown resource unknown action"
	if key, err := crm.ParseOpKey(op.Key); err == nil {
		task := key.Name
		if task == "monitor" && key.Interval == 0 {
			task = "probe"
		}
		text = string(key.Resource) + " "
		if key.Interval > 0 {
			text += Interval(key.Interval) + "-interval "
		}
		text += task
	}
	text += " on " + string(op.Node.Name)
	if op.Status == crm.ExecDone {
		text += " returned '" + o.exit(op.RC) + "'"
		if op.ExitReason != "" {
			text += " (" + op.ExitReason + ")"
		}
	} else {
		text += " could not be executed (" + o.status(op.Status)
		if op.ExitReason != "" {
			text += ": " + op.ExitReason
		}
		text += ")"
	}
	if !op.LastChange.IsZero() {
		text += " at " + op.LastChange.Format(LongTime)
	}
	var ms int64
	if _, err := fmt.Sscan(op.XML.Get("exec-time"), &ms); err == nil && ms > 0 {
		text += " after " + Interval(time.Duration(ms)*time.Millisecond)
	}
	return text
}

// TicketIDs lists the tickets that exist or that constraints name.
func TicketIDs(c *state.Cluster) []string {
	ids := map[string]bool{}
	for id := range c.Tickets {
		ids[id] = true
	}
	for _, k := range c.Constraints {
		if k.Ticket != nil && k.Ticket.Ticket != "" {
			ids[k.Ticket.Ticket] = true
		}
	}
	return sortedKeys(ids, strings.Compare)
}

func tickets(w *Writer, c *state.Cluster, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	for _, id := range TicketIDs(c) {
		l.header("Tickets")
		t := c.Tickets[id]
		if t == nil {
			t = &state.Ticket{ID: id}
		}
		text := id + ": revoked"
		if t.Granted {
			text = id + ": granted"
		}
		if t.Standby {
			text += " [standby]"
		}
		if !t.LastGranted.IsZero() {
			text += " last-granted='" + t.LastGranted.Format(LongTime) + "'"
		}
		w.Item(text)
	}
	return l.end()
}
