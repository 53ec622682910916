package state

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// allResources reads the resources section.
func (r *reader) allResources(opts ReadOptions) {
	var entries []*cib.Element
	if r.resources != nil {
		entries = slices.Concat(r.resources.Children, r.guests)
	}
	for i, e := range entries {
		r.at(PhaseResources, i, -1)
		if e.ID() == "" {
			r.finding("error", "Ignoring <"+e.Name+"> resource without ID")
			continue
		}
		if e.Name == "template" {
			if _, have := r.c.Templates[e.ID()]; !have {
				r.c.Templates[e.ID()] = nil
			}
			continue
		}
		rsc := r.resource(e, nil, "")
		if rsc == nil {
			r.finding("error", "Ignoring <"+e.Name+"> resource '"+e.ID()+"' because configuration is invalid")
			continue
		}
		r.c.Resources = append(r.c.Resources, rsc)
	}
	r.at(PhaseCluster, 1, -1)
	for _, rsc := range r.c.Resources {
		r.launcher(rsc)
		r.linkRemote(rsc)
	}
	slices.SortStableFunc(r.c.Resources, func(a, b *Resource) int { return b.Priority - a.Priority })
	if !opts.LocationOnly && r.c.Options.FencingEnabled && !r.c.HaveFencing {
		r.finding("error", "Resource start-up disabled since no fencing resources have been defined. Either configure "+
			"some or disable fencing with the fencing-enabled option. NOTE: Clusters with shared data need fencing to "+
			"ensure data integrity.")
	}
}

// launcher links a resource to the one that its meta-attribute container names.
func (r *reader) launcher(rsc *Resource) {
	if len(rsc.Children) > 0 {
		for _, child := range rsc.Children {
			r.launcher(child)
		}
		return
	}
	id, ok := rsc.Meta["container"]
	if !ok || id == string(rsc.ID) {
		return
	}
	by := r.find(id)
	for up := by; up != nil; up = up.Launcher {
		if up == rsc {
			r.finding("error", "Resource "+string(rsc.ID)+": container "+id+" is, in the end, launched by it")
			return
		}
	}
	if by != nil {
		rsc.Launcher = by
		by.Launched = append(by.Launched, rsc)
	} else {
		r.finding("error", "Resource "+string(rsc.ID)+": Unknown container "+id)
	}
}

// linkRemote ties a remote connection to its node.
func (r *reader) linkRemote(rsc *Resource) {
	if !rsc.RemoteConnection {
		return
	}
	n := r.c.Node(crm.NodeName(rsc.ID))
	if n == nil {
		return
	}
	n.Remote = rsc
	if rsc.Launcher == nil {
		r.startupFencing(n)
	} else {
		n.Attrs["#kind"] = "container"
	}
}

// find finds a resource by its id or its id in a history.
func (r *reader) find(id string) *Resource {
	if rsc := r.byID[id]; rsc != nil {
		return rsc
	}
	if rsc := r.byHistory[id]; rsc != nil && string(rsc.HistoryID) == id {
		return rsc
	}
	return nil
}

