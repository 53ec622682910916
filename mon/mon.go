package mon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/mon/tui"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/tools/store"
)

// Env is the world of crm_mon.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time
}

// Exit codes.
const (
	exitOK           = 0
	exitCritical     = 2 // -s: the cluster cannot be reached
	exitUsage        = 64
	exitNoInput      = 66
	exitCantCreate   = 73
	exitConfig       = 78
	exitDisconnected = 102
)

const versionText = "Pacemaker 2.1.5\nServed by Tactus, a cluster resource manager of its own\n"

// Run is crm_mon.
func Run(ctx context.Context, env Env, args []string) int {
	o, err := Parse(args)
	switch {
	case err != nil:
		fmt.Fprintf(env.Stderr, "crm_mon: %v\n", err)
		return exitUsage
	case o.Help:
		io.WriteString(env.Stdout, Help)
		return exitOK
	case o.Version:
		io.WriteString(env.Stdout, versionText)
		return exitOK
	}
	m := &monitor{env: env, o: o, args: args, store: store.Open(store.Env{Getenv: env.Getenv, Now: env.Now})}
	if o.File != "" {
		m.store = &store.File{Path: o.File}
	}
	if o.Daemon {
		return m.repeat(ctx)
	}
	if o.OneShot || o.Format != "console" || !m.store.Live() || !tui.IsTerminal(env.Stdout) {
		return m.once(ctx)
	}
	return m.live(ctx)
}

// monitor is one run of crm_mon.
type monitor struct {
	env   Env
	o     *Options
	args  []string
	store store.Store
	stale string // what the running cluster said of the CIB that was read last
}

// View is a status at one time.
type View struct {
	Cluster *state.Cluster
	Live    *report.Live // nil: from a file
	Stale   string       // why this is not the cluster's present state; "" when it is
	Fencing []fencing.Event
	Trouble []string // what the DC says keeps nodes from being fenced
	Now     time.Time
}

// view reads the CIB and, from a running cluster, what it says about itself.
func (m *monitor) view(ctx context.Context) (View, error) {
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	m.stale = ""
	if m.store.Live() {
		m.store.API().OnStale = func(why string) { m.stale = why }
	}
	snap, err := m.store.CIB(ctx)
	if err != nil {
		return View{}, err
	}
	if !m.store.Live() {
		return Read(snap, nil, m.env.Now()), nil
	}
	st, err := m.store.API().Status(ctx)
	if err != nil {
		return View{}, err
	}
	st.Stale = m.stale // of this copy, not of one a moment later
	return Read(snap, &st, m.env.Now()), nil
}

func live(st api.Status) *report.Live {
	// Local and Daemons stay empty: version 2.1.5, which clients know, does not show them.
	l := &report.Live{Quorum: st.QuorumReason, Protection: st.Protection}
	l.Unprotected = !st.Protected
	for _, m := range st.Members {
		if m.Witness {
			l.Witness = string(m.Name) + map[bool]string{true: " is there", false: " is LOST: the quorum has one vote less in reserve; start it"}[m.Alive]
		}
	}
	return l
}

// Text writes a status as crm_mon -1 does.
func Text(w io.Writer, o *Options, v View) {
	show := o.Show
	show.Nodes, show.Resources = o.chosen(v.Cluster)
	if v.Stale != "" {
		fmt.Fprintf(w, "%s\n\n", v.Stale)
	}
	rw := report.NewWriter(w)
	sections := o.Sections
	sections.Fencing = o.fenceSections(v, &show)
	report.Status(rw, v.Cluster, &sections, &show, v.Live, v.Now)
	if o.Sections.Resources {
		moved(w, v.Cluster, &show)
	}
}

// moved remarks on resources that an operator moved and nobody gave free again.
func moved(w io.Writer, c *state.Cluster, show *report.Options) {
	list := report.Moved(c)
	if len(list) == 0 || len(show.Resources) > 0 {
		return
	}
	fmt.Fprint(w, "\nMoved by hand:\n")
	for _, m := range list {
		what := "tied to"
		if m.Ban {
			what = "kept away from"
		}
		fmt.Fprintf(w, "  * %s is %s %s (undo: %s)\n", m.Resource, what, m.Node, m.Undo)
	}
}

