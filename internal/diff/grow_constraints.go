package diff

import "github.com/tactus-ha/tactus/cib"

// any picks the id of a resource, sometimes of a member of a group or clone.
func (g *grower) any() string {
	if len(g.rscs) == 0 {
		return "p1"
	}
	r := g.rscs[g.upTo(len(g.rscs))]
	if len(r.members) > 0 && r.kind != "primitive" && g.chance(10) {
		return g.one(r.members...)
	}
	return r.id
}

func (g *grower) promotable(id string) bool {
	for _, r := range g.rscs {
		if r.id == id {
			return r.promotable
		}
	}
	return false
}

func (g *grower) growConstraints() {
	list := g.conf.Child("constraints")
	tagged := false
	if g.major >= 2 && g.chance(10) || g.major >= 2 && g.about["sets"] && g.chance(20) {
		tags := add(g.conf, cib.New("tags"))
		t := add(tags, cib.New("tag", "id", "tagged"))
		for _, id := range g.some(2, g.topIDs()) {
			add(t, cib.New("obj_ref", "id", id))
			tagged = true
		}
		if !tagged {
			remove(g.conf, tags)
		}
	}
	name := func() string {
		if tagged && g.chance(15) {
			return "tagged"
		}
		return g.any()
	}
	counts := []struct {
		theme     string
		low, high int
		make      func(func() string) *cib.Element
	}{{"", 3, 3, g.location}, {"discovery", 0, 3, g.location}, {"dates", 0, 3, g.location}, {"colocation", 2, 5, g.colocation},
		{"order", 2, 5, g.order}, {"tickets", 0, 3, g.ticket}}
	for _, c := range counts {
		n := c.low
		if g.about[c.theme] {
			n = c.high
		}
		for range g.upTo(n + 1) {
			add(list, c.make(name))
		}
	}
}

func (g *grower) topIDs() []string {
	var out []string
	for _, r := range g.rscs {
		out = append(out, r.id)
	}
	return out
}

func (g *grower) location(name func() string) *cib.Element {
	e := cib.New("rsc_location", "id", g.id("loc"))
	switch {
	case g.chance(6) && g.major > 1:
		set(e, "rsc-pattern", g.one("p[0-9]+", "!^p", "c.*", "^g", "(p1|p2)"))
	case g.often("sets", 4, 15) && g.major > 1:
		add(e, g.set("location", name))
	default:
		set(e, "rsc", name())
	}
	if g.chance(15) && e.Get("rsc") != "" && g.schema > "2.1" {
		set(e, "role", g.role("Promoted", "Unpromoted", "Started", "Stopped"))
	}
	if g.often("dates", 25, 80) {
		add(e, g.rule(ruleLocation, true))
		if g.chance(15) && g.major < 4 {
			add(e, g.rule(ruleLocation, true))
		}
	} else {
		set(e, "score", g.score())
		set(e, "node", g.one(append(append(g.nodes, g.remotes...), g.guests...)...))
	}
	if g.often("discovery", 5, 60) && g.schema > "2.2" {
		set(e, "resource-discovery", g.one("always", "never", "exclusive"))
	}
	return e
}

// set makes a resource set for a constraint of that kind.
func (g *grower) set(kind string, name func() string) *cib.Element {
	e := cib.New("resource_set", "id", g.id("set"))
	if g.chance(35) {
		set(e, "sequential", g.truth())
	}
	promotable := false
	for range g.between(1, 4) {
		id := name()
		if id == "tagged" && e.ChildWith("resource_ref", "id", id) != nil || e.ChildWith("resource_ref", "id", id) != nil {
			continue
		}
		promotable = promotable || g.promotable(id)
		add(e, cib.New("resource_ref", "id", id))
	}
	if g.chance(pick(promotable, 45, 10)) {
		set(e, "role", g.role("Promoted", "Unpromoted", "Started", "Stopped"))
	}
	switch kind {
	case "order":
		if g.chance(25) {
			set(e, "require-all", g.truth())
		}
		if g.chance(20) {
			set(e, "action", g.one("start", "stop", "promote", "demote"))
			unset(e, "role")
		}
		if g.chance(8) && g.schema > "2.0" {
			set(e, "kind", g.one("Optional", "Mandatory", "Serialize"))
		}
	case "colocation":
		if g.chance(25) {
			set(e, "score", g.score())
		}
		if g.chance(5) && g.schema > "2.6" {
			set(e, "ordering", g.one("group", "listed"))
		}
	}
	return e
}

func (g *grower) colocation(name func() string) *cib.Element {
	e := cib.New("rsc_colocation", "id", g.id("col"), "score", g.score())
	if g.chance(8) && (g.schema >= "3.7" || g.schema == "3.10") {
		set(e, "influence", g.truth())
	}
	if g.often("sets", 10, 60) {
		for range g.between(1, 3) {
			add(e, g.set("colocation", name))
		}
		return e
	}
	a, b := name(), name()
	set(e, "rsc", a)
	set(e, "with-rsc", b)
	if g.promotable(a) && g.chance(50) || g.chance(4) {
		set(e, "rsc-role", g.role("Promoted", "Promoted", "Unpromoted", "Started", "Stopped"))
	}
	if g.promotable(b) && g.chance(60) || g.chance(4) {
		set(e, "with-rsc-role", g.role("Promoted", "Promoted", "Unpromoted", "Started", "Stopped"))
	}
	if g.chance(10) {
		set(e, "node-attribute", g.one("site", "rack", "#uname", "nothing"))
	}
	return e
}

func (g *grower) order(name func() string) *cib.Element {
	e := cib.New("rsc_order", "id", g.id("ord"))
	if g.chance(70) {
		if g.major > 1 || g.chance(50) {
			set(e, "kind", g.one("Mandatory", "Mandatory", "Optional", "Serialize"))
		} else {
			set(e, "score", g.one("INFINITY", "0"))
		}
	}
	if g.chance(20) {
		set(e, "symmetrical", g.truth())
	}
	if g.chance(12) && g.major > 1 {
		set(e, "require-all", g.truth())
	}
	if g.often("sets", 10, 60) {
		unset(e, "require-all")
		for range g.between(1, 3) {
			add(e, g.set("order", name))
		}
		return e
	}
	a, b := name(), name()
	for tries := 0; a == b && tries < 9; tries++ {
		b = name()
	}
	set(e, "first", a)
	set(e, "then", b)
	if g.promotable(a) && g.chance(50) {
		set(e, "first-action", g.one("promote", "demote", "start", "stop"))
	} else if g.chance(10) {
		set(e, "first-action", g.one("start", "stop"))
	}
	if g.promotable(b) && g.chance(50) {
		set(e, "then-action", g.one("promote", "demote", "start", "stop"))
	} else if g.chance(10) {
		set(e, "then-action", g.one("start", "stop"))
	}
	return e
}

func (g *grower) ticket(name func() string) *cib.Element {
	e := cib.New("rsc_ticket", "id", g.id("tic"), "ticket", g.one("T1", "T2"))
	if g.chance(80) {
		set(e, "loss-policy", g.one("stop", "demote", "fence", "freeze"))
	}
	if g.often("sets", 10, 60) {
		for range g.between(1, 2) {
			add(e, g.set("ticket", name))
		}
		return e
	}
	id := name()
	set(e, "rsc", id)
	if g.chance(pick(g.promotable(id), 60, 8)) {
		set(e, "rsc-role", g.role("Promoted", "Unpromoted", "Started", "Stopped"))
	}
	return e
}
