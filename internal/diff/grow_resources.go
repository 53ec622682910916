package diff

import (
	"strconv"

	"github.com/tactus-ha/tactus/cib"
)

func (g *grower) growResources() {
	rscs := g.conf.Child("resources")
	if g.chance(25) {
		t := cib.New("template", "id", "tmpl", "class", "ocf", "provider", "pacemaker", "type", "Dummy")
		g.furnish(t, false)
		add(rscs, t)
	}
	if g.often("fencing", 35, 95) {
		for _, id := range []string{"fence1", "fence2"} {
			if g.chance(70) {
				add(rscs, g.fenceDevice(id))
				g.rscs = append(g.rscs, grown{id: id, kind: "primitive", members: []string{id}})
			}
		}
	}
	for range g.between(2, 6) {
		g.growResource(rscs)
	}
}

func (g *grower) fenceDevice(id string) *cib.Element {
	e := cib.New("primitive", "id", id, "class", "stonith", "type", g.one("fence_xvm", "fence_ipmilan"))
	add(e, g.pairs("instance_attributes", "pcmk_host_list", "n1 n2 n3"))
	if g.chance(30) {
		add(e, g.pairs("meta_attributes", "provides", "unfencing"))
	}
	if g.chance(50) {
		add(add(e, cib.New("operations")), cib.New("op", "id", g.id("op"), "name", "monitor", "interval", "60s"))
	}
	return e
}

// growResource makes one top-level resource.
func (g *grower) growResource(rscs *cib.Element) {
	weights := []struct {
		kind    string
		percent int
	}{{"bundle", pick(g.about["bundles"], 45, 0)}, {"remote", pick(g.about["remotes"], 30, 1)}, {"promotable", pick(g.about["promotable"], 45, 10)},
		{"clone", pick(g.about["clones"], 50, 15)}, {"group", pick(g.about["groups"], 50, 15)}}
	kind := "primitive"
	for _, w := range weights {
		if g.chance(w.percent) {
			kind = w.kind
			break
		}
	}
	switch kind {
	case "bundle":
		if g.schema >= "2.8" && g.schema != "3.0" && g.major != 1 || g.schema == "2.10" || g.major == 4 {
			g.bundle(rscs)
		}
	case "remote":
		g.remote(rscs)
	case "group":
		r := grown{id: "g" + g.number(), kind: "group"}
		add(rscs, g.group(r.id, &r))
		g.rscs = append(g.rscs, r)
	case "clone", "promotable":
		g.clone(rscs, kind == "promotable")
	default:
		id := "p" + g.number()
		add(rscs, g.primitive(id, false))
		g.rscs = append(g.rscs, grown{id: id, kind: "primitive", members: []string{id}})
	}
}

func (g *grower) remote(rscs *cib.Element) {
	id := "r" + g.number()
	e := cib.New("primitive", "id", id, "class", "ocf", "provider", "pacemaker", "type", "remote")
	m := maybe{g: g}
	m.add(50, "server", "remote.example.com")
	m.add(30, "reconnect_interval", "60s")
	if len(m.pairs) > 0 {
		add(e, g.pairs("instance_attributes", m.pairs...))
	}
	add(add(e, cib.New("operations")), cib.New("op", "id", g.id("op"), "name", "monitor", "interval", "20s"))
	add(rscs, e)
	g.rscs = append(g.rscs, grown{id: id, kind: "primitive", members: []string{id}})
	g.remotes = append(g.remotes, id)
}

// primitive makes one; inside says that it is in a clone, group or bundle.
func (g *grower) primitive(id string, inside bool) *cib.Element {
	var e *cib.Element
	switch {
	case g.conf.Child("resources").ChildWith("template", "id", "tmpl") != nil && g.chance(40):
		e = cib.New("primitive", "id", id, "template", "tmpl")
	case g.chance(10):
		e = cib.New("primitive", "id", id, "class", g.one("lsb", "systemd"), "type", "httpd")
	default:
		e = cib.New("primitive", "id", id, "class", "ocf", "provider", g.one("pacemaker", "heartbeat"), "type", g.one("Dummy", "Stateful", "IPaddr2"))
	}
	g.furnish(e, inside)
	return e
}