// chosen resolves --node and --resource: names, or tags that stand for several.
func (o *Options) chosen(c *state.Cluster) (nodes, resources []string) {
	if o.Node != "" && o.Node != "*" {
		if c.Node(crm.NodeName(o.Node)) != nil {
			nodes = []string{o.Node}
		} else if nodes = c.Tags[o.Node]; len(nodes) == 0 {
			nodes = []string{""}
		}
	}
	if o.Resource != "" && o.Resource != "*" {
		resources = []string{""}
		for _, r := range c.All {
			if string(r.ID) == o.Resource || string(r.PrintableID()) == o.Resource || string(r.XMLID) == o.Resource {
				resources = []string{o.Resource}
				break
			}
		}
		if tag := c.Tags[o.Resource]; resources[0] == "" && len(tag) > 0 {
			resources = tag
		}
	}
	return nodes, resources
}

// once shows the status and ends.
func (m *monitor) once(ctx context.Context) int {
	v, err := m.view(ctx)
	if err != nil {
		return m.unreachable(err)
	}
	out := &bytes.Buffer{}
	code := m.write(out, v)
	return m.deliver(out.Bytes(), code)
}

func (m *monitor) write(out *bytes.Buffer, v View) int {
	switch m.o.Format {
	case "none":
	case "simple":
		fmt.Fprintln(out, Simple(v))
	case "xml", "legacy-xml":
		m.remark(v.Stale)
		out.Write(Document(m.o, v, m.args, exitOK, nil).XML())
	case "html":
		m.remark(v.Stale)
		writeHTML(out, m.o, v)
	default:
		Text(out, m.o, v)
	}
	return exitOK
}

// remark tells on standard error what a format has no place for.
func (m *monitor) remark(text string) {
	if text != "" {
		fmt.Fprintf(m.env.Stderr, "crm_mon: warning: %s\n", text)
	}
}

func (m *monitor) deliver(data []byte, code int) int {
	if m.o.To == "" || m.o.To == "-" {
		m.env.Stdout.Write(data)
		return code
	}
	if err := store.WriteAtomically(m.o.To, data); err != nil {
		fmt.Fprintf(m.env.Stderr, "crm_mon: %v\n", err)
		return exitCantCreate
	}
	return code
}

// unreachable says why there is no status.
func (m *monitor) unreachable(err error) int {
	code := store.ExitCode(err)
	text := err.Error()
	if errors.Is(err, api.ErrNotConnected) {
		text = "Connection to cluster failed: " + text
	}
	switch m.o.Format {
	case "simple":
		fmt.Fprintf(m.env.Stderr, "crm_mon: CLUSTER CRIT: %s\n", text)
		return exitCritical
	case "xml", "legacy-xml":
		m.env.Stdout.Write(Document(m.o, View{}, m.args, code, []string{"crm_mon: " + text}).XML())
		return code
	}
	fmt.Fprintf(m.env.Stderr, "crm_mon: %s\n", text)
	return code
}

// Simple is the one line of crm_mon -s, as monitoring systems read it.
func Simple(v View) string {
	c := v.Cluster
	online, standby, maintenance, offline := 0, 0, 0, ""
	blocked := v.Live != nil && len(v.Live.Blocked) > 0
	warn := c.DC == nil || v.Stale != "" || blocked
	text := ""
	switch {
	case c.DC == nil:
		text = " No DC"
	case v.Stale != "":
		text = " not current"
	case blocked:
		text = " " + v.Live.Blocked[0]
	}
	for _, n := range c.Nodes {
		switch {
		case n.Standby && n.Online:
			standby++
		case n.Maintenance && n.Online:
			maintenance++
		case n.Online:
			online++
		default:
			sep := ""
			if offline != "" || text != "" {
				sep = ","
			}
			offline += sep + " offline node: " + string(n.Name)
			warn = true
		}
	}
	if warn {
		return "CLUSTER WARN:" + text + offline
	}
	plural := func(n int) string {
		if n == 1 {
			return ""
		}
		return "s"
	}
	text = fmt.Sprintf("CLUSTER OK: %d node%s online", online, plural(online))
	if standby > 0 {
		text += fmt.Sprintf(", %d standby node%s", standby, plural(standby))
	}
	if maintenance > 0 {
		text += fmt.Sprintf(", %d maintenance node%s", maintenance, plural(maintenance))
	}
	return text + fmt.Sprintf(", %d resource instance%s configured", c.Instances, plural(c.Instances))
}

