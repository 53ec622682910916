package state

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// entryOf finds a resource's history on a node in the document, whether or not it was
// read by now.
func (r *reader) entryOf(rsc, node string) *cib.Element {
	if r.histories == nil {
		r.histories = map[histKey]*cib.Element{}
		for state := range r.c.Root.Child("status").All("node_state") {
			for e := range state.Child("lrm").Child("lrm_resources").All("lrm_resource") {
				key := histKey{state.Get("uname"), e.ID()}
				if _, have := r.histories[key]; !have {
					r.histories[key] = e
				}
			}
		}
	}
	return r.histories[histKey{node, rsc}]
}

// findOp finds the entry of that task; for migrations, with that other end. Of several (a
// probe and a recurring monitor) none is found, as upstream has it: it is not clear which
// is meant. A result that is not wanted (when one is named) counts as nothing found.
func (r *reader) findOp(rsc, task, node, other string, want crm.ExitCode) *Op {
	end := map[string]string{"migrate_to": "migrate_target", "migrate_from": "migrate_source"}[task]
	var found *cib.Element
	for e := range r.entryOf(rsc, node).All("lrm_rsc_op") {
		if e.Get("operation") != task || end != "" && other != "" && e.Get(end) != other {
			continue
		}
		if found != nil {
			return nil
		}
		found = e
	}
	if found == nil {
		return nil
	}
	op := parseOp(found, r.c.Node(crm.NodeName(node)))
	if want >= 0 && (op.RC != want || op.Status != crm.ExecDone) {
		return nil
	}
	return op
}

// unknownOn reports whether no result of the resource is recorded on the node.
func (r *reader) unknownOn(rsc, node string) bool {
	for e := range r.entryOf(rsc, node).All("lrm_rsc_op") {
		if _, ok := e.Lookup("rc-code"); ok && e.Get("rc-code") != "193" {
			return false
		}
	}
	return true
}

// changedAfter reports whether an operation other than a monitor is newer than op.
func (r *reader) changedAfter(rsc, node string, op *Op) bool {
	for e := range r.entryOf(rsc, node).All("lrm_rsc_op") {
		if op != nil && e == op.XML {
			continue
		}
		switch e.Get("operation") {
		case "start", "stop", "migrate_to", "migrate_from":
			if CompareOps(parseOp(e, nil), orNothing(op)) > 0 {
				return true
			}
		}
	}
	return false
}

// orNothing stands for an operation that is not there.
func orNothing(op *Op) *Op {
	if op == nil {
		return &Op{CallID: -1}
	}
	return op
}

// newerState reports whether the node knows better than the migration: an operation
// after it, or a monitor after it that did not find the resource.
func (r *reader) newerState(rsc, node string, to, from *Op) bool {
	op := from
	if op == nil {
		op = to
	}
	if op != nil && op != to && to != nil && equalFold(node, op.XML.Get("migrate_source")) {
		op = to
	}
	if r.changedAfter(rsc, node, op) {
		return true
	}
	m := r.findOp(rsc, "monitor", node, "", crm.NotRunning)
	return m != nil && CompareOps(m, orNothing(op)) > 0
}

// ends gives the names of source and target, checked against the node of the history.
func (p *progress) ends(res *result, here string) (source, target string, ok bool) {
	source, target = res.XML.Get("migrate_source"), res.XML.Get("migrate_target")
	if source == "" || target == "" {
		p.r.finding("error", "Ignoring resource history entry "+res.ID+" without migrate_source and migrate_target")
		return "", "", false
	}
	name := res.XML.Get(here)
	if !equalFold(name, string(p.node.Name)) {
		p.r.finding("error", "Ignoring resource history entry "+res.ID+" because "+here+"='"+name+"' does not match "+p.node.Label())
		return "", "", false
	}
	return source, target, true
}

// migrateToDone: the source did its part; where is the resource now?
func (p *progress) migrateToDone(res *result) {
	r, rsc, id := p.r, p.rsc, string(p.rsc.ID)
	source, target, ok := p.ends(res, "migrate_source")
	if !ok {
		return
	}
	sourceNewer := r.changedAfter(id, source, res.Op)
	from := r.findOp(id, "migrate_from", target, source, -1)
	fromDone, fromPending := false, true
	if from != nil {
		if sourceNewer {
			return
		}
		fromPending = from.Status == crm.ExecPending
		fromDone = from.RC == crm.OK && from.Status == crm.ExecDone
	}
	targetNewer := r.newerState(id, target, res.Op, from)
	if sourceNewer && targetNewer {
		return
	}
	if fromDone { // only the stop on the source is left
		rsc.Role = crm.RoleStopped
		rsc.DanglingSources = slices.Insert(rsc.DanglingSources, 0, p.node)
		return
	}
	rsc.Role = crm.RoleStarted
	to := r.c.Node(crm.NodeName(target))
	activeThere := !targetNewer && to != nil && to.Online
	lost := func() { rsc.Failed, rsc.StopIfFailed, rsc.Migratable = true, true, false }
	if !fromPending {
		if activeThere {
			r.addRunning(rsc, to, true)
		} else {
			lost()
		}
		return
	}
	if to != nil && to.Online && r.unknownOn(id, target) {
		return // cleaned up there: a probe will tell
	}
	if activeThere {
		r.addRunning(rsc, to, false)
		if at := r.c.Node(crm.NodeName(source)); at != nil && at.Online {
			rsc.PartialSource, rsc.PartialTarget = at, to
		}
	} else if !sourceNewer {
		lost()
	}
}

func (p *progress) migrateToFailed(res *result) {
	r, rsc, id := p.r, p.rsc, string(p.rsc.ID)
	source, target, ok := p.ends(res, "migrate_source")
	if !ok {
		return
	}
	rsc.Role = crm.RoleStarted
	from := r.findOp(id, "migrate_from", target, source, crm.OK)
	if !r.unknownOn(id, target) && !r.newerState(id, target, res.Op, from) {
		if to := r.c.Node(crm.NodeName(target)); to != nil && to.Online {
			r.addRunning(rsc, to, false)
		}
	} else if !r.changedAfter(id, source, res.Op) {
		rsc.DanglingSources = slices.Insert(rsc.DanglingSources, 0, p.node)
	}
}

func (p *progress) migrateFromFailed(res *result) {
	r, rsc, id := p.r, p.rsc, string(p.rsc.ID)
	source, target, ok := p.ends(res, "migrate_target")
	if !ok {
		return
	}
	rsc.Role = crm.RoleStarted
	to := r.findOp(id, "migrate_to", source, target, crm.OK)
	if !r.unknownOn(id, source) && !r.newerState(id, source, to, res.Op) {
		if at := r.c.Node(crm.NodeName(source)); at != nil && at.Online {
			r.addRunning(rsc, at, true)
		}
	}
}
