package diff

import (
	"strconv"

	"github.com/tactus-ha/tactus/cib"
)

// growHistory writes what happened before: mostly one sensible state for each resource
// and node, sometimes a strange one.
func (g *grower) growHistory() {
	for _, state := range g.root.Child("status").Children {
		if state.Name != "node_state" || g.chance(10) {
			continue
		}
		list := add(add(state, cib.New("lrm", "id", state.ID())), cib.New("lrm_resources"))
		h := &historian{dice: g.dice, node: state.Get("uname"), failures: g.about["failures"]}
		for _, r := range g.rscs {
			if r.kind == "bundle" {
				continue
			}
			for i, p := range r.members {
				config := g.primitiveNamed(p)
				if config == nil {
					continue
				}
				if r.kind == "clone" && r.unique {
					p += ":" + strconv.Itoa(g.upTo(3))
				} else if r.kind == "clone" && g.chance(5) {
					p += ":" + strconv.Itoa(g.upTo(2))
				}
				h.running = r.kind == "clone" && g.chance(80) || r.kind != "clone" && state == g.home(len(r.members[0])+i*0)
				h.promoted = r.promotable && g.chance(25)
				add(list, h.resource(p, config))
			}
		}
		if g.chance(5) {
			h.running = g.chance(50)
			add(list, h.resource("gone", cib.New("primitive", "class", "ocf", "provider", "pacemaker", "type", "Dummy")))
		}
	}
}

// home picks a node for what runs once.
func (g *grower) home(salt int) *cib.Element {
	list := g.root.Child("status").Children
	if g.chance(5) {
		return list[g.upTo(len(list))]
	}
	return list[salt%len(list)]
}

func (g *grower) primitiveNamed(id string) *cib.Element {
	for _, e := range everyNamed(g.conf.Child("resources"), "primitive") {
		if e.ID() == id {
			if e.Get("template") != "" {
				return g.conf.Child("resources").ChildWith("template", "id", e.Get("template"))
			}
			return e
		}
	}
	return nil
}

// historian writes histories on one node.
type historian struct {
	dice
	node              string
	call              int
	running, promoted bool
	failures          bool
}

func (h *historian) resource(name string, config *cib.Element) *cib.Element {
	e := cib.New("lrm_resource", "id", name, "class", config.Get("class"), "type", config.Get("type"))
	if p := config.Get("provider"); p != "" {
		set(e, "provider", p)
	}
	switch {
	case !h.running && h.chance(60):
		h.result(e, name, "monitor", 0, 7, 7)
	case !h.running:
		h.result(e, name, "stop", 0, 0, 0)
	case h.promoted:
		h.result(e, name, "promote", 0, 0, 0)
		h.result(e, name, "monitor", 11000, 8, 8)
	case h.chance(15):
		h.result(e, name, "monitor", 0, 0, h.between(0, 1)*7)
	default:
		h.result(e, name, "start", 0, 0, 0)
		if h.chance(80) {
			h.result(e, name, "monitor", 10000, 0, 0)
		}
	}
	percent := 4
	if h.failures {
		percent = 25
	}
	if h.chance(percent) {
		h.failure(e, name)
	}
	if h.chance(4) {
		h.migration(e, name)
	}
	return e
}

// failure adds an operation that failed.
func (h *historian) failure(e *cib.Element, name string) {
	task := h.one("monitor", "monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from")
	interval, want := 0, 0
	if task == "monitor" {
		interval = 10000
		if h.chance(20) {
			interval, want = 0, 7
		}
	}
	rc, _ := strconv.Atoi(h.one("1", "7", "5", "9", "8", "2", "6", "4", "3", "190", "191", "189", "255"))
	op := h.result(e, name, task, interval, rc, want)
	set(op, "op-status", h.one("0", "0", "4", "4", "2", "1", "-1", "5", "6", "8"))
	if op.Get("op-status") == "2" {
		set(op, "rc-code", "198")
	}
	if op.Get("op-status") == "-1" {
		set(op, "rc-code", "193")
		if h.chance(50) {
			set(op, "call-id", "-1")
		}
	}
	set(op, "transition-magic", op.Get("op-status")+":"+op.Get("rc-code")+";"+op.Get("transition-key"))
	if id := name + "_last_failure_0"; h.chance(50) && e.ChildWith("lrm_rsc_op", "id", id) == nil {
		set(op, "id", id)
	}
	if h.chance(50) {
		set(op, "exit-reason", "it broke")
	}
}

// migration adds one that went well, or half.
func (h *historian) migration(e *cib.Element, name string) {
	other := h.one("n1", "n2", "n3")
	task := h.one("migrate_to", "migrate_from")
	op := h.result(e, name, task, 0, h.between(0, 4)/4, 0)
	if h.chance(20) {
		set(op, "op-status", "-1")
		set(op, "rc-code", "193")
		set(op, "transition-magic", "-1:193;"+op.Get("transition-key"))
	}
	if task == "migrate_to" {
		set(op, "migrate_source", h.node)
		set(op, "migrate_target", other)
	} else {
		set(op, "migrate_source", other)
		set(op, "migrate_target", h.node)
	}
}

// result adds one result.
func (h *historian) result(e *cib.Element, name, task string, interval, rc, want int) *cib.Element {
	h.call++
	ms := strconv.Itoa(interval)
	key := strconv.Itoa(h.call) + ":" + strconv.Itoa(h.between(0, 9)) + ":" + strconv.Itoa(want) + ":a1b2c3d4-0000-4000-8000-0123456789ab"
	id := name + "_last_0"
	if interval > 0 || task == "migrate_to" || task == "migrate_from" {
		id = name + "_" + task + "_" + ms
	}
	op := h.replace(e, cib.New("lrm_rsc_op", "id", id, "operation_key", name+"_"+task+"_"+ms, "operation", task, "crm_feature_set", "3.20.5",
		"transition-key", key, "transition-magic", "0:"+strconv.Itoa(rc)+";"+key, "on_node", h.node, "call-id", strconv.Itoa(h.call),
		"rc-code", strconv.Itoa(rc), "op-status", "0", "interval", ms,
		"last-rc-change", strconv.FormatInt(caseTime.Unix()-int64(h.upTo(8000)), 10), "exec-time", "0", "queue-time", "0"))
	if h.chance(8) {
		set(op, "op-digest", h.one("f2317cad3d54cec5d7d7aa7d0bf35cf8", "0123456789abcdef0123456789abcdef"))
	}
	return op
}

// replace adds a result in the place of an older one of the same id.
func (h *historian) replace(e, op *cib.Element) *cib.Element {
	if old := e.ChildWith("lrm_rsc_op", "id", op.ID()); old != nil {
		remove(e, old)
	}
	return add(e, op)
}