// resource reads one resource below parent; instance is its number in a clone, or "".
// It returns nil, and has said why, when the configuration is invalid.
func (r *reader) resource(e *cib.Element, parent *Resource, instance string) *Resource {
	full, ok := r.expandTemplate(e)
	if !ok {
		return nil
	}
	rsc := &Resource{Index: len(r.c.All), ID: crm.ResourceID(full.ID()), XMLID: crm.ResourceID(full.ID()),
		XML: full, Orig: e, Parent: parent, Role: crm.RoleStopped, cluster: r.c,
		Class: full.Get("class"), Provider: full.Get("provider"), Type: full.Get("type")}
	switch full.Name {
	case "primitive":
		rsc.Variant = Primitive
	case "group":
		rsc.Variant = Group
	case "clone", "master":
		rsc.Variant = Clone
	case "bundle":
		rsc.Variant = Bundle
	default:
		r.finding("error", "Ignoring resource '"+full.ID()+"' of unknown type '"+full.Name+"'")
		return nil
	}
	if instance != "" {
		rsc.ID += crm.ResourceID(":" + instance)
	}
	mark := len(r.c.All)
	r.c.All = append(r.c.All, rsc)
	r.configuredOps(rsc)
	r.meta(rsc, instance)
	r.flags(rsc)
	if !r.variant(rsc) {
		r.c.All = r.c.All[:mark]
		return nil
	}
	if _, have := r.byID[string(rsc.ID)]; !have {
		r.byID[string(rsc.ID)] = rsc
	} else {
		r.finding("error", "Resource id '"+string(rsc.ID)+"' is given more than once; constraints and histories mean the first")
	}
	if r.c.Options.Symmetric {
		r.locate(rsc, nil, 0, "symmetric_default")
	} else if rsc.RemoteConnection && rsc.Meta["container"] != "" {
		r.locate(rsc, nil, 0, "remote_connection_default")
	}
	rsc.Utilization = map[string]string{}
	r.unpack(rsc.XML, "utilization", "", r.input(), rsc.Utilization)
	if t := e.Get("template"); t != "" {
		r.c.Templates[t] = append(r.c.Templates[t], e.ID())
	}
	return rsc
}

// variant reads what is special to groups, clones and bundles.
func (r *reader) variant(rsc *Resource) bool {
	switch rsc.Variant {
	case Group:
		return r.group(rsc)
	case Clone:
		return r.clone(rsc)
	case Bundle:
		return r.bundle(rsc)
	}
	return r.primitive(rsc)
}

func (r *reader) primitive(rsc *Resource) bool {
	top := rsc.Top()
	unique, promotable := agentCaps(rsc.Class)
	if !unique && rsc.Unique && top.Variant == Clone {
		r.finding("warning", "Ignoring globally-unique for "+string(top.ID)+" because "+rsc.Class+" resources such as "+
			string(rsc.ID)+" can be used only as anonymous clones")
		top.CloneData.NodeMax = 1
		top.CloneData.Max = min(top.CloneData.Max, len(r.c.Nodes))
		clearUnique(top)
		clearUnique(rsc)
	}
	if !promotable && top.Promotable {
		r.finding("error", "Resource "+string(rsc.ID)+" is of type "+rsc.Class+" and therefore cannot be used as a promotable clone resource")
		return false
	}
	return true
}

func clearUnique(rsc *Resource) {
	rsc.Unique = false
	rsc.Meta["globally-unique"] = "false"
	for _, child := range rsc.Children {
		clearUnique(child)
	}
}

// agentCaps says what agents of a class can do.
func agentCaps(class string) (unique, promotable bool) {
	switch strings.ToLower(class) {
	case "ocf":
		return true, true
	case "stonith":
		return true, false
	}
	return false, false
}

func (r *reader) group(rsc *Resource) bool {
	flag := func(name string) bool {
		v, ok := parseBool(rsc.Meta[name])
		return !ok || v
	}
	rsc.GroupData = &GroupData{Ordered: flag("ordered"), Colocated: flag("collocated")}
	instance := rsc.Meta["clone"]
	for member := range rsc.XML.All("primitive") {
		if child := r.resource(member, rsc, instance); child != nil {
			rsc.Children = append(rsc.Children, child)
		}
	}
	if len(rsc.Children) == 0 {
		r.finding("error", "Group "+string(rsc.ID)+" has no members")
		return false
	}
	return true
}

// configuredOps reads the operations element.
func (r *reader) configuredOps(rsc *Resource) {
	ops := rsc.XML.Child("operations")
	if ops == nil {
		return
	}
	if ops = r.input().Deref(ops); ops == nil {
		return
	}
	for e := range ops.All("op") {
		op := &OpConfig{ID: e.ID(), Name: e.Get("name"), XML: e, Enabled: true}
		op.Interval, _ = rules.ParseInterval(e.Get("interval"))
		op.Role, _ = crm.ParseRole(e.Get("role"))
		if v, ok := parseBool(e.Get("enabled")); ok {
			op.Enabled = v
		}
		rsc.Ops = append(rsc.Ops, op)
	}
}

