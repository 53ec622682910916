package diff

import (
	"fmt"
	"strconv"

	"github.com/tactus-ha/tactus/cib"
)

// Mutated changes a CIB in one to six places. name is the original's.
func Mutated(seed uint64, name string, original *cib.Element) Case {
	g := adopt(seed, copyOf(original))
	for range g.between(1, 6) {
		g.mutate()
	}
	c := Case{Name: fmt.Sprintf("mutated-%d-%s", seed, name), Root: g.root}
	if g.root.Get("execution-date") == "" {
		c.Args = []string{"-t", caseTime.Format("2006-01-02 15:04:05Z")}
	}
	if g.chance(25) {
		c.Args = append(c.Args, g.event()...)
	}
	return c
}

// adopt is a grower of a CIB that is there already.
func adopt(seed uint64, root *cib.Element) *grower {
	g := newGrower(seed)
	g.schema, g.major = "3.10", 3
	if v := root.Get("validate-with"); len(v) > len("pacemaker-") {
		g.schema = v[len("pacemaker-"):]
		if n, err := strconv.Atoi(g.schema[:1]); err == nil {
			g.major = n
		}
	}
	g.root, g.ids = root, 1000+int(seed%1000)*10
	g.conf = within(root, "configuration")
	for _, section := range []string{"crm_config", "nodes", "resources", "constraints"} {
		within(g.conf, section)
	}
	within(root, "status")
	for _, n := range g.conf.Child("nodes").Children {
		g.nodes = append(g.nodes, n.Get("uname"))
	}
	if len(g.nodes) == 0 {
		g.nodes = []string{"n1"}
	}
	for _, e := range g.conf.Child("resources").Children {
		g.adoptResource(e)
	}
	return g
}

func (g *grower) adoptResource(e *cib.Element) {
	r := grown{id: e.ID(), kind: e.Name, members: idsOf(everyNamed(e, "primitive"))}
	switch e.Name {
	case "master":
		r.kind, r.promotable = "clone", true
	case "clone":
		block := e.Child("meta_attributes")
		r.promotable = block.ChildWith("nvpair", "name", "promotable").Get("value") == "true"
		r.unique = block.ChildWith("nvpair", "name", "globally-unique").Get("value") == "true"
	case "bundle":
		for _, c := range e.Children {
			r.promotable = r.promotable || c.Get("promoted-max")+c.Get("masters") != ""
		}
	case "primitive", "group":
	default:
		return
	}
	g.rscs = append(g.rscs, r)
}

// mutate changes one thing.
func (g *grower) mutate() {
	list := g.conf.Child("constraints")
	switch g.upTo(16) {
	case 0:
		g.dropOne(list.Children)
	case 1:
		g.dropOne(everyNamed(g.root.Child("status"), "lrm_resource", "lrm_rsc_op"))
	case 2:
		add(list, g.location(g.any))
	case 3:
		add(list, g.colocation(g.any))
	case 4:
		add(list, g.order(g.any))
	case 5:
		add(list, g.ticket(g.any))
	case 6, 7:
		g.changeOption()
	case 8, 9:
		g.changeMeta()
	case 10, 11:
		g.strangeResult()
	case 12:
		g.changeNode()
	case 13:
		g.changeConstraint()
	case 14:
		g.changeParameter()
	case 15:
		if g.chance(40) {
			g.dropResource()
		} else {
			g.growResource(g.conf.Child("resources"))
		}
	}
}

func (g *grower) dropOne(list []*cib.Element) {
	if len(list) > 0 {
		remove(g.root, list[g.upTo(len(list))])
	}
}

