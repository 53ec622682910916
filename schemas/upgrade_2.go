package schemas

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// acls turns permissions of schema 1.x into those of 2.0: users become targets with roles.
func (u *upgrade) acls(root *cib.Element) *cib.Element {
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		switch e.Name {
		case "read", "write", "deny":
			return only(u.permission(e))
		case "acl_user":
			return target(e)
		}
		return only(e)
	})
}

func (u *upgrade) permission(e *cib.Element) *cib.Element {
	p := cib.New("acl_permission", "id", e.ID(), "kind", e.Name)
	ref, hasRef := e.Lookup("ref")
	tag, hasTag := e.Lookup("tag")
	attribute, hasAttribute := e.Lookup("attribute")
	switch {
	case hasRef:
		p = p.With("reference", ref)
		if hasAttribute {
			u.remark("ACLs: @attribute cannot accompany @ref for upgrade-1.3.xsl purposes, ignoring")
		}
	case hasTag:
		p = p.With("object-type", tag)
		if hasAttribute {
			u.remark("ACLs: @attribute (with @tag) handling generalized a bit for upgrade-1.3.xsl purposes")
			p = p.With("attribute", attribute)
		}
	case hasAttribute:
		u.remark("ACLs: @attribute (with @xpath) handling generalized a bit for upgrade-1.3.xsl purposes")
		p = p.With("xpath", e.Get("xpath")+"[@"+attribute+"]")
	default:
		p = p.With("xpath", e.Get("xpath"))
	}
	return p
}

// target makes a target of a user. Permissions of the user alone become a role of its own.
func target(user *cib.Element) []*cib.Element {
	t, role := cib.New("acl_target"), cib.New("acl_role", "id", "auto-"+user.ID())
	t.Attrs = user.Attrs
	for _, c := range user.Children {
		if c.Name == "role_ref" {
			r := *c
			r.Name = "role"
			t.Children = append(t.Children, &r)
		} else {
			role.Children = append(role.Children, c)
		}
	}
	if len(role.Children) == 0 {
		return only(t)
	}
	t.Children = append(t.Children, cib.New("role", "id", role.ID()))
	return []*cib.Element{t, role}
}

// renaming is what became of a name in schema 3.0.
type renaming struct {
	from   string
	to     string // "": dropped
	in     string // "": stays where it is; else the section whose meta_attributes it moves to
	values string // only with one of these values, separated by "|"; "": with any
	value  string // the value that it gets; "": the same
	hint   string // what to do instead
}

const (
	hintThreshold = "migration-threshold can be configured instead"
	hintDefault   = "migration-threshold in rsc_defaults can be configured instead"
	hintQuorum    = "corosync (2+) infrastructure tracks quorum on its own"
	hintAlerts    = "standalone alerts can be configured instead"
	hintCorosync  = "corosync (2+) infrastructure can be used instead, though the value is not of significance"
	hintIsolation = "i.e. resource at hand disabled; isolation wrappers obsoleted with bundle resources"
	hintStart     = "only start/promote operation taken into account"
	hintNever     = "was actually never in effect"
)

// properties30 are the cluster properties that schema 3.0 has otherwise. The first entry
// that fits counts.
var properties30 = []renaming{
	{from: "cluster-infrastructure", values: "heartbeat|openais|classic openais|classic openais (with plugin)|cman", hint: hintCorosync},
	{from: "cluster_recheck_interval", to: "cluster-recheck-interval"}, {from: "dc_deadtime", to: "dc-deadtime"},
	{from: "default-action-timeout", to: "timeout", in: "op_defaults"}, {from: "default_action_timeout", to: "timeout", in: "op_defaults"},
	{from: "default-migration-threshold", hint: hintDefault}, {from: "default_migration_threshold", hint: hintDefault},
	{from: "default-resource-stickiness", to: "resource-stickiness", in: "rsc_defaults"},
	{from: "default_resource_stickiness", to: "resource-stickiness", in: "rsc_defaults"},
	{from: "default-resource-failure-stickiness", to: "migration-threshold", in: "rsc_defaults", values: "-INFINITY", value: "1"},
	{from: "default-resource-failure-stickiness", hint: hintDefault},
	{from: "default_resource_failure_stickiness", to: "migration-threshold", in: "rsc_defaults", values: "-INFINITY", value: "1"},
	{from: "default_resource_failure_stickiness", hint: hintDefault},
	{from: "election_timeout", to: "election-timeout"}, {from: "expected-quorum-votes", hint: hintQuorum},
	{from: "is-managed-default", to: "is-managed", in: "rsc_defaults"}, {from: "is_managed_default", to: "is-managed", in: "rsc_defaults"},
	{from: "no_quorum_policy", to: "no-quorum-policy"}, {from: "notification-agent", hint: hintAlerts},
	{from: "notification-recipient", hint: hintAlerts},
	{from: "remove_after_stop", to: "remove-after-stop"}, {from: "shutdown_escalation", to: "shutdown-escalation"},
	{from: "startup_fencing", to: "startup-fencing"}, {from: "stonith_action", to: "stonith-action"},
	{from: "stonith_enabled", to: "stonith-enabled"}, {from: "stop_orphan_actions", to: "stop-orphan-actions"},
	{from: "stop_orphan_resources", to: "stop-orphan-resources"}, {from: "symmetric_cluster", to: "symmetric-cluster"},
	{from: "transition_idle_timeout", to: "cluster-delay"},
}