// meta evaluates the meta-attributes: the resource's own, then its parents', then the
// defaults, then what parents got from defaults.
func (r *reader) meta(rsc *Resource, instance string) {
	m := make(map[string]string, 12)
	rsc.Meta = m
	if instance != "" {
		m["clone"] = instance
	}
	for _, a := range rsc.XML.Attrs {
		if _, have := m[a.Name]; !have {
			m[a.Name] = a.Value
		}
	}
	in := r.input()
	in.Class, in.Provider, in.Type = rsc.Class, rsc.Provider, rsc.Type
	r.unpack(rsc.XML, "meta_attributes", "", in, m)
	if rsc.Parent != nil {
		fixed := map[string]string{}
		for p := rsc.Parent; p != nil; p = p.Parent {
			r.unpack(p.XML, "meta_attributes", "", in, fixed)
		}
		inherit(m, fixed)
	}
	r.unpack(r.rscDefaults, "meta_attributes", "", in, m)
	if rsc.Parent != nil {
		inherit(m, rsc.Parent.Meta)
	}
	if rsc.XML.Name == "master" {
		if _, have := m["promotable"]; !have {
			m["promotable"] = "true"
		}
	}
}

func inherit(to, from map[string]string) {
	for k, v := range from {
		if _, have := to[k]; !have && !equalFold(v, "#default") {
			to[k] = v
		}
	}
}

// flags turns meta-attributes into typed fields.
func (r *reader) flags(rsc *Resource) {
	m, o := rsc.Meta, &r.c.Options
	number := func(name string, def crm.Score) crm.Score {
		text, have := m[name]
		if !have {
			return def
		}
		n, err := r.c.ParseScore(text)
		if err != nil {
			if !equalFold(text, "default") {
				r.finding("warning", "Using default for resource "+string(rsc.ID)+" "+name+" because '"+text+"' is not a valid value")
			}
			return def
		}
		return n
	}
	rsc.Priority = int(number("priority", 0))
	rsc.Stickiness = number("resource-stickiness", 0)
	if rsc.MigrationThreshold = int(number("migration-threshold", crm.Infinity)); rsc.MigrationThreshold < 0 {
		rsc.MigrationThreshold = int(crm.Infinity)
	}
	v, have := m["critical"]
	rsc.Critical = !have || isTrue(v)
	rsc.Notify = isTrue(m["notify"])
	rsc.RemoteConnection = isRemoteConnection(rsc.XML)
	remote := rsc.RemoteConnection && m["container"] == ""
	v, have = m["allow-migrate"]
	rsc.Migratable = isTrue(v) || !have && remote
	r.managed(rsc)
	if rsc.Top().Variant == Clone {
		rsc.Unique = detectUnique(m)
		rsc.Promotable = isTrue(m["promotable"])
	} else {
		rsc.Unique = true
	}
	switch strings.ToLower(m["multiple-active"]) {
	case "stop_only":
		rsc.MultiplyActive = MultiplyStop
	case "block":
		rsc.MultiplyActive = MultiplyBlock
	case "stop_unexpected":
		rsc.MultiplyActive = MultiplyUnexpected
	}
	if equalFold(rsc.Class, "stonith") {
		r.c.HaveFencing = true
		rsc.FenceDevice = true
	}
	r.requires(rsc, strings.ToLower(m["requires"]))
	rsc.FailureTimeout, _ = rules.ParseInterval(m["failure-timeout"])
	if remote {
		if text := rsc.Params(nil)["reconnect_interval"]; text != "" {
			rsc.ReconnectInterval, _ = rules.ParseInterval(text)
			rsc.FailureTimeout = rsc.ReconnectInterval
		}
	}
	rsc.Target, _ = targetRole(rsc)
	_ = o
}

