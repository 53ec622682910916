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
}

// properties30 are the cluster properties that schema 3.0 has otherwise. The first entry
// that fits counts.
var properties30 = []renaming{
	{from: "cluster-infrastructure", values: "heartbeat|openais|classic openais|classic openais (with plugin)|cman"},
	{from: "cluster_recheck_interval", to: "cluster-recheck-interval"}, {from: "dc_deadtime", to: "dc-deadtime"},
	{from: "default-action-timeout", to: "timeout", in: "op_defaults"}, {from: "default_action_timeout", to: "timeout", in: "op_defaults"},
	{from: "default-migration-threshold"}, {from: "default_migration_threshold"},
	{from: "default-resource-stickiness", to: "resource-stickiness", in: "rsc_defaults"},
	{from: "default_resource_stickiness", to: "resource-stickiness", in: "rsc_defaults"},
	{from: "default-resource-failure-stickiness", to: "migration-threshold", in: "rsc_defaults", values: "-INFINITY", value: "1"},
	{from: "default-resource-failure-stickiness"},
	{from: "default_resource_failure_stickiness", to: "migration-threshold", in: "rsc_defaults", values: "-INFINITY", value: "1"},
	{from: "default_resource_failure_stickiness"},
	{from: "election_timeout", to: "election-timeout"}, {from: "expected-quorum-votes"},
	{from: "is-managed-default", to: "is-managed", in: "rsc_defaults"}, {from: "is_managed_default", to: "is-managed", in: "rsc_defaults"},
	{from: "no_quorum_policy", to: "no-quorum-policy"}, {from: "notification-agent"}, {from: "notification-recipient"},
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
	{from: "isolation", to: "target-role", value: "Stopped"}, {from: "isolation-host", to: "target-role", value: "Stopped"},
	{from: "isolation-instance", to: "target-role", value: "Stopped"}, {from: "isolation-wrapper", to: "target-role", value: "Stopped"},
	{from: "resource-failure-stickiness", to: "migration-threshold", values: "-INFINITY", value: "1"}, {from: "resource-failure-stickiness"},
	{from: "resource_failure_stickiness", to: "migration-threshold", values: "-INFINITY", value: "1"}, {from: "resource_failure_stickiness"},
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
	root = one(root, func(e, parent *cib.Element) []*cib.Element {
		switch e.Name {
		case cib.TagNode:
			if nameOf(parent) == cib.TagNodes && e.Get("type") == "normal" {
				return only(e.With("type", "member"))
			}
		case cib.TagRscColocation:
			return only(e.Without("score-attribute").Without("score-attribute-mangle"))
		case cib.TagPrimitive, cib.TagTemplate:
			return only(withRequires(e))
		case cib.TagOp:
			return only(e)
		}
		if table := table30(e, parent); table != nil {
			return only(u.pairs30(e, table, moved))
		}
		return only(e)
	})
	if len(moved) == 0 {
		return root
	}
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		if e.Name != cib.TagConfiguration {
			return only(e)
		}
		for _, section := range [...]string{"op_defaults", "rsc_defaults"} {
			e = withDefaults(e, section, moved[section])
		}
		return only(e)
	})
}

// pairs30 renames the pairs of one set; pairs that belong elsewhere go into moved.
func (u *upgrade) pairs30(set *cib.Element, table []renaming, moved map[string][]*cib.Element) *cib.Element {
	var pairs []*cib.Element
	changed := false
	for _, c := range set.Children {
		r, found := renamed30(c, table)
		if c.Name != cib.TagNvpair || !found {
			pairs = append(pairs, c)
			continue
		}
		changed = true
		if r.from == "pcmk_arg_map" && strings.HasPrefix(c.Get("value"), "port:") {
			r.to, r.value = "pcmk_host_argument", strings.TrimPrefix(c.Get("value"), "port:")
		}
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
	if !changed {
		return set
	}
	return set.WithChildren(pairs...)
}

// withDefaults puts pairs into a section of defaults.
func withDefaults(conf *cib.Element, section string, pairs []*cib.Element) *cib.Element {
	if len(pairs) == 0 {
		return conf
	}
	set := cib.New(cib.TagMetaAttrs, "id", "_2TO3_").Plus(pairs...)
	children := slices.Clone(conf.Children)
	at := slices.IndexFunc(children, func(c *cib.Element) bool { return c.Name == section })
	if at < 0 {
		return conf.WithChildren(append(children, cib.New(section).Plus(set))...)
	}
	children[at] = children[at].Plus(set)
	return conf.WithChildren(children...)
}

// withRequires moves what operations say of requires to the resource: only a start and a
// promotion were ever looked at.
func withRequires(r *cib.Element) *cib.Element {
	ops := r.Child("operations")
	value, found, changed := "", false, false
	var list []*cib.Element
	for _, op := range childrenOf(ops) {
		take := func(v string) {
			changed = true
			if n := op.Get("name"); !found && (n == "start" || n == "promote") {
				value, found = v, true
			}
		}
		if v, ok := op.Lookup("requires"); ok {
			take(v)
			op = op.Without("requires")
		}
		var sets []*cib.Element
		for _, set := range op.Children {
			if pair := set.ChildWith(cib.TagNvpair, "name", "requires"); pair != nil {
				take(pair.Get("value"))
				set = set.WithChildren(slices.DeleteFunc(slices.Clone(set.Children), func(c *cib.Element) bool { return c == pair })...)
			}
			sets = append(sets, set)
		}
		list = append(list, op.WithChildren(sets...))
	}
	if !changed {
		return r
	}
	children := slices.Clone(r.Children)
	children[slices.Index(children, ops)] = ops.WithChildren(list...)
	if found {
		id := "_2TO3_" + r.ID() + "-meta"
		children = append(children, cib.New(cib.TagMetaAttrs, "id", id).Plus(cib.New(cib.TagNvpair, "id", id+"-requires", "name", "requires", "value", value)))
	}
	return r.WithChildren(children...)
}

func childrenOf(e *cib.Element) []*cib.Element {
	if e == nil {
		return nil
	}
	return e.Children
}
