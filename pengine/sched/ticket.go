package sched

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// lossPolicy is what to do with a resource whose ticket is gone.
type lossPolicy uint8

const (
	lossStop lossPolicy = iota
	lossDemote
	lossFence
	lossFreeze
)

// ticketNeed is a constraint that a resource runs only with a ticket.
type ticketNeed struct {
	id     string
	ticket *state.Ticket
	policy lossPolicy
	role   crm.Role
}

func (t *ticketNeed) missing() bool { return !t.ticket.Granted || t.ticket.Standby }

func (p *plan) readTicket(c *state.TicketConstraint) {
	if c.Ticket == "" {
		p.confErr("Ignoring constraint '" + c.ID + "' without ticket")
		return
	}
	t := p.tickets[c.Ticket]
	if t == nil {
		t = &state.Ticket{ID: c.Ticket}
		p.tickets[c.Ticket] = t
	}
	sets := p.expandSets(c.ID, c.Sets)
	if len(sets) == 0 {
		r, refs, ok := p.resourceOrRefs(c.Resource)
		switch {
		case !ok:
			p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.Resource + "' is not a valid resource or tag")
			return
		case r != nil:
			p.needTicket(c.ID, r, t, c.Role, c.LossPolicy)
			return
		}
		set := refSet(c.Resource, refs)
		set.Role = c.Role
		sets = []state.ResourceSet{set}
	}
	for _, set := range sets {
		for _, id := range set.Members {
			r := p.find(id)
			if r == nil {
				p.confErr(set.ID + ": No resource found for " + id)
				return
			}
			p.needTicket(set.ID, r, t, set.Role, c.LossPolicy)
		}
	}
}

func (p *plan) needTicket(id string, r *resource, t *state.Ticket, roleSpec, policy string) {
	role, ok := p.constraintRole(id, roleSpec)
	if !ok {
		return
	}
	need := &ticketNeed{id: id, ticket: t, role: role}
	switch strings.ToLower(policy) {
	case "fence":
		if p.c.Options.FencingEnabled {
			need.policy = lossFence
		} else {
			p.confErr("Resetting 'loss-policy' for ticket '" + t.ID + "' to 'stop' because fencing is not configured")
		}
	case "freeze":
		need.policy = lossFreeze
	case "demote":
		need.policy = lossDemote
	case "stop":
	default:
		if role == rolePromoted {
			need.policy = lossDemote
		}
	}
	r.ticketed = append(r.ticketed, need)
	if need.missing() {
		p.enforceTicket(r, need)
	}
}

// enforceTicket does to r, and all below it, what a missing ticket demands.
func (p *plan) enforceTicket(r *resource, need *ticketNeed) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.enforceTicket(c, need)
		}
		return
	}
	matches := need.role == roleUnknown || need.role == r.role
	anyRole := need.role != rolePromoted || need.policy == lossStop
	switch {
	case !need.ticket.Granted && len(r.active) > 0:
		switch need.policy {
		case lossStop:
			p.addLocation(r, nil, -infinity, need)
		case lossDemote:
			if need.role != rolePromoted { // else promotion is banned later
				p.addLocation(r, nil, -infinity, need)
			}
		case lossFence:
			if matches {
				p.addLocation(r, nil, -infinity, need)
				for _, n := range r.active {
					p.fenceNode(n, "deadman ticket was lost", false)
				}
			}
		case lossFreeze:
			if matches {
				r.clear(fManaged)
				r.set(fBlocked)
			}
		}
	case !need.ticket.Granted && anyRole:
		p.addLocation(r, nil, -infinity, need)
	case need.ticket.Granted && need.ticket.Standby && anyRole:
		p.addLocation(r, nil, -infinity, need)
	}
}

// requirePromotionTickets bans promotion that lacks a ticket.
func (p *plan) requirePromotionTickets(r *resource) {
	for _, need := range r.ticketed {
		if need.role == rolePromoted && need.missing() {
			p.addLocation(r, nil, -infinity, need)
		}
	}
}
