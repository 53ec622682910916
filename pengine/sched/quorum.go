package sched

import "github.com/tactus-ha/tactus/pengine/state"

// quorumPolicy is what no-quorum-policy means for r now: ignore when there is quorum.
// With "demote", promotable instances are demoted and then go on; all else stops.
func (p *plan) quorumPolicy(r *resource) state.QuorumPolicy {
	switch {
	case p.c.Quorate:
		return state.QuorumIgnore
	case p.c.Options.NoQuorum != state.QuorumDemote:
		return p.c.Options.NoQuorum
	case r.role != rolePromoted && r.role != roleUnpromoted:
		return state.QuorumStop
	}
	if r.next > roleUnpromoted {
		r.setNext(roleUnpromoted)
	}
	return state.QuorumIgnore
}

// judgeQuorum decides whether an action that needs quorum (or fencing, which needs it
// too) can run.
func (p *plan) judgeQuorum(a *Action) {
	switch p.quorumPolicy(a.rsc) {
	case state.QuorumStop:
		a.clear(Runnable)
		a.explain("no quorum", true)
	case state.QuorumFreeze:
		if !p.isActive(a.rsc) || a.rsc.next > a.rsc.role {
			a.clear(Runnable)
			a.explain("quorum freeze", true)
		}
	default:
		a.set(Runnable)
	}
}

// frozen reports whether lack of quorum forbids raising any role.
func (p *plan) frozen() bool {
	return !p.c.Quorate && p.c.Options.NoQuorum == state.QuorumFreeze
}

// isActive reports whether r (all of it, for a group) runs anywhere.
func (p *plan) isActive(r *resource) bool {
	if len(r.children) > 0 {
		for _, c := range r.children {
			if !p.isActive(c) {
				return false
			}
		}
		return true
	}
	for _, n := range r.active {
		if n.unclean || n.online || !r.is(fManaged) {
			return true
		}
	}
	return false
}