func (r *reader) managed(rsc *Resource) {
	rsc.Managed = !r.c.Options.MaintenanceMode
	if v, have := rsc.Meta["is-managed"]; have && !equalFold(v, "default") {
		rsc.Managed = isTrue(v)
	}
	if isTrue(rsc.Meta["maintenance"]) || r.c.Options.MaintenanceMode {
		rsc.Managed, rsc.Maintenance = false, true
	}
}

func detectUnique(m map[string]string) bool {
	if v, have := m["globally-unique"]; have {
		return isTrue(v)
	}
	n, err := strconv.Atoi(m["clone-node-max"])
	return err == nil && n > 1
}

// targetRole gives what target-role asks for, when that is less than what the cluster
// does anyway.
func targetRole(rsc *Resource) (crm.Role, bool) {
	text, have := rsc.Meta["target-role"]
	if !have || equalFold(text, "Started") || equalFold(text, "default") {
		return crm.RoleUnknown, false
	}
	role, ok := crm.ParseRole(text)
	if !ok {
		return crm.RoleUnknown, false
	}
	if role > crm.RoleStarted && (!rsc.Top().Promotable || role > crm.RoleUnpromoted) {
		return crm.RoleUnknown, false
	}
	return role, true
}

// requires works out what a start needs.
func (r *reader) requires(rsc *Resource, value string) {
	o := &r.c.Options
	switch value {
	case "nothing":
		rsc.Requires = RequiresNothing
	case "quorum":
		rsc.Requires, rsc.NeedsQuorum = RequiresQuorum, true
	case "fencing":
		rsc.Requires, rsc.NeedsFencing = RequiresFencing, true
	case "unfencing":
		if rsc.FenceDevice || !o.FencingEnabled {
			r.requires(rsc, "quorum")
			return
		}
		rsc.Requires, rsc.NeedsFencing, rsc.NeedsUnfencing = RequiresUnfencing, true, true
	default:
		switch {
		case rsc.FenceDevice, rsc.Variant == Primitive && rsc.RemoteConnection:
			value = "quorum"
		case r.c.UnfencingInUse:
			value = "unfencing"
		case o.FencingEnabled:
			value = "fencing"
		case o.NoQuorum == QuorumIgnore:
			value = "nothing"
		default:
			value = "quorum"
		}
		r.requires(rsc, value)
	}
}

// expandTemplate merges the template that a resource names into its configuration.
func (r *reader) expandTemplate(e *cib.Element) (*cib.Element, bool) {
	ref := e.Get("template")
	if ref == "" {
		return e, true
	}
	template := r.resources.ChildWith("template", "id", ref)
	if ref == e.ID() || template == nil {
		r.finding("error", "No template named '"+ref+"'")
		return nil, false
	}
	full := *template
	full.Name = e.Name
	full = *full.With("id", e.ID())
	full.Children = slices.Concat(template.Children, e.Children)
	own, theirs := e.Child("operations"), template.Child("operations")
	if own == nil || theirs == nil {
		return &full, true
	}
	have := map[string]bool{}
	for _, op := range own.Children {
		have[templateOpKey(op)] = true
	}
	merged := own
	for _, op := range theirs.Children {
		if !have[templateOpKey(op)] {
			merged = merged.Plus(op)
		}
	}
	children := full.Children[:0:0]
	for _, c := range full.Children {
		switch c {
		case theirs:
		case own:
			children = append(children, merged)
		default:
			children = append(children, c)
		}
	}
	full.Children = children
	return &full, true
}

func templateOpKey(op *cib.Element) string {
	role := op.Get("role")
	if role == "" || equalFold(role, "Started") || equalFold(role, "Unpromoted") || equalFold(role, "Slave") {
		role = "Unknown"
	}
	return op.Get("name") + "-" + role
}