// furnish gives a primitive or template parameters, meta attributes and operations.
func (g *grower) furnish(e *cib.Element, inside bool) {
	if g.often("parameters", 25, 80) {
		m := maybe{g: g}
		m.add(70, "state", "/run/a", "/run/b", "")
		m.add(40, "fake", "1", "2", "a&b")
		m.add(20, "passwd", "secret")
		block := g.pairs("instance_attributes", m.pairs...)
		if g.chance(25) {
			block.Children = append([]*cib.Element{g.rule(ruleNodes, false)}, block.Children...)
			set(block, "score", g.one("1", "2", "INFINITY"))
		}
		add(e, block)
		if g.chance(20) {
			add(e, g.pairs("instance_attributes", "fake", "3", "state", "/run/c"))
		}
	}
	if pairs := g.meta(inside); len(pairs) > 0 {
		block := g.pairs("meta_attributes", pairs...)
		if g.about["dates"] && g.chance(30) {
			block.Children = append([]*cib.Element{g.rule(ruleDates, false)}, block.Children...)
		}
		add(e, block)
	}
	if g.often("utilization", 2, 75) {
		u := maybe{g: g}
		u.add(80, "cpu", "1", "2", "3", "4")
		u.add(60, "memory", "256", "512", "1024")
		if len(u.pairs) > 0 {
			add(e, g.pairs("utilization", u.pairs...))
		}
	}
	g.operations(e)
}

// meta makes meta attributes of a primitive or collection.
func (g *grower) meta(inside bool) []string {
	m := maybe{g: g}
	m.add(8, "target-role", "Stopped", "Started", "Slave", "Master")
	m.add(pick(g.about["maintenance"], 25, 5), "is-managed", "false", "true")
	m.add(pick(g.about["maintenance"], 15, 2), "maintenance", "true", "false")
	m.add(20, "resource-stickiness", "0", "1", "100", "INFINITY", "-100", "1000")
	m.add(pick(g.about["failures"], 50, 8), "migration-threshold", "1", "2", "3", "INFINITY", "0")
	m.add(pick(g.about["failures"], 40, 6), "failure-timeout", "10s", "60s", "1h", "5")
	m.add(pick(g.about["migration"], 75, 8), "allow-migrate", "true", "true", "false")
	m.add(10, "priority", "1", "5", "10", "-1", "100")
	m.add(5, "multiple-active", "stop_only", "block", "stop_unexpected", "stop_start")
	m.add(6, "requires", "nothing", "quorum", "fencing", "unfencing")
	m.add(5, "critical", "false", "true")
	m.add(3, "allow-unhealthy-nodes", "true")
	m.add(3, "resource-discovery-enabled", "false")
	if !inside && g.often("guests", 0, 35) && g.major >= 2 && g.schema != "2.0" {
		name := "guest" + strconv.Itoa(len(g.guests)+1)
		g.guests = append(g.guests, name)
		m.pairs = append(m.pairs, "remote-node", name)
	}
	return m.pairs
}

func (g *grower) operations(e *cib.Element) {
	if g.chance(25) {
		return
	}
	ops := cib.New("operations")
	op := func(name, interval string) *cib.Element {
		o := add(ops, cib.New("op", "id", g.id("op"), "name", name, "interval", interval))
		if g.chance(30) {
			set(o, "timeout", g.one("20s", "1m", "45"))
		}
		if g.often("failures", 12, 60) {
			words := []string{"ignore", "block", "stop", "restart", "standby", "fence"}
			if g.schema >= "3.5" && g.schema != "3.10" || g.schema == "3.10" {
				words = append(words, "demote")
			}
			set(o, "on-fail", g.one(words...))
		}
		if g.chance(4) && g.major > 2 {
			set(o, "enabled", g.truth())
		}
		if g.chance(5) {
			set(o, "record-pending", g.truth())
		}
		if g.chance(5) {
			set(o, "start-delay", "5s")
		} else if g.chance(4) {
			set(o, "interval-origin", "2026-01-01 00:00:10Z")
		}
		if g.chance(6) {
			add(o, g.pairs("instance_attributes", "OCF_CHECK_LEVEL", "10"))
		}
		if g.chance(6) {
			add(o, g.pairs("meta_attributes", "timeout", "77s"))
		}
		return o
	}
	if g.chance(90) {
		op("monitor", "10s")
	}
	if g.chance(20) {
		set(op("monitor", "11s"), "role", g.role("Promoted", "Promoted", "Stopped", "Started", "Unpromoted"))
	}
	if g.chance(15) {
		set(op("monitor", "12s"), "role", g.role("Unpromoted", "Stopped"))
	}
	for _, name := range []string{"start", "stop", "promote", "demote", "migrate_to", "migrate_from"} {
		if g.often("failures", 10, 25) {
			op(name, g.one("0", "0s"))
		}
	}
	add(e, ops)
}

