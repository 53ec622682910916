package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/state"
)

// ModernAPI is the version of the XML that Options.Modern writes.
const ModernAPI = "2.42"

// xmlWriter turns a status into elements.
type xmlWriter struct {
	c        *state.Cluster
	sections *Sections
	show     Options
	live     bool
	now      time.Time
}

// StatusXML is a status as elements: the sections wanted. With live, what only a running
// cluster knows is there too. With o.Modern it has the attributes of Pacemaker 3's XML.
func StatusXML(c *state.Cluster, s *Sections, o *Options, live bool, now time.Time) []*cib.Element {
	x := &xmlWriter{c: c, sections: s, show: *o, live: live, now: now}
	return x.all()
}

func yes(b bool) string { return strconv.FormatBool(b) }

// modern is the value of an attribute that Pacemaker 2 did not have.
func (x *xmlWriter) modern(b bool) string {
	if !x.show.Modern {
		return ""
	}
	return yes(b)
}

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

func (x *xmlWriter) all() (out []*cib.Element) {
	s := x.sections
	add := func(want bool, e *cib.Element, empty bool) {
		if want && e != nil && (empty || len(e.Children) > 0) {
			out = append(out, e)
		}
	}
	if x.live {
		out = append(out, cib.New("pacemakerd", "sys_from", "crm_mon", "state", "running", "last_updated", x.now.Format(stampTime)))
	}
	add(true, x.summary(), false)
	add(s.Nodes, x.nodes(), true)
	add(s.Resources, x.resources(), true)
	add(s.Attributes, x.attributes(), false)
	add(s.Operations || s.Failcounts, x.history(), len(NodesInStatusOrder(x.c, &x.show)) > 0)
	add(s.Failures, x.failures(), false)
	add(true, s.Fencing.XML, false)
	add(s.Tickets, x.tickets(), false)
	add(s.Bans, x.bans(), false)
	return out
}

// stampTime is how the XML writes times of failures.
const stampTime = "2006-01-02 15:04:05Z07:00"

