package mon

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

// apiVersion is the version of the XML output that clients of Pacemaker 2.1.5 know.
const apiVersion = "2.25"

// Document is the status for programs: a pacemaker-result, or the older crm_mon element.
func Document(o *Options, v View, args []string, code int, errors []string) *cib.Element {
	root := cib.New("pacemaker-result", "api-version", apiVersion, "request", strings.Join(append([]string{"crm_mon"}, args...), " "))
	legacy := o.Format == "legacy-xml"
	if legacy {
		root = cib.New("crm_mon", "version", "2.1.5")
	}
	if v.Cluster != nil {
		x := &xmlWriter{o: o, c: v.Cluster, v: v, show: o.Show}
		x.show.Nodes, x.show.Resources = o.chosen(v.Cluster)
		root.Children = x.sections()
	}
	if !legacy {
		root.Children = append(root.Children, statusElement(code, errors))
	}
	return root
}

func statusElement(code int, errors []string) *cib.Element {
	e := cib.New("status", "code", strconv.Itoa(code), "message", report.ExitText(crm.ExitCode(code)))
	if len(errors) > 0 {
		list := cib.New("errors")
		for _, text := range errors {
			list.Children = append(list.Children, &cib.Element{Name: "error", Text: text})
		}
		e.Children = append(e.Children, list)
	}
	return e
}

// xmlWriter turns a status into elements.
type xmlWriter struct {
	o    *Options
	c    *state.Cluster
	v    View
	show report.Options
}

func yes(b bool) string { return strconv.FormatBool(b) }