func (g *grower) group(id string, r *grown) *cib.Element {
	e := cib.New("group", "id", id)
	if g.chance(35) {
		m := maybe{g: g, pairs: g.meta(true)}
		m.add(6, "ordered", "false", "true")
		m.add(6, "collocated", "false", "true")
		if len(m.pairs) > 0 {
			add(e, g.pairs("meta_attributes", m.pairs...))
		}
	}
	for i := range g.between(1, 4) {
		p := id + "p" + strconv.Itoa(i+1)
		r.members = append(r.members, p)
		add(e, g.primitive(p, r.kind != "group"))
	}
	return e
}

func (g *grower) clone(rscs *cib.Element, promotable bool) {
	n := g.number()
	r := grown{id: "c" + n, kind: "clone", promotable: promotable, unique: g.chance(15)}
	e := cib.New("clone", "id", r.id)
	m := maybe{g: g, pairs: g.meta(true)}
	if promotable {
		m.pairs = append(m.pairs, "promotable", "true")
		m.add(30, "promoted-max", "1", "2", "0", "5")
		m.add(15, "promoted-node-max", "1", "2")
		if g.major < 3 || g.major == 3 && g.chance(20) {
			e.Name = "master"
			r.unique = false
			for i := 0; i < len(m.pairs); i += 2 {
				switch m.pairs[i] {
				case "promoted-max":
					m.pairs[i] = "master-max"
				case "promoted-node-max":
					m.pairs[i] = "master-node-max"
				case "promotable":
					m.pairs[i] = "globally-unique"
					m.pairs[i+1] = "false"
				}
			}
		}
	}
	m.add(35, "clone-max", "1", "2", "3", "4", "0")
	m.add(20, "clone-node-max", "1", "2", "3")
	m.add(15, "clone-min", "1", "2", "0")
	m.add(45, "interleave", "true", "false")
	m.add(15, "ordered", "true", "false")
	m.add(25, "notify", "true")
	if r.unique {
		m.pairs = append(m.pairs, "globally-unique", "true")
	}
	add(e, g.pairs("meta_attributes", m.pairs...))
	if g.chance(30) {
		r.members = nil
		add(e, g.group("g"+n, &r))
	} else {
		r.members = []string{"p" + n}
		add(e, g.primitive("p"+n, true))
	}
	add(rscs, e)
	g.rscs = append(g.rscs, r)
}

func (g *grower) bundle(rscs *cib.Element) {
	n := g.number()
	r := grown{id: "b" + n, kind: "bundle", promotable: g.chance(50)}
	e := cib.New("bundle", "id", r.id)
	if pairs := g.meta(true); len(pairs) > 0 && g.chance(30) && g.major >= 3 {
		add(e, g.pairs("meta_attributes", pairs...))
	}
	c := add(e, cib.New(g.one("docker", "podman"), "image", "app:latest", "replicas", g.one("1", "2", "3")))
	if g.schema == "2.10" || g.major == 2 {
		c.Name = "docker"
	}
	if g.chance(30) {
		set(c, "replicas-per-host", g.one("1", "2"))
	}
	if r.promotable && g.chance(80) {
		set(c, map[bool]string{true: "promoted-max", false: "masters"}[g.major >= 3], g.one("1", "1", "2"))
	}
	if g.chance(25) {
		set(c, "options", "--log-driver=journald")
	}
	child := g.chance(80)
	if child || g.chance(60) {
		net := add(e, cib.New("network"))
		if g.chance(60) {
			set(net, "ip-range-start", "192.168.122."+strconv.Itoa(10+10*len(g.rscs)))
		} else {
			set(net, "control-port", "3121")
		}
		if g.chance(30) {
			add(net, cib.New("port-mapping", "id", g.id("pm"), "port", "80"))
		}
	}
	if g.chance(40) {
		add(add(e, cib.New("storage")), cib.New("storage-mapping", "id", g.id("sm"), "source-dir", "/a", "target-dir", "/b", "options", "rw"))
	}
	if child {
		r.members = []string{"p" + n}
		add(e, g.primitive("p"+n, true))
	}
	add(rscs, e)
	g.rscs = append(g.rscs, r)
}