// parameters30 are the instance attributes of primitives and templates.
var parameters30 = []renaming{
	{from: "pcmk_arg_map"}, {from: "pcmk_list_cmd", to: "pcmk_list_action"}, {from: "pcmk_monitor_cmd", to: "pcmk_monitor_action"},
	{from: "pcmk_off_cmd", to: "pcmk_off_action"}, {from: "pcmk_on_cmd", to: "pcmk_on_action"},
	{from: "pcmk_reboot_cmd", to: "pcmk_reboot_action"}, {from: "pcmk_status_cmd", to: "pcmk_status_action"},
}

// meta30 are the meta-attributes of primitives and templates.
var meta30 = []renaming{
	{from: "isolation", to: "target-role", value: "Stopped", hint: hintIsolation}, {from: "isolation-host", to: "target-role", value: "Stopped", hint: hintIsolation},
	{from: "isolation-instance", to: "target-role", value: "Stopped", hint: hintIsolation}, {from: "isolation-wrapper", to: "target-role", value: "Stopped", hint: hintIsolation},
	{from: "resource-failure-stickiness", to: "migration-threshold", values: "-INFINITY", value: "1"}, {from: "resource-failure-stickiness", hint: hintThreshold},
	{from: "resource_failure_stickiness", to: "migration-threshold", values: "-INFINITY", value: "1"}, {from: "resource_failure_stickiness", hint: hintThreshold},
}

// renamed30 finds what became of a pair.
func renamed30(pair *cib.Element, table []renaming) (renaming, bool) {
	i := slices.IndexFunc(table, func(r renaming) bool {
		return r.from == pair.Get("name") && (r.values == "" || slices.Contains(strings.Split(r.values, "|"), pair.Get("value")))
	})
	if i < 0 {
		return renaming{}, false
	}
	return table[i], true
}

// table30 gives the table that a set of pairs is read by; inside is what the set stands in.
func table30(set, inside *cib.Element) []renaming {
	resource := nameOf(inside) == cib.TagPrimitive || nameOf(inside) == cib.TagTemplate
	switch {
	case set.Name == cib.TagPropertySet:
		return properties30
	case resource && set.Name == "instance_attributes":
		return parameters30
	case resource && set.Name == cib.TagMetaAttrs:
		return meta30
	}
	return nil
}

// older30 reports what schema 3.0 does not allow any more.
func older30(e, parent *cib.Element) bool {
	if gone30(e, parent) {
		return true
	}
	if e.Name == cib.TagOp {
		return slices.ContainsFunc(e.Children, func(set *cib.Element) bool {
			return set.Name == cib.TagMetaAttrs && set.ChildWith(cib.TagNvpair, "name", "requires") != nil
		})
	}
	table := table30(e, parent)
	for pair := range e.All(cib.TagNvpair) {
		if r, found := renamed30(pair, table); found && !strings.HasPrefix(r.from, "resource") {
			return true
		}
	}
	return false
}

// gone30 reports what no schema since 3.0 allows.
func gone30(e, parent *cib.Element) bool {
	switch e.Name {
	case cib.TagNode:
		return nameOf(parent) == cib.TagNodes && e.Get("type") == "normal"
	case cib.TagOp:
		_, requires := e.Lookup("requires")
		return requires
	case cib.TagRscColocation:
		_, a := e.Lookup("score-attribute")
		_, b := e.Lookup("score-attribute-mangle")
		return a || b
	}
	return false
}