// element makes an element, leaving out attributes without a value.
func element(name string, pairs ...string) *cib.Element {
	e := &cib.Element{Name: name}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			e.Attrs = append(e.Attrs, cib.Attr{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	return e
}

func (x *xmlWriter) sections() (out []*cib.Element) {
	s := &x.o.Sections
	add := func(want bool, e *cib.Element, empty bool) {
		if want && e != nil && (empty || len(e.Children) > 0) {
			out = append(out, e)
		}
	}
	if l := x.v.Live; l != nil {
		out = append(out, cib.New("pacemakerd", "sys_from", "crm_mon", "state", "running", "last_updated", x.v.Now.Format(stampTime)))
	}
	add(true, x.summary(), false)
	add(s.Nodes, x.nodes(), true)
	add(s.Resources, x.resources(), true)
	add(s.Attributes, x.attributes(), false)
	add(s.Operations || s.Failcounts, x.history(), len(report.NodesInStatusOrder(x.c, &x.show)) > 0)
	add(s.Failures, x.failures(), false)
	if x.v.Live != nil {
		add(true, cib.New("fence_history", "status", "0"), true)
	}
	add(s.Tickets, x.tickets(), false)
	add(s.Bans, x.bans(), false)
	return out
}

// stampTime is how the XML writes times of failures.
const stampTime = "2006-01-02 15:04:05Z07:00"

func (x *xmlWriter) summary() *cib.Element {
	e, s, c := cib.New("summary"), &x.o.Sections, x.c
	add := func(want bool, child ...*cib.Element) {
		if want {
			e.Children = append(e.Children, child...)
		}
	}
	stack := c.Options.Raw["cluster-infrastructure"]
	if stack == "" {
		stack = "unknown"
	}
	add(s.Stack, element("stack", "type", stack))
	if c.DC != nil {
		add(s.DC, cib.New("current_dc", "present", "true", "version", c.Options.Raw["dc-version"], "name", string(c.DC.Name), "id", c.DC.ID,
			"with_quorum", yes(c.Quorate), "mixed_version", yes(report.MixedVersions(c))))
	} else {
		add(s.DC, cib.New("current_dc", "present", "false"))
	}
	add(s.Times, cib.New("last_update", "time", x.v.Now.Format(report.LongTime)),
		cib.New("last_change", "time", c.Root.Get("cib-last-written"), "user", c.Root.Get("update-user"),
			"client", c.Root.Get("update-client"), "origin", c.Root.Get("update-origin")))
	add(s.Counts, cib.New("nodes_configured", "number", strconv.Itoa(len(c.Nodes))),
		cib.New("resources_configured", "number", strconv.Itoa(c.Instances), "disabled", strconv.Itoa(c.Disabled), "blocked", strconv.Itoa(c.Blocked)))
	policy := c.Options.NoQuorum.String()
	if c.Options.NoQuorum == state.QuorumFence {
		policy = "suicide"
	}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	add(s.Options, cib.New("cluster_options", "stonith-enabled", yes(c.Options.FencingEnabled), "symmetric-cluster", yes(c.Options.Symmetric),
		"no-quorum-policy", policy, "maintenance-mode", yes(c.Options.MaintenanceMode), "stop-all-resources", yes(c.Options.StopAll),
		"stonith-timeout-ms", ms(c.Options.FencingTimeout), "priority-fencing-delay-ms", ms(c.Options.PriorityFencingDelay)))
	return e
}

func (x *xmlWriter) wantNode(n *state.Node) bool { return x.show.WantNode(n.Name) }

func (x *xmlWriter) nodes() *cib.Element {
	list := cib.New("nodes")
	for _, n := range x.c.Nodes {
		if !x.wantNode(n) {
			continue
		}
		health := "green"
		if h := report.Health(x.c, n); h < 0 {
			health = "red"
		} else if h == 0 {
			health = "yellow"
		}
		kind, as := "member", ""
		if n.IsRemote() {
			kind = "remote"
		}
		if n.Kind == state.GuestNode {
			as = string(n.Remote.Launcher.ID)
		}
		e := element("node", "name", string(n.Name), "id", n.ID, "online", yes(n.Online), "standby", yes(n.Standby),
			"standby_onfail", yes(n.FailedStandby), "maintenance", yes(n.Maintenance), "pending", yes(n.Pending),
			"unclean", yes(n.Unclean), "health", health, "feature_set", report.FeatureSet(n), "shutdown", yes(n.Shutdown),
			"expected_up", yes(n.ExpectedUp), "is_dc", yes(n == x.c.DC), "resources_running", strconv.Itoa(len(n.Running)),
			"type", kind, "id_as_resource", as)
		if x.show.ByNode {
			for _, r := range n.Running {
				e.Children = append(e.Children, x.resource(r)...)
			}
		}
		list.Children = append(list.Children, e)
	}
	return list
}

func (x *xmlWriter) resources() *cib.Element {
	list := cib.New("resources")
	if x.show.ByNode && !x.show.Inactive {
		return nil
	}
	plain := x.show
	plain.Brief = false
	for _, r := range x.c.Resources {
		if report.Listed(r, &plain) {
			list.Children = append(list.Children, x.resource(r)...)
		}
	}
	return list
}

// resource gives a resource with all that it consists of; nothing when it is filtered.
func (x *xmlWriter) resource(r *state.Resource) []*cib.Element {
	if x.show.Filtered(r, true) {
		return nil
	}
	var e *cib.Element
	switch r.Variant {
	case state.Primitive:
		return []*cib.Element{x.primitive(r)}
	case state.Group:
		e = x.group(r)
	case state.Clone:
		e = x.clone(r)
	case state.Bundle:
		e = x.bundle(r)
	}
	if e == nil {
		return nil
	}
	return []*cib.Element{e}
}

func (x *xmlWriter) primitive(r *state.Resource) *cib.Element {
	pending, locked := "", ""
	if x.show.Pending && r.PendingOp == "monitor" {
		pending = "Monitoring"
	}
	if r.LockNode != nil {
		locked = string(r.LockNode.Name)
	}
	agent := r.Class + ":" + r.Type
	if r.Provider != "" {
		agent = r.Class + ":" + r.Provider + ":" + r.Type
	}
	e := element("resource", "id", string(r.PrintableID()), "resource_agent", agent, "role", report.RoleText(r, x.show.Pending),
		"target_role", r.Meta["target-role"], "active", yes(r.Active(true)), "orphaned", yes(r.Removed), "blocked", yes(r.Blocked),
		"managed", yes(r.Managed), "failed", yes(r.Failed), "failure_ignored", yes(r.FailureIgnored),
		"nodes_running_on", strconv.Itoa(len(r.RunningOn)), "pending", pending, "locked_to", locked)
	for _, n := range r.RunningOn {
		e.Children = append(e.Children, cib.New("node", "name", string(n.Name), "id", n.ID, "cached", yes(n.Online)))
	}
	return e
}

func (x *xmlWriter) group(r *state.Resource) *cib.Element {
	var members []*state.Resource
	passes := x.show.WantID(r.PrintableID()) || x.show.WantID(r.ID)
	for _, m := range r.Children {
		if !report.SkipMember(m, passes, &x.show) {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return nil
	}
	count := len(r.Children) - slices.Index(r.Children, members[0])
	e := element("group", "id", string(r.ID), "number_resources", strconv.Itoa(count), "managed", yes(r.Managed), "disabled", yes(r.IsDisabled()))
	for _, m := range members {
		e.Children = append(e.Children, x.resource(m)...)
	}
	return e
}

func (x *xmlWriter) clone(r *state.Resource) *cib.Element {
	everything := x.show.WantID(r.PrintableID()) || x.show.WantID(r.ID)
	var e *cib.Element
	inner := *x
	inner.show.Resources = nil
	for _, c := range r.Children {
		if x.show.Elsewhere(c) || x.show.Filtered(c, everything) {
			continue
		}
		if e == nil {
			e = element("clone", "id", string(r.ID), "multi_state", yes(r.Promotable), "unique", yes(r.Unique), "managed", yes(r.Managed),
				"disabled", yes(r.IsDisabled()), "failed", yes(r.Failed), "failure_ignored", yes(r.FailureIgnored),
				"target_role", r.Meta["target-role"])
		}
		e.Children = append(e.Children, inner.resource(c)...)
	}
	return e
}

func (x *xmlWriter) bundle(r *state.Resource) *cib.Element {
	d := r.BundleData
	everything := x.show.WantID(r.ID)
	var e *cib.Element
	for _, rep := range d.Replicas {
		if x.show.Elsewhere(rep.Container) {
			continue
		}
		replica := cib.New("replica", "id", strconv.Itoa(rep.Offset))
		for _, p := range []*state.Resource{rep.IP, rep.Child, rep.Container, rep.Remote} {
			if p != nil && !x.show.Filtered(p, everything) {
				replica.Children = append(replica.Children, x.resource(p)...)
			}
		}
		if !everything && len(replica.Children) == 0 {
			continue
		}
		if e == nil {
			e = element("bundle", "id", string(r.ID), "type", d.Agent, "image", d.Image, "unique", yes(r.Unique), "managed", yes(r.Managed), "failed", yes(r.Failed))
		}
		e.Children = append(e.Children, replica)
	}
	return e
}

func (x *xmlWriter) attributes() *cib.Element {
	list := cib.New("node_attributes")
	for _, n := range x.c.Nodes {
		names := report.Attributes(n)
		if !n.Online || len(names) == 0 || !x.wantNode(n) {
			continue
		}
		e := cib.New("node", "name", string(n.Name))
		for _, name := range names {
			a := cib.New("attribute", "name", name, "value", n.Attrs[name])
			if want, ok := report.ExpectedPing(n, name); ok {
				a = a.With("expected", strconv.Itoa(want))
			}
			e.Children = append(e.Children, a)
		}
		list.Children = append(list.Children, e)
	}
	return list
}

func (x *xmlWriter) history() *cib.Element {
	list := cib.New("node_history")
	for _, n := range report.NodesInStatusOrder(x.c, &x.show) {
		node := cib.New("node", "name", string(n.Name))
		for _, h := range n.History {
			if h.Resource == nil || x.show.Filtered(h.Resource, true) {
				continue
			}
			ops := report.ShownOps(h)
			count, last := x.c.FailCount(n, h.Resource, state.FailCountOptions{}, nil)
			if x.o.Sections.Operations && len(ops) == 0 || !x.o.Sections.Operations && count <= 0 {
				continue
			}
			e := element("resource_history", "id", string(h.Resource.PrintableID()), "orphan", "false",
				"migration-threshold", strconv.Itoa(h.Resource.MigrationThreshold))
			if count > 0 {
				e = e.With("fail-count", strconv.Itoa(int(count)))
			}
			if !last.IsZero() {
				e = e.With("last-failure", last.Format(report.LongTime))
			}
			if x.o.Sections.Operations {
				for _, op := range ops {
					e.Children = append(e.Children, operation(op))
				}
			}
			node.Children = append(node.Children, e)
		}
		if len(node.Children) > 0 {
			list.Children = append(list.Children, node)
		}
	}
	return list
}

func operation(op *state.Op) *cib.Element {
	ms := func(text string) string {
		if text == "" || text == "0" {
			return ""
		}
		return text + "ms"
	}
	change, exec, queue := "", op.XML.Get("exec-time"), op.XML.Get("queue-time")
	if report.Dated(op) {
		change = op.LastChange.Format(report.LongTime)
	}
	if exec != "" {
		exec += "ms"
	}
	if queue != "" {
		queue += "ms"
	}
	return element("operation_history", "call", op.XML.Get("call-id"), "task", report.TaskName(op), "rc", strconv.Itoa(int(op.RC)),
		"rc_text", op.RC.String(), "interval", ms(strconv.FormatInt(op.IntervalMS, 10)), "last-rc-change", change, "exec-time", exec, "queue-time", queue)
}

func (x *xmlWriter) failures() *cib.Element {
	list := cib.New("failures")
	for _, op := range report.ShownFailures(x.c, &x.show) {
		reason := op.ExitReason
		if reason == "" {
			reason = "none"
			if v, ok := op.XML.Lookup("exit-reason"); ok {
				reason = v
			}
		}
		key := "op_key"
		if op.XML.Get("operation_key") == "" {
			key = "id"
		}
		e := cib.New("failure", key, op.Key, "node", string(op.Node.Name), "exitstatus", op.RC.String(), "exitreason", reason,
			"exitcode", strconv.Itoa(int(op.RC)), "call", op.XML.Get("call-id"), "status", op.Status.String())
		if report.Dated(op) {
			e.Attrs = append(e.Attrs, element("", "last-rc-change", op.LastChange.Format(stampTime), "queued", op.XML.Get("queue-time"),
				"exec", op.XML.Get("exec-time"), "interval", strconv.FormatInt(op.IntervalMS, 10), "task", op.Task).Attrs...)
		}
		list.Children = append(list.Children, e)
	}
	return list
}

func (x *xmlWriter) tickets() *cib.Element {
	list := cib.New("tickets")
	for _, id := range report.TicketIDs(x.c) {
		t := x.c.Tickets[id]
		if t == nil {
			t = &state.Ticket{ID: id}
		}
		status, last := "revoked", ""
		if t.Granted {
			status = "granted"
		}
		if !t.LastGranted.IsZero() {
			last = t.LastGranted.Format(report.LongTime)
		}
		list.Children = append(list.Children, element("ticket", "id", id, "status", status, "standby", yes(t.Standby), "last-granted", last))
	}
	return list
}

func (x *xmlWriter) bans() *cib.Element {
	list := cib.New("bans")
	for _, b := range report.Bans(x.c) {
		if strings.HasPrefix(b.ID, x.o.Sections.BanPrefix) && x.show.WantID(b.Resource) {
			list.Children = append(list.Children, cib.New("ban", "id", b.ID, "resource", string(b.Resource), "node", string(b.Node.Name),
				"weight", strconv.Itoa(int(b.Score)), "promoted-only", yes(b.Promoted), "master_only", yes(b.Promoted)))
		}
	}
	return list
}
