package state

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// nodeHistory reads every resource's history on one node.
func (r *reader) nodeHistory(n *Node, name string, state *cib.Element) {
	if r.trace != nil {
		r.trace.Nodes = append(r.trace.Nodes, n)
	}
	list := state.Child("lrm").Child("lrm_resources")
	removedLaunched := false
	for e := range list.All("lrm_resource") {
		r.atHistory(n)
		if rsc := r.resourceHistory(n, e); rsc != nil && rsc.RemovedLaunched {
			removedLaunched = true
		}
	}
	if !removedLaunched {
		return
	}
	for e := range list.All("lrm_resource") {
		container, ok := e.Lookup("container")
		if !ok {
			continue
		}
		by, rsc := r.find(container), r.find(e.ID())
		if by != nil && rsc != nil && rsc.Launcher == nil && rsc.RemovedLaunched {
			rsc.Launcher = by
			by.Launched = append(by.Launched, rsc)
		}
	}
}

// parseOp reads one history entry.
func parseOp(e *cib.Element, n *Node) *Op {
	op := &Op{XML: e, Node: n, ID: e.ID(), Task: e.Get("operation"), CallID: -1, ExpectedRC: -1, ExitReason: e.Get("exit-reason")}
	if op.Key = e.Get("operation_key"); op.Key == "" {
		op.Key = op.ID
	}
	if ms, err := strconv.ParseInt(e.Get("interval"), 10, 64); err == nil && ms > 0 {
		op.IntervalMS = ms
	}
	if id, ok := intAttr(e, "call-id"); ok {
		op.CallID = id
	}
	status, _ := intAttr(e, "op-status")
	rc, _ := intAttr(e, "rc-code")
	op.Status, op.RC = crm.ExecStatus(status), crm.ExitCode(rc)
	if key, ok := e.Lookup("transition-key"); ok {
		if k, err := crm.ParseTransitionKey(key); err == nil {
			op.Transition, op.ExpectedRC = k, k.TargetRC
		}
	}
	if s, err := strconv.ParseInt(e.Get("last-rc-change"), 10, 64); err == nil {
		op.LastChange = time.Unix(s, 0)
	}
	return op
}

// magic is what orders a pending operation among others.
func (o *Op) magic() (uuid string, transition int, ok bool) {
	_, key, found := strings.Cut(o.XML.Get("transition-magic"), ";")
	if !found {
		return "", 0, false
	}
	k, err := crm.ParseTransitionKey(key)
	return k.UUID, k.Transition, err == nil
}

// CompareOps orders two entries of histories by age: negative when a is older.
func CompareOps(a, b *Op) int {
	sameNode := equalFold(a.XML.Get("on_node"), b.XML.Get("on_node"))
	switch {
	case sameNode && a.ID == b.ID, a.CallID == -1 && b.CallID == -1:
		return 0
	case sameNode && a.CallID >= 0 && a.CallID < b.CallID:
		return -1
	case sameNode && b.CallID >= 0 && a.CallID > b.CallID:
		return 1
	case a.CallID >= 0 && b.CallID >= 0:
		switch {
		case a.LastChange.IsZero() || b.LastChange.IsZero():
			return 0
		case a.LastChange.Before(b.LastChange):
			return -1
		case a.LastChange.After(b.LastChange):
			return 1
		}
		return 0
	}
	return comparePending(a, b)
}

// comparePending orders a pending operation by the number of the transition that asked
// for it; -1 means a shutdown, which comes last.
func comparePending(a, b *Op) int {
	ua, ta, ok1 := a.magic()
	ub, tb, ok2 := b.magic()
	switch {
	case !ok1 || !ok2:
		return 0
	case !equalFold(ua, ub) || ta == tb:
		if b.CallID == -1 {
			return -1
		}
		if a.CallID == -1 {
			return 1
		}
	case ta >= 0 && ta < tb || tb == -1:
		return -1
	case tb >= 0 && ta > tb || ta == -1:
		return 1
	}
	return 0
}

// resourceHistory reads one resource's history on one node.
func (r *reader) resourceHistory(n *Node, e *cib.Element) *Resource {
	id, ok := e.Lookup("id")
	if !ok {
		r.finding("error", "Ignoring invalid lrm_resource entry: No id")
		return nil
	}
	h := &History{Node: n, Entry: id, Class: e.Get("class"), Provider: e.Get("provider"), Type: e.Get("type"),
		Container: e.Get("container"), XML: e, StartIndex: -1, StopIndex: -1}
	n.History = append(n.History, h)
	for c := range e.All("lrm_rsc_op") {
		h.Ops = append(h.Ops, parseOp(c, n))
	}
	if len(h.Ops) == 0 && !r.c.Options.ShutdownLock {
		return nil
	}
	rsc := r.findForHistory(n, id)
	if rsc == nil {
		if len(h.Ops) == 0 {
			return nil
		}
		if rsc = r.removed(e, n); rsc == nil {
			return nil
		}
	}
	h.Resource = rsc
	if r.c.Options.ShutdownLock {
		r.shutdownLock(e, rsc, n)
	}
	saved := rsc.Role
	rsc.Role = crm.RoleUnknown
	slices.Reverse(h.Ops) // among equals the later entry comes first
	MergeSort(h.Ops, CompareOps)
	p := progress{r: r, rsc: rsc, node: n}
	for _, op := range h.Ops {
		op.Resource = rsc
		p.entry(op)
	}
	h.StartIndex, h.StopIndex = activeRange(h.Ops)
	r.recurring(n, rsc, h)
	r.settle(rsc, n, p.onFail)
	if role, ok := targetRole(rsc); ok && (rsc.Target == crm.RoleUnknown || role < rsc.Target) {
		rsc.Target = role
	}
	rsc.Role = max(rsc.Role, saved)
	return rsc
}

// activeRange finds the last start and the last stop; without a start, what implies one.
func activeRange(ops []*Op) (start, stop int) {
	start, stop = -1, -1
	byMonitor, byRole := -1, -1
	for i, op := range ops {
		task := strings.ToLower(op.Task)
		switch {
		case task == "stop" && op.XML.Get("op-status") == "0":
			stop = i
		case task == "start" || task == "migrate_from":
			start = i
		case byMonitor <= stop && task == "monitor":
			if rc := op.XML.Get("rc-code"); rc == "0" || rc == "8" {
				byMonitor = i
			}
		case task == "promote" || task == "demote":
			byRole = i
		}
	}
	if start == -1 {
		if start = byRole; start == -1 {
			start = byMonitor
		}
	}
	return start, stop
}

// recurring notes the monitors that already run.
func (r *reader) recurring(n *Node, rsc *Resource, h *History) {
	if !n.Online {
		return
	}
	for i, op := range h.Ops {
		if h.StartIndex < h.StopIndex && i <= h.StopIndex || i < h.StartIndex {
			continue
		}
		if op.IntervalMS == 0 || op.XML.Get("op-status") == "-1" {
			continue
		}
		r.effect(Effect{Kind: ExistingOp, Resource: rsc, Node: n, Op: op})
	}
}

func (r *reader) shutdownLock(e *cib.Element, rsc *Resource, n *Node) {
	s, err := strconv.ParseInt(e.Get("shutdown-lock"), 10, 64)
	if err != nil || s == 0 {
		return
	}
	at := time.Unix(s, 0)
	if limit := r.c.Options.ShutdownLockLimit; limit > 0 && r.c.Now.After(at.Add(WholeSeconds(limit))) {
		r.effect(Effect{Kind: ClearHistory, Resource: rsc, Node: n})
		return
	}
	rsc.LockNode, rsc.LockTime = n, at
}
