package sched

import "github.com/tactus-ha/tactus/pengine/state"

// applyEffects carries out what reading nodes and histories demanded, in that order.
func (p *plan) applyEffects() {
	var cleared *Action
	for i := range p.c.Effects {
		e := &p.c.Effects[i]
		p.at(i, -1)
		r, n := p.wrap(e.Resource), p.wrapNode(e.Node)
		reset := n.remoteReset
		n.remoteReset = e.Reset // what can run is judged by what was known by then
		switch e.Kind {
		case state.FenceNode:
			p.fenceAction(n, "", true, e.Reason, e.PriorityDelay)
		case state.StopResource:
			p.noteOrigin(p.stop(r, n, false), originFailure)
		case state.DemoteResource:
			p.noteOrigin(p.demote(r, n, false), originFailure)
		case state.ExistingOp:
			p.action(r, opKey(r.ID, e.Op.Task, e.Op.IntervalMS), e.Op.Task, n, true)
		case state.ClearFailcount:
			cleared = p.clearFailcount(r, n, e.Reason)
		case state.ClearHistory:
			p.noteOrigin(p.clearHistory(r, n), "its shutdown lock has run out")
		case state.OrderAfterFencing:
			relate(p.fenceAction(n, "", true, "", false), cleared, relFirstImpliesThen)
		case state.OptionalStops:
			for _, a := range r.actionsByKey(r.key(taskStop), n) {
				a.set(Optional)
			}
		case state.CheckParams:
			p.checks = append(p.checks, paramCheck{r, n, e.Op, true})
		}
		if n.remoteReset == e.Reset {
			n.remoteReset = reset
		}
	}
}

// ReadingNotes is what there is to say as soon as nodes and histories are read, before
// anything is decided: that a device's definition changed since a lost node was unfenced.
// The Remarks of a run begin with the same notes.
func ReadingNotes(c *state.Cluster) []string {
	if !c.UnfencingInUse {
		return nil
	}
	p := newPlan(c, Options{})
	p.applyEffects()
	var out []string
	for _, m := range p.remarks {
		if m.Kind == RemarkNote {
			out = append(out, m.Text)
		}
	}
	return out
}

// clearFailcount makes the action that forgets r's failures on n.
func (p *plan) clearFailcount(r *resource, n *node, reason string) *Action {
	a := p.action(r, r.key(taskClearFail), taskClearFail, n, false)
	a.setMeta("op_no_wait", "true")
	p.noteOrigin(a, origin(reason))
	return a
}

// clearHistory makes the action that deletes r's history on n from the CIB.
func (p *plan) clearHistory(r *resource, n *node) *Action {
	return p.action(r, r.key(taskClearHistory), taskClearHistory, n, false)
}

func (p *plan) wrap(r *state.Resource) *resource {
	if r == nil {
		return nil
	}
	return p.all[r.Index]
}

func (p *plan) wrapNode(n *state.Node) *node {
	if n == nil {
		return nil
	}
	return p.byIndex[n.Index]
}