// to30 brings a document of schema 2.x to 3.0.
func (u *upgrade) to30(root *cib.Element) *cib.Element {
	moved := map[string][]*cib.Element{}
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		switch e.Name {
		case cib.TagNode:
			if nameOf(parent) == cib.TagNodes && e.Get("type") == "normal" {
				u.remark("DEBUG: Cluster node: %s (id=%s): keeping type as type, redefined as member, for matching normal", e.Get("uname"), e.ID())
				return only(e.With("type", "member"))
			}
		case cib.TagRscColocation:
			for _, name := range [...]string{"score-attribute", "score-attribute-mangle"} {
				if has(e, name) {
					u.tell30("Constraints-colocation", e.ID(), renaming{from: name, hint: hintNever})
					e = e.Without(name)
				}
			}
		case cib.TagOp:
			return only(u.operation30(e))
		case cib.TagPrimitive, cib.TagTemplate:
			return only(u.requires30(e))
		case cib.TagConfiguration:
			for _, section := range [...]string{cib.TagOpDefaults, cib.TagRscDefaults} {
				e = withDefaults(e, section, moved[section])
			}
			return only(e)
		}
		if table := table30(e, parent); table != nil {
			return u.pairs30(e, parent, table, moved)
		}
		return only(e)
	})
}

// tell30 says what becomes of a name.
func (u *upgrade) tell30(topic, id string, r renaming) {
	level, what, matching := "DEBUG", "renaming "+r.from+" as "+r.to, ""
	if r.values != "" {
		matching = " for matching " + r.values
	}
	switch {
	case r.to == "":
		level, what = "INFO", "dropping "+r.from
	case r.in != "":
		what = "moving " + r.from + " under " + r.in + " as " + r.to + " unless already defined there"
	}
	if r.hint == hintIsolation {
		level = "WARNING"
	}
	if r.value != "" {
		what += ", redefined as " + r.value
		if matching != "" {
			matching = "," + matching
		}
	}
	u.remark("%s: %s: %s: %s%s", level, topic, id, what, matching)
	if r.hint != "" {
		u.remark("%s: %s: ... %s", level, topic, r.hint)
	}
}

// pairs30 renames the pairs of one set; pairs that belong elsewhere go into moved. A set
// of properties that loses all is dropped.
func (u *upgrade) pairs30(set, parent *cib.Element, table []renaming, moved map[string][]*cib.Element) []*cib.Element {
	topic, where := "Cluster properties", ""
	switch set.Name {
	case cib.TagInstanceAttrs:
		topic = "Resource instance_attributes"
	case cib.TagMetaAttrs:
		topic, where = "Resource meta_attributes", parent.ID()+" (meta="+set.ID()+")"
	}
	var pairs []*cib.Element
	changed := false
	for _, c := range set.Children {
		r, found := renamed30(c, table)
		if c.Name != cib.TagNvpair || !found {
			pairs = append(pairs, c)
			continue
		}
		changed = true
		id := where
		if id == "" {
			id = c.ID()
		}
		if port, ok := strings.CutPrefix(c.Get("value"), "port:"); ok && r.from == "pcmk_arg_map" {
			u.remark("DEBUG: %s: %s: renaming pcmk_arg_map as pcmk_host_argument for matching port: prefix that will, meanwhile, get dropped", topic, id)
			pairs = append(pairs, c.With("name", "pcmk_host_argument").With("value", port))
			continue
		}
		u.tell30(topic, id, r)
		if r.to == "" {
			continue
		}
		c = c.With("name", r.to)
		if r.value != "" {
			c = c.With("value", r.value)
		}
		if r.in != "" {
			moved[r.in] = append(moved[r.in], c)
		} else {
			pairs = append(pairs, c)
		}
	}
	switch {
	case !changed:
		return only(set)
	case len(pairs) == 0 && set.Name == cib.TagPropertySet:
		return nil
	}
	return only(set.WithChildren(pairs...))
}

// withDefaults puts pairs into a section of defaults, unless they are defined there.
func withDefaults(conf *cib.Element, section string, pairs []*cib.Element) *cib.Element {
	at := slices.IndexFunc(conf.Children, func(c *cib.Element) bool { return c.Name == section })
	if at < 0 {
		if len(pairs) == 0 {
			return conf
		}
		set := cib.New(cib.TagMetaAttrs, "id", "_2TO3_-"+strings.ReplaceAll(section, "_", "-")).Plus(pairs...)
		return conf.Plus(cib.New(section).Plus(set))
	}
	children := slices.Clone(conf.Children)
	for _, pair := range pairs {
		children[at] = withPair(children[at], "_2TO3_-"+strings.ReplaceAll(section, "_", "-"), pair)
	}
	return conf.WithChildren(children...)
}