func (x *xmlWriter) summary() *cib.Element {
	e, s, c := cib.New("summary"), x.sections, x.c
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
			"with_quorum", yes(c.Quorate), "mixed_version", yes(MixedVersions(c))))
	} else {
		add(s.DC, cib.New("current_dc", "present", "false"))
	}
	add(s.Times, cib.New("last_update", "time", x.now.Format(LongTime)),
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
		if h := Health(x.c, n); h < 0 {
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
			"unclean", yes(n.Unclean), "health", health, "feature_set", FeatureSet(n), "shutdown", yes(n.Shutdown),
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
		if Listed(r, &plain) {
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
	e := element("resource", "id", string(r.PrintableID()), "resource_agent", agent, "role", RoleText(r, x.show.Pending),
		"target_role", r.Meta["target-role"], "active", yes(r.Active(true)), "orphaned", yes(r.Removed),
		"removed", x.modern(r.Removed), "blocked", yes(r.Blocked), "maintenance", x.modern(r.Maintenance), "managed", yes(r.Managed), "failed", yes(r.Failed), "failure_ignored", yes(r.FailureIgnored),
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
		if !SkipMember(m, passes, &x.show) {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return nil
	}
	count := len(r.Children) - slices.Index(r.Children, members[0])
	e := element("group", "id", string(r.ID), "number_resources", strconv.Itoa(count), "maintenance", x.modern(r.Maintenance), "managed", yes(r.Managed), "disabled", yes(r.IsDisabled()))
	for _, m := range members {
		e.Children = append(e.Children, x.resource(m)...)
	}
	return e
}

// cloneRole is the role that a clone, or else its first instance, shall have.
func cloneRole(r *state.Resource) string {
	if role := r.Meta["target-role"]; role != "" || len(r.Children) == 0 {
		return role
	}
	return r.Children[0].Meta["target-role"]
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
			e = element("clone", "id", string(r.ID), "multi_state", yes(r.Promotable), "unique", yes(r.Unique), "maintenance", x.modern(r.Maintenance), "managed", yes(r.Managed),
				"disabled", yes(r.IsDisabled()), "failed", yes(r.Failed), "failure_ignored", yes(r.FailureIgnored),
				"target_role", cloneRole(r))
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
			e = element("bundle", "id", string(r.ID), "type", d.Agent, "image", d.Image, "unique", yes(r.Unique),
				"maintenance", x.modern(r.Maintenance), "managed", yes(r.Managed), "failed", yes(r.Failed))
		}
		e.Children = append(e.Children, replica)
	}
	return e
}

func (x *xmlWriter) attributes() *cib.Element {
	list := cib.New("node_attributes")
	for _, n := range x.c.Nodes {
		names := Attributes(n)
		if !n.Online || len(names) == 0 || !x.wantNode(n) {
			continue
		}
		e := cib.New("node", "name", string(n.Name))
		for _, name := range names {
			a := cib.New("attribute", "name", name, "value", n.Attrs[name])
			if want, ok := ExpectedPing(n, name); ok {
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
	for _, n := range NodesInStatusOrder(x.c, &x.show) {
		node := cib.New("node", "name", string(n.Name))
		for _, h := range n.History {
			if h.Resource == nil || x.show.Filtered(h.Resource, true) {
				continue
			}
			ops := ShownOps(h)
			count, last := x.c.FailCount(n, h.Resource, state.FailCountOptions{}, nil)
			if x.sections.Operations && len(ops) == 0 || !x.sections.Operations && count <= 0 {
				continue
			}
			id := string(h.Resource.PrintableID())
			if !x.sections.Operations {
				id = h.Entry
			}
			e := element("resource_history", "id", id, "orphan", "false", "removed", x.modern(false),
				"migration-threshold", strconv.Itoa(h.Resource.MigrationThreshold))
			if count > 0 {
				e = e.With("fail-count", strconv.Itoa(int(count)))
			}
			if !last.IsZero() {
				e = e.With("last-failure", last.Format(LongTime))
			}
			if x.sections.Operations {
				for _, op := range ops {
					e.Children = append(e.Children, x.operation(op))
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

func (x *xmlWriter) operation(op *state.Op) *cib.Element {
	ms := func(text string) string {
		if text == "" || text == "0" {
			return ""
		}
		return text + "ms"
	}
	change, exec, queue := "", op.XML.Get("exec-time"), op.XML.Get("queue-time")
	if Dated(op) {
		change = op.LastChange.Format(LongTime)
	}
	if exec != "" {
		exec += "ms"
	}
	if queue != "" {
		queue += "ms"
	}
	return element("operation_history", "call", op.XML.Get("call-id"), "task", TaskName(op), "rc", strconv.Itoa(int(op.RC)),
		"rc_text", x.show.exit(op.RC), "interval", ms(strconv.FormatInt(op.IntervalMS, 10)), "last-rc-change", change, "exec-time", exec, "queue-time", queue)
}

func (x *xmlWriter) failures() *cib.Element {
	list := cib.New("failures")
	for _, op := range ShownFailures(x.c, &x.show) {
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
		e := cib.New("failure", key, op.Key, "node", string(op.Node.Name), "exitstatus", x.show.exit(op.RC), "exitreason", reason,
			"exitcode", strconv.Itoa(int(op.RC)), "call", op.XML.Get("call-id"), "status", x.show.status(op.Status))
		if Dated(op) {
			e.Attrs = append(e.Attrs, element("", "last-rc-change", op.LastChange.Format(stampTime), "queued", op.XML.Get("queue-time"),
				"exec", op.XML.Get("exec-time"), "interval", strconv.FormatInt(op.IntervalMS, 10), "task", op.Task).Attrs...)
		}
		list.Children = append(list.Children, e)
	}
	return list
}

func (x *xmlWriter) tickets() *cib.Element {
	list := cib.New("tickets")
	for _, id := range TicketIDs(x.c) {
		t := x.c.Tickets[id]
		if t == nil {
			t = &state.Ticket{ID: id}
		}
		status, last := "revoked", ""
		if t.Granted {
			status = "granted"
		}
		if !t.LastGranted.IsZero() {
			last = t.LastGranted.Format(LongTime)
		}
		list.Children = append(list.Children, element("ticket", "id", id, "status", status, "standby", yes(t.Standby), "last-granted", last))
	}
	return list
}

func (x *xmlWriter) bans() *cib.Element {
	list := cib.New("bans")
	for _, b := range Bans(x.c) {
		if strings.HasPrefix(b.ID, x.sections.BanPrefix) && x.show.WantID(b.Resource) {
			list.Children = append(list.Children, cib.New("ban", "id", b.ID, "resource", string(b.Resource), "node", string(b.Node.Name),
				"weight", strconv.Itoa(int(b.Score)), "promoted-only", yes(b.Promoted), "master_only", yes(b.Promoted)))
		}
	}
	return list
}