// dropResource removes a resource and what names it.
func (g *grower) dropResource() {
	if len(g.rscs) == 0 {
		return
	}
	i := g.upTo(len(g.rscs))
	r := g.rscs[i]
	e := g.conf.Child("resources")
	for _, c := range e.Children {
		if c.ID() == r.id {
			remove(e, c)
			break
		}
	}
	gone := map[string]bool{r.id: true}
	for _, m := range r.members {
		gone[m] = true
	}
	for _, c := range append([]*cib.Element(nil), g.conf.Child("constraints").Children...) {
		for x := range c.Walk() {
			if gone[x.Get("rsc")] || gone[x.Get("with-rsc")] || gone[x.Get("first")] || gone[x.Get("then")] || x.Name == "resource_ref" && gone[x.ID()] {
				remove(g.conf, c)
				break
			}
		}
	}
	if tags := g.conf.Child("tags"); tags != nil {
		for _, ref := range everyNamed(tags, "obj_ref") {
			if gone[ref.ID()] {
				remove(tags, ref)
			}
		}
	}
	g.rscs = append(g.rscs[:i:i], g.rscs[i+1:]...)
}

// changeOption sets a cluster property that growOptions might.
func (g *grower) changeOption() {
	keep := g.conf
	scratch := cib.New("configuration")
	config := add(scratch, cib.New("crm_config"))
	g.conf = scratch
	g.growOptions()
	g.conf = keep
	pairs := everyNamed(config, "nvpair")
	block := g.conf.Child("crm_config").Child("cluster_property_set")
	if block == nil {
		block = add(g.conf.Child("crm_config"), cib.New("cluster_property_set", "id", "cib-bootstrap-options"))
	}
	for range g.between(1, 3) {
		g.put(block, pairs[g.upTo(len(pairs))])
	}
}

// put sets a name-value pair in a block.
func (g *grower) put(block, pair *cib.Element) {
	if old := block.ChildWith("nvpair", "name", pair.Get("name")); old != nil {
		set(old, "value", pair.Get("value"))
		return
	}
	set(pair, "id", g.id("put")) // the one it has may be taken
	add(block, pair)
}

// changeMeta sets a meta attribute of some resource.
func (g *grower) changeMeta() {
	list := everyNamed(g.conf.Child("resources"), "primitive", "group", "clone", "master", "bundle")
	if len(list) == 0 {
		return
	}
	e := list[g.upTo(len(list))]
	m := maybe{g: g, pairs: g.meta(true)}
	m.add(40, "target-role", "Stopped", "Started", "Slave", "Master")
	if e.Name == "clone" || e.Name == "master" {
		m.add(25, "clone-max", "1", "2", "3", "0")
		m.add(20, "clone-node-max", "1", "2")
		m.add(20, "clone-min", "1", "2")
		m.add(25, "interleave", "true", "false")
		m.add(25, "ordered", "true", "false")
		m.add(20, "notify", "true", "false")
		m.add(20, "promoted-max", "1", "2", "0")
		m.add(8, "globally-unique", "true", "false")
	}
	block := e.Child("meta_attributes")
	if block == nil || block.Get("id-ref") != "" {
		block = cib.New("meta_attributes", "id", g.id("nv"))
		e.Children = append([]*cib.Element{block}, e.Children...)
	}
	for i := 0; i+1 < len(m.pairs); i += 2 {
		g.put(block, cib.New("nvpair", "name", m.pairs[i], "value", m.pairs[i+1]))
	}
}

// changeParameter sets an instance attribute of some primitive, or an attribute of an operation.
func (g *grower) changeParameter() {
	if ops := everyNamed(g.conf.Child("resources"), "op"); len(ops) > 0 && g.chance(40) {
		op := ops[g.upTo(len(ops))]
		switch g.upTo(4) {
		case 0:
			set(op, "interval", g.one("0", "7s", "10s", "1h"))
		case 1:
			set(op, "timeout", g.one("20s", "99"))
		case 2:
			set(op, "on-fail", g.one("ignore", "block", "stop", "restart", "standby", "fence"))
		case 3:
			set(op, "enabled", g.truth())
		}
		return
	}
	list := everyNamed(g.conf.Child("resources"), "primitive")
	if len(list) == 0 {
		return
	}
	e := list[g.upTo(len(list))]
	if block := e.Child("instance_attributes"); block != nil && len(block.Children) > 0 {
		pair := block.Children[g.upTo(len(block.Children))]
		if pair.Get("value") != "" {
			set(pair, "value", g.one("changed", "/run/x", "1"))
		}
		return
	}
	e.Children = append([]*cib.Element{g.pairs("instance_attributes", "added", "1")}, e.Children...)
}