// repeat writes the status to a file again and again, for agents that publish it.
func (m *monitor) repeat(ctx context.Context) int {
	if m.o.To == "" {
		fmt.Fprintln(m.env.Stderr, "crm_mon: --daemonize requires at least one of --output-to and --external-agent")
		return exitUsage
	}
	if m.o.PIDFile != "" {
		if err := os.WriteFile(m.o.PIDFile, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644); err != nil {
			fmt.Fprintf(m.env.Stderr, "crm_mon: %v\n", err)
			return exitCantCreate
		}
		defer os.Remove(m.o.PIDFile)
	}
	for {
		if v, err := m.view(ctx); err != nil {
			m.unreachable(err)
		} else {
			out := &bytes.Buffer{}
			m.write(out, v)
			m.deliver(out.Bytes(), exitOK)
		}
		select {
		case <-ctx.Done():
			return exitOK
		case <-time.After(m.o.Interval):
		}
	}
}

// live is the view of a terminal.
func (m *monitor) live(ctx context.Context) int {
	s := tui.Screen{In: m.env.Stdin, Out: m.env.Stdout, Interval: m.o.Interval, Events: m.events}
	err := s.Run(ctx, func(ctx context.Context) string {
		v, err := m.view(ctx)
		if err != nil {
			return "crm_mon: " + err.Error() + "\n\nwaiting for the cluster ...\n"
		}
		var out bytes.Buffer
		Text(&out, m.o, v)
		return out.String()
	}, m.key)
	if err != nil {
		fmt.Fprintf(m.env.Stderr, "crm_mon: %v\n", err)
		return 1
	}
	return exitOK
}

// key changes what is shown; it reports whether the key meant anything.
func (m *monitor) key(c byte) bool {
	s, sec := &m.o.Show, &m.o.Sections
	flip := func(b *bool) { *b = !*b }
	switch c {
	case 'c':
		flip(&sec.Tickets)
	case 'f':
		flip(&sec.Failcounts)
	case 'n':
		flip(&s.ByNode)
	case 'o':
		flip(&sec.Operations)
		if !sec.Operations {
			s.Timing = false
		}
	case 'r':
		flip(&s.Inactive)
	case 'R':
		on := !s.CloneDetail
		s.CloneDetail, s.NodeIDs, s.Implicit, s.FailedDetail, s.FeatureSets = on, on, on, on, on
	case 't':
		flip(&s.Timing)
		sec.Operations = sec.Operations || s.Timing
	case 'A':
		flip(&sec.Attributes)
	case 'L':
		flip(&sec.Bans)
	case 'D':
		on := !(sec.Stack || sec.DC || sec.Times || sec.Counts)
		sec.Stack, sec.DC, sec.Times, sec.Counts, sec.MaintMode = on, on, on, on, on
	case 'b':
		flip(&s.Brief)
	case 'j':
		flip(&s.Pending)
	case 'm':
		m.o.nextFencing()
	default:
		return false
	}
	return true
}

// Read gives the view of one document, for faces that have it already.
func Read(snap *cib.Snapshot, st *api.Status, now time.Time) View {
	if st != nil {
		snap = leaderless(snap, *st)
	}
	v := View{Cluster: state.ReadRoot(snap.Root(), now, state.ReadOptions{}), Fencing: fencing.History(snap), Now: now}
	if st != nil {
		v.Live, v.Stale, v.Trouble = live(*st), st.Stale, st.FencingTrouble
		v.Live.Blocked = Blocked(v)
	}
	return v
}
