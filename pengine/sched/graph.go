package sched

import (
	"slices"
	"strconv"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// FeatureSet is the version of the protocol between scheduler and executors.
const FeatureSet = state.FeatureSet

// buildGraph puts what has to be done into a graph: the resources' actions, then the
// rest.
func (p *plan) buildGraph() *graph.Graph {
	g := &graph.Graph{FeatureSet: FeatureSet, RecheckBy: p.recheckAt}
	p.graph = g
	p.graphOptions(g)
	g.Synapses = make([]graph.Synapse, 0, p.wantedCount())
	for i, r := range p.resources {
		p.at(i, -1)
		p.addResource(g, r)
	}
	p.enter(StageRest)
	if len(p.maintenanceChanges()) > 0 {
		p.milestone(taskMaintenance).set(AlwaysGraph)
	}
	for i := len(p.actions) - 1; i >= 0; i-- {
		p.addAction(g, p.actions[i])
	}
	p.nameOutsiders(g)
	return g
}

// nameOutsiders describes the inputs that are not part of the graph themselves.
func (p *plan) nameOutsiders(g *graph.Graph) {
	for i := range g.Synapses {
		s := &g.Synapses[i]
		for _, id := range s.Inputs {
			if a := p.actions[id-1]; !a.Is(Graphed) {
				s.Triggers = append(s.Triggers, p.graphBrief(a))
			}
		}
	}
}

// graphOptions copies the limits that the transition engine has to keep.
func (p *plan) graphOptions(g *graph.Graph) {
	option := func(otherwise string, names ...string) string {
		for _, n := range names {
			if v, ok := p.c.Options.Raw[n]; ok {
				return v
			}
		}
		return otherwise
	}
	g.ClusterDelayText = option("60s", "cluster-delay")
	g.FencingTimeoutText = option("60s", "fencing-timeout", "stonith-timeout")
	g.BatchLimitText = option("0", "batch-limit")
	g.ClusterDelay, _ = rules.ParseInterval(g.ClusterDelayText)
	g.FencingTimeout, _ = rules.ParseInterval(g.FencingTimeoutText)
	g.BatchLimit, _ = strconv.Atoi(g.BatchLimitText)
	g.MigrationLimit = -1
	if limit := option("-1", "migration-limit"); limit != "-1" {
		if n, err := strconv.Atoi(limit); err != nil {
			p.warn("Ignoring invalid value '" + limit + "' for migration-limit")
		} else if n > 0 {
			g.MigrationLimit, g.MigrationLimitText = n, limit
		}
	}
	g.FailedStopOffset, g.FailedStartOffset = "INFINITY", "1"
	if p.c.Options.StartFailureIsFatal {
		g.FailedStartOffset = "INFINITY"
	}
}

// addResource adds the actions of r and of all below it.
func (p *plan) addResource(g *graph.Graph, r *resource) {
	switch r.Variant {
	case state.Clone:
		for i := len(r.actions) - 1; i >= 0; i-- {
			p.variantFlags(r.actions[i], nil)
		}
		p.sendNotices(r)
		for _, c := range r.children {
			p.addResource(g, c)
		}
	case state.Bundle:
		p.addBundle(g, r)
		return
	}
	for i := len(r.actions) - 1; i >= 0; i-- {
		p.addAction(g, r.actions[i])
	}
	for _, c := range r.children {
		p.addResource(g, c)
	}
}

func (p *plan) addBundle(g *graph.Graph, r *resource) {
	if r.bundled != nil {
		p.addResource(g, r.bundled)
	}
	for _, rep := range r.replicas {
		if rep.remote != nil {
			rep.remote.remoteAddr = p.hostAddress(rep.remote)
		}
		if rep.ip != nil {
			p.addResource(g, rep.ip)
		}
		p.addResource(g, rep.container)
		if rep.remote != nil {
			p.addResource(g, rep.remote)
		}
	}
}

// wantedCount is about how many actions the graph will have.
func (p *plan) wantedCount() (n int) {
	for _, a := range p.actions {
		if p.wanted(a) {
			n++
		}
	}
	return n
}

// wanted reports whether an action belongs into the graph.
func (p *plan) wanted(a *Action) bool {
	if !a.Is(Runnable) || a.Is(Optional) && !a.Is(AlwaysGraph) {
		return false
	}
	if a.rsc != nil && !a.rsc.is(fManaged) && a.Task != taskMonitor && a.zeroInterval() {
		return false
	}
	if a.Is(Pseudo) || a.Task == taskFence || a.Task == taskShutdown {
		return true
	}
	switch n := a.node; {
	case n == nil:
		return false
	case a.Is(OnDC), n.isGuest() && !n.remoteReset:
		return true
	default:
		return n.online && !n.unclean
	}
}

// harmless are the rules that cannot change actions, only their order.
const harmless = relThenImpliesFirstGraphed | relFirstImpliesThenGraphed | relOrdered

// wantedInput reports whether an action in the graph waits for one before it.
func (p *plan) wantedInput(a *Action, in *relation) bool {
	first := in.other
	switch {
	case in.graphed:
		return true
	case in.flags == relNone,
		!first.Is(Runnable) && in.flags&^harmless == 0,
		!first.Is(Runnable) && in.flags.any(relMinRunnable|relUnmigratableThenBlocks),
		in.flags.has(relIfFirstUnmigratable) && first.Is(Migratable),
		in.flags == relOrdered && first.Is(Migratable) && hasSuffix(first.Key, "_stop_0"):
		return false
	case in.flags == relIfOnSameNodeOrTarget:
		return p.wantedSameNode(a, in)
	case in.flags == relIfRequiredOnSameNode:
		if first.node != nil && a.node != nil && first.node != a.node || first.Is(Optional) {
			in.flags = relNone
			return false
		}
	case first.rsc != nil && first.rsc != a.rsc && first.rsc.is(fFailed) && !first.rsc.is(fManaged) &&
		hasSuffix(first.Key, "_stop_0") && a.rsc.isClone():
		return false // what nobody manages cannot keep a clone from stopping
	case first.Is(Optional) && !first.Any(AlwaysGraph|Graphed) && !p.wanted(first):
		return false
	}
	return true
}

func (p *plan) wantedSameNode(a *Action, in *relation) bool {
	drop := false
	switch {
	case a.rsc != nil && a.Task == taskMigrateTo:
		drop = in.other.node == nil || in.other.node != a.rsc.assigned
	case in.other.node == nil || in.other.node != a.node:
		drop = true
	default:
		drop = in.other.Is(Optional)
	}
	if drop {
		in.flags = relNone
	}
	return !drop
}

// loops reports whether an action would wait for itself by that input.
func (p *plan) loops(start, a *Action, in *relation) bool {
	if in.other.Is(loopGuard) || !p.wantedInput(a, in) {
		return false
	}
	if in.other == start {
		return true
	}
	in.other.set(loopGuard)
	defer in.other.clear(loopGuard)
	for i := len(in.other.before) - 1; i >= 0; i-- {
		if p.loops(start, in.other, in.other.before[i]) {
			return true
		}
	}
	return false
}

// mergeInputs sorts an action's inputs and merges those from the same action.
func mergeInputs(a *Action) {
	if a.Is(deduplicated) {
		return
	}
	a.set(deduplicated)
	slices.Reverse(a.before) // the newest first, as they are walked elsewhere
	slices.SortStableFunc(a.before, func(x, y *relation) int { return x.other.ID - y.other.ID })
	kept := a.before[:0]
	for _, in := range a.before {
		if n := len(kept); n > 0 && kept[n-1].other == in.other {
			kept[n-1].flags |= in.flags
			kept[n-1].graphed = kept[n-1].graphed || in.graphed
			continue
		}
		in.graphed = false
		kept = append(kept, in)
	}
	a.before = kept
}

func (p *plan) addAction(g *graph.Graph, a *Action) {
	mergeInputs(a)
	if a.Is(Graphed) || !p.wanted(a) {
		return
	}
	a.set(Graphed)
	s := graph.Synapse{ID: len(g.Synapses), Priority: int(a.Priority)}
	if a.rsc != nil {
		s.Priority = max(s.Priority, int(a.rsc.priority))
	}
	s.Priority = max(s.Priority, 0)
	s.Action = p.graphAction(a)
	for _, in := range a.before {
		if p.wantedInput(a, in) {
			in.graphed = true
			s.Inputs = append(s.Inputs, in.other.ID)
		}
	}
	g.Synapses = append(g.Synapses, s)
}

// graphBrief is what names an action: enough for an input.
func (p *plan) graphBrief(a *Action) graph.Action {
	out := graph.Action{ID: a.ID, Operation: a.Task, Key: a.Key, Kind: graph.ResourceOp, Reason: a.Reason}
	place := true
	switch {
	case a.Task == taskFence:
		if out.Kind = graph.ClusterEvent; a.Is(Pseudo) {
			out.Kind = graph.PseudoEvent
		}
	case a.Task == taskShutdown, a.Task == taskClearFail:
		out.Kind = graph.ClusterEvent
	case a.Task == taskClearHistory:
		out.Kind, out.Mode = graph.ClusterEvent, "cib"
	case a.Is(Pseudo):
		out.Kind, place = graph.PseudoEvent, false
	}
	if a.rsc != nil && a.rsc.histID != "" {
		out.InternalKey = a.Key
		out.Key = outwardKey(a)
	}
	if place && a.node != nil {
		out.Node, out.NodeUUID = a.node.Name, a.node.ID
		if router := p.routerOf(a); router != nil {
			out.RouterNode = router.Name
		}
	}
	return out
}

// outwardKey is the key of an action by the name that its executor knows.
func outwardKey(a *Action) string {
	id := a.rsc.histID
	if a.Task == taskNotify {
		return notifyKey(id, a.meta["notify_type"], a.meta["notify_operation"])
	}
	task := a.Task
	if a.Cancels != "" {
		task = a.Cancels
	}
	if v := a.meta["interval"]; v != "" {
		return string(id) + "_" + task + "_" + v
	}
	return string(id) + "_" + task + "_0"
}

func (p *plan) graphAction(a *Action) graph.Action {
	out := p.graphBrief(a)
	if a.rsc != nil && !a.Is(Pseudo) {
		out.Resource = graphResource(a.rsc)
		if locksToNode(a) {
			out.ShutdownLock = a.rsc.lockTime.Unix()
		}
	}
	out.Attributes = p.attributes(a)
	if out.Node != "" {
		out.Attributes["CRM_meta_on_node"] = string(out.Node)
	}
	if out.NodeUUID != "" {
		out.Attributes["CRM_meta_on_node_uuid"] = out.NodeUUID
	}
	if out.Node != "" {
		out.Downed = p.downed(a)
	}
	if a.Is(Pseudo) && a.Task == taskMaintenance {
		out.Maintenance = p.maintenanceChanges()
	}
	return out
}

func graphResource(r *resource) graph.Resource {
	g := graph.Resource{Class: r.Meta["class"], Provider: r.Meta["provider"], Type: r.Meta["type"]}
	switch {
	case r.Removed && r.histID != "":
		g.ID, g.LongID = r.histID, r.ID
	case !r.Unique:
		g.ID, g.LongID = r.XMLID, r.ID
		if r.histID != "" && r.histID != r.XMLID {
			g.LongID = r.histID
		}
	default:
		g.ID = r.ID
	}
	return g
}

// attributes are what the executor gets to know: parameters, and meta-attributes by
// their CRM_meta_ names.
func (p *plan) attributes(a *Action) map[string]string {
	m := map[string]string{"crm_feature_set": FeatureSet}
	add := func(k, v string) {
		if _, have := m[k]; !have {
			m[k] = v
		}
	}
	for k, v := range a.extra {
		add(k, v)
	}
	r := a.rsc
	if r != nil && (a.node != nil || r.isPrimitive()) {
		params := p.params(r, a.node)
		base := p.params(r, nil)
		for k, v := range params {
			if k == "addr" && v == "#uname" {
				if v = base["addr"]; r.remoteAddr != "" {
					v = r.remoteAddr
				}
			}
			add(k, v)
		}
	}
	addMeta := func(k, v string) {
		if name := p.metaName(k); name != "" {
			add(name, v)
		}
	}
	for k, v := range a.meta {
		addMeta(k, v)
	}
	for each := r; each != nil; each = each.parent {
		p.addVariantMeta(m, each)
	}
	if r != nil && a.node.isGuest() {
		p.addGuestMeta(a, addMeta)
	}
	return m
}

// addVariantMeta tells agents about the clone, or the container, that a resource is in.
func (p *plan) addVariantMeta(m map[string]string, r *resource) {
	set := func(name, value string) { m[p.metaName(name)] = value }
	switch r.Variant {
	case state.Primitive:
		if v, ok := r.Meta["clone"]; ok {
			set("clone", v)
		}
		if v, ok := r.Meta["remote-node"]; ok {
			set("remote-node", v)
		}
		for each := r; each != nil; each = each.parent {
			if each.launcher != nil {
				set("container", string(each.launcher.ID))
			}
		}
		if v, ok := r.Meta["external-ip"]; ok {
			m["pcmk_external_ip"] = v
		}
	case state.Clone:
		d := r.CloneData
		set("globally-unique", boolText(r.Unique))
		set("notify", boolText(r.Notify))
		set("clone-max", itoa(int64(d.Max)))
		set("clone-node-max", itoa(int64(d.NodeMax)))
		if r.Promotable {
			for _, name := range []string{"promoted-max", "master-max"} {
				set(name, itoa(int64(d.PromotedMax)))
			}
			for _, name := range []string{"promoted-node-max", "master-node-max"} {
				set(name, itoa(int64(d.PromotedNodeMax)))
			}
		}
	}
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// addGuestMeta tells agents inside a guest on which host that is.
func (p *plan) addGuestMeta(a *Action, add func(k, v string)) {
	l := a.node.remote.launcher
	task := a.Task
	if task == taskNotify || task == taskNotified {
		task = a.meta["notify_operation"]
	}
	var host *node
	switch task {
	case taskStop, taskStopped, taskDemote, taskDemoted:
		host = p.current(l)
	case taskStart, taskRunning, taskMonitor, taskPromote, taskPromoted:
		host = l.assigned
	}
	if host == nil {
		return
	}
	if v, ok := a.rsc.Meta["container-attribute-target"]; ok {
		add("container-attribute-target", v)
	}
	add("physical-host", string(host.Name))
}

// downed lists the nodes that an action takes down.
func (p *plan) downed(a *Action) []string {
	switch {
	case a.Task == taskShutdown:
		return []string{a.node.ID}
	case a.Task == taskFence:
		if op := a.meta["stonith_action"]; op != taskFenceOff && op != taskFenceReboot {
			return nil
		}
		out := []string{a.node.ID}
		if !p.c.HaveRemotes {
			return out
		}
		for _, r := range a.node.running {
			if r.RemoteConnection && r.launcher != nil {
				if g := p.c.Node(crm.NodeName(r.ID)); g != nil {
					out = append(out, g.ID)
				}
			}
		}
		return out
	case a.rsc != nil && a.rsc.RemoteConnection && a.Task == taskStop:
		for _, in := range a.before {
			if f := in.other; f.rsc == a.rsc && f.Task == taskMigrateFrom {
				return nil
			}
		}
		return []string{string(a.rsc.ID)}
	}
	return nil
}