// Params gives the resource's parameters as seen from a node; nil: from none.
func (r *Resource) Params(n *Node) map[string]string {
	if r.plain == 0 {
		r.plain = r.parametersArePlain()
	}
	if r.plain > 0 {
		n = nil
	}
	if p, ok := r.params[n]; ok {
		return p
	}
	in := r.cluster.r.input()
	if n != nil {
		in.NodeAttrs = n.Attrs
	}
	p := map[string]string{}
	for x := r; x != nil; x = x.Parent {
		r.cluster.r.unpack(x.XML, "instance_attributes", "", in, p)
	}
	if r.params == nil {
		r.params = make(map[*Node]map[string]string, 1)
	}
	r.params[n] = p
	return p
}

// parametersArePlain says whether no rule guards the parameters, so that they are the
// same everywhere.
func (r *Resource) parametersArePlain() int8 {
	for x := r; x != nil; x = x.Parent {
		for b := range x.XML.All("instance_attributes") {
			if b = r.cluster.r.input().Deref(b); b.Child("rule") != nil {
				return -1
			}
		}
	}
	return 1
}

// locate adds a score to a resource and its children on a node, or on every node.
func (r *reader) locate(rsc *Resource, n *Node, score crm.Score, reason string) {
	if score != 0 {
		rsc.Base = append(rsc.Base, BaseLocation{n, score, reason})
	}
	if n != nil {
		locateOn(rsc, n, score, reason)
		return
	}
	if score == 0 && len(rsc.Allowed) == 0 && len(rsc.Children) == 0 && !rsc.ExclusiveDiscovery {
		rsc.Allowed = make([]AllowedNode, 0, len(r.c.Nodes))
		for _, n := range r.c.Nodes {
			if n.Probe != ProbeNever || reason != "symmetric_default" {
				rsc.Allowed = append(rsc.Allowed, AllowedNode{n, n.Score, n.Probe})
			}
		}
		return
	}
	for _, n := range r.c.Nodes {
		locateOn(rsc, n, score, reason)
	}
}

func locateOn(rsc *Resource, n *Node, score crm.Score, reason string) {
	if reason == "symmetric_default" && (rsc.ExclusiveDiscovery || n.Probe == ProbeNever) {
		return
	}
	for _, child := range rsc.Children {
		locateOn(child, n, score, reason)
	}
	a := rsc.allowedOn(n)
	if a == nil {
		rsc.Allowed = append(rsc.Allowed, AllowedNode{n, n.Score, n.Probe})
		a = &rsc.Allowed[len(rsc.Allowed)-1]
	}
	a.Score = a.Score.Add(score)
}

func (r *Resource) allowedOn(n *Node) *AllowedNode {
	if n.Index < len(r.Allowed) && r.Allowed[n.Index].Node == n {
		return &r.Allowed[n.Index]
	}
	for i := range r.Allowed {
		if r.Allowed[i].Node == n {
			return &r.Allowed[i]
		}
	}
	return nil
}

// banEverywhere replaces the table by -INFINITY on every node.
func (r *reader) banEverywhere(rsc *Resource, reason string) {
	rsc.Allowed = rsc.Allowed[:0:0]
	for _, n := range r.c.Nodes {
		rsc.Allowed = append(rsc.Allowed, AllowedNode{n, -crm.Infinity, n.Probe})
	}
	rsc.Base = append(rsc.Base, BaseLocation{nil, -crm.Infinity, reason})
}

// PrintableID is the name that displays use: without the number of an anonymous instance.
func (r *Resource) PrintableID() crm.ResourceID {
	if r.Unique {
		return r.ID
	}
	return r.XMLID
}

// WholeSeconds rounds a timeout as the field does where it counts seconds: half a second
// up, and never a positive one to zero.
func WholeSeconds(d time.Duration) time.Duration {
	if d > 0 && d < time.Second {
		return time.Second
	}
	return (d + 500*time.Millisecond).Truncate(time.Second)
}