// strangeResult changes a result of the history.
func (g *grower) strangeResult() {
	list := everyNamed(g.root.Child("status"), "lrm_rsc_op")
	if len(list) == 0 {
		return
	}
	op := list[g.upTo(len(list))]
	switch g.upTo(9) {
	case 0:
		unset(op, "op-digest")
	case 1:
		set(op, "op-digest", "0123456789abcdef0123456789abcdef")
	case 2:
		set(op, "op-restart-digest", "0123456789abcdef0123456789abcdef")
		set(op, "op-force-restart", " state fake ")
	case 3:
		set(op, "last-rc-change", strconv.FormatInt(caseTime.Unix()-int64(g.upTo(4000)), 10))
	case 4:
		set(op, "crm_feature_set", g.one("3.0.1", "3.15.0", "3.20.5"))
	case 5:
		set(op, "exit-reason", "because")
	case 6:
		set(op, "op-status", "-1")
		set(op, "rc-code", "193")
		set(op, "transition-magic", "-1:193;"+op.Get("transition-key"))
	default:
		set(op, "rc-code", g.one("0", "1", "5", "7", "8", "9", "2", "6", "190", "191", "198"))
		set(op, "op-status", g.one("0", "0", "0", "1", "2", "4", "5", "9"))
		set(op, "transition-magic", op.Get("op-status")+":"+op.Get("rc-code")+";"+op.Get("transition-key"))
	}
}

// changeNode changes a node's membership, or one of its attributes.
func (g *grower) changeNode() {
	states := everyNamed(g.root.Child("status"), "node_state")
	if len(states) == 0 {
		return
	}
	state := states[g.upTo(len(states))]
	if g.chance(50) {
		g.strangeMember(state)
		return
	}
	pair := cib.New("nvpair", "name", g.one("standby", "shutdown", "#health-x", "maintenance", "terminate"), "value", g.one("true", "red", "1781520000", "yellow"))
	for _, r := range g.rscs {
		if r.promotable && len(r.members) > 0 && g.chance(30) {
			set(pair, "name", "master-"+r.members[0])
			set(pair, "value", g.one("5", "100", "INFINITY", "-1", "-INFINITY"))
		} else if len(r.members) > 0 && g.chance(15) {
			set(pair, "name", "fail-count-"+g.one(r.members...)+"#"+g.one("monitor_10000", "start_0", "stop_0"))
			set(pair, "value", g.one("1", "2", "INFINITY"))
		}
	}
	block := within(within(state, "transient_attributes"), "instance_attributes")
	if block.ID() == "" {
		set(block, "id", g.id("tr"))
	}
	g.put(block, pair)
}

// changeConstraint changes one attribute of a constraint.
func (g *grower) changeConstraint() {
	list := everyNamed(g.conf.Child("constraints"), "rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket", "resource_set")
	if len(list) == 0 {
		return
	}
	e := list[g.upTo(len(list))]
	switch e.Name {
	case "rsc_location", "rsc_colocation":
		if e.Get("score") != "" {
			set(e, "score", g.score())
		}
		if e.Name == "rsc_colocation" && e.Get("rsc") != "" && g.chance(40) {
			set(e, g.one("rsc-role", "with-rsc-role"), g.one("Master", "Slave", "Started", "Stopped"))
		}
	case "rsc_order":
		if e.Get("score") == "" {
			set(e, "kind", g.one("Mandatory", "Optional", "Serialize"))
		}
		if g.chance(30) {
			set(e, "symmetrical", g.truth())
		}
		if e.Get("first") != "" && g.chance(30) {
			set(e, g.one("first-action", "then-action"), g.one("start", "stop", "promote", "demote"))
		}
	case "rsc_ticket":
		set(e, "loss-policy", g.one("stop", "demote", "fence", "freeze"))
	case "resource_set":
		set(e, "sequential", g.truth())
	}
}