// withPair puts a pair into the first set of meta-attributes of an element, or into a new
// one, unless a set there has one of that name.
func withPair(e *cib.Element, id string, pair *cib.Element) *cib.Element {
	for set := range e.All(cib.TagMetaAttrs) {
		if set.ChildWith(cib.TagNvpair, "name", pair.Get("name")) != nil {
			return e
		}
	}
	at := slices.IndexFunc(e.Children, func(c *cib.Element) bool { return c.Name == cib.TagMetaAttrs })
	if at < 0 {
		return e.Plus(cib.New(cib.TagMetaAttrs, "id", id).Plus(pair))
	}
	children := slices.Clone(e.Children)
	children[at] = children[at].Plus(pair)
	return e.WithChildren(children...)
}

// meta30Of are the names that an operation's instance attributes lost to its
// meta-attributes.
var meta30Of = strings.Fields("interval-origin start-delay enabled on-fail record-pending role timeout")

// operation30 moves what is no parameter of an agent out of an operation's parameters.
func (u *upgrade) operation30(op *cib.Element) *cib.Element {
	for _, set := range op.Children {
		if set.Name != cib.TagInstanceAttrs {
			continue
		}
		for pair := range set.All(cib.TagNvpair) {
			if !slices.Contains(meta30Of, pair.Get("name")) {
				continue
			}
			rest := set.WithChildren(slices.DeleteFunc(slices.Clone(set.Children), func(c *cib.Element) bool {
				return c.Name == cib.TagNvpair && slices.Contains(meta30Of, c.Get("name"))
			})...)
			children := slices.Clone(op.Children)
			children[slices.Index(children, set)] = rest
			out := op.WithChildren(children...)
			for moved := range set.All(cib.TagNvpair) {
				if slices.Contains(meta30Of, moved.Get("name")) {
					u.tell30("Resources-operation instance_attributes", op.ID(), renaming{from: moved.Get("name"), to: moved.Get("name"), in: cib.TagMetaAttrs})
					out = withPair(out, "_2TO3_"+op.ID()+"-meta", moved)
				}
			}
			return u.operation30(out)
		}
	}
	return op
}

// requires30 moves what operations say of requires to the resource: only a start and a
// promotion were ever looked at. What an attribute says counts before what a pair says.
func (u *upgrade) requires30(r *cib.Element) *cib.Element {
	ops := r.Child(cib.TagOperations)
	var attribute, meta *cib.Element // what is found first
	changed := false
	take := func(op *cib.Element, where, value string, found **cib.Element) {
		changed = true
		if n := op.Get("name"); n != "start" && n != "promote" {
			u.tell30("Resources-operation", op.ID()+" (rsc="+r.ID()+where+")", renaming{from: "requires", hint: hintStart})
			return
		}
		u.tell30("Resources-operation", op.ID()+" (rsc="+r.ID()+where+")", renaming{from: "requires", to: "requires", in: cib.TagMetaAttrs, values: "start|promote"})
		if *found == nil {
			*found = cib.New(cib.TagNvpair, "id", "_2TO3_"+op.ID()+"-meta-requires", "name", "requires", "value", value)
		}
	}
	var list []*cib.Element
	for _, op := range childrenOf(ops) {
		if v, ok := op.Lookup("requires"); ok {
			take(op, "", v, &attribute)
			op = op.Without("requires")
		}
		sets := slices.Clone(op.Children)
		for i, set := range sets {
			if pair := set.ChildWith(cib.TagNvpair, "name", "requires"); pair != nil {
				take(op, ", meta="+set.ID(), pair.Get("value"), &meta)
				sets[i] = set.WithChildren(slices.DeleteFunc(slices.Clone(set.Children), func(c *cib.Element) bool { return c == pair })...)
			}
		}
		list = append(list, op.WithChildren(sets...))
	}
	if !changed {
		return r
	}
	children := slices.Clone(r.Children)
	children[slices.Index(children, ops)] = ops.WithChildren(list...)
	r = r.WithChildren(children...)
	if attribute == nil {
		attribute = meta
	}
	for set := range r.All(cib.TagMetaAttrs) {
		if set.ChildWith(cib.TagNvpair, "name", "requires") != nil {
			return r
		}
	}
	if attribute == nil {
		return r
	}
	return r.Plus(cib.New(cib.TagMetaAttrs, "id", "_2TO3_"+r.ID()+"-meta").Plus(attribute))
}

func childrenOf(e *cib.Element) []*cib.Element {
	if e == nil {
		return nil
	}
	return e.Children
}
