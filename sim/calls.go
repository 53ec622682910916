package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// callBound is how long a peer may take to answer.
const callBound = 5 * time.Second

// again is how soon a stream sends again what was lost on the way.
const again = 200 * time.Millisecond

// stream sends something to another node's crmd until it arrives, or until nobody waits
// for it any more: then nothing arrives.
func (p *controller) stream(to *Host, until *time.Duration, arrive func(*controller)) {
	s, arrived := p.h.s, false
	var try func()
	try = func() {
		if arrived || !p.alive() || s.w.Now >= *until {
			return
		}
		s.net.Send(p.h.id, to.id, func() {
			if !arrived && s.w.Now < *until && to.ctl != nil {
				arrived = true
				to.ctl.awake(func() { arrive(to.ctl) })
			}
		})
		s.w.After(again, try)
	}
	try()
}

// outbox sends orders to one peer: one call at a time, so that orders arrive in order.
type outbox struct {
	p      *controller
	to     *Host
	queue  []crmd.Order
	busy   bool
	until  *time.Duration // of the call under way
	failed func()         // ends it
}

func (p *controller) outbox(to crm.NodeID) *outbox {
	b := p.boxes[to]
	if b == nil {
		b = &outbox{p: p, to: p.h.s.hostOf(to)}
		p.boxes[to] = b
	}
	return b
}

func (b *outbox) put(orders []crmd.Order) {
	b.queue = append(b.queue, orders...)
	if !b.busy {
		b.next()
	}
}

func (b *outbox) next() {
	batch := b.queue
	b.queue = nil
	b.busy = len(batch) > 0
	if !b.busy {
		return
	}
	p, over := b.p, false
	end := func(in crmd.OrdersAnswered) {
		if over {
			return
		}
		over = true
		in.To, in.Orders = b.to.id, batch
		p.post(in)
		b.next()
	}
	p.h.s.checks.gave(p.h, batch)
	until := new(p.h.s.w.Now + callBound)
	b.until = until
	b.failed = func() { end(crmd.OrdersAnswered{Err: "no answer"}) }
	p.stream(b.to, until, func(there *controller) {
		there.tokens++
		there.replies[there.tokens] = func(answers []crmd.Answer) {
			there.stream(p.h, until, func(here *controller) {
				if here == p {
					end(crmd.OrdersAnswered{Answers: answers})
				}
			})
		}
		there.post(crmd.OrdersCame{From: p.h.id, Orders: batch, Token: there.tokens})
	})
	p.after(callBound, b.failed)
}

// hangUp gives up what the peer has not answered.
func (b *outbox) hangUp() {
	if !b.busy {
		return
	}
	waiting := b.queue
	b.queue = nil
	*b.until = 0
	b.failed()
	if len(waiting) > 0 {
		b.p.post(crmd.OrdersAnswered{To: b.to.id, Orders: waiting, Err: "the node was lost"})
	}
}

// acknowledge tells the DC what came of a notification.
func (p *controller) acknowledge(a crmd.Ack) {
	in := crmd.Acked{Key: a.Key, RC: a.RC}
	if a.To == p.h.id {
		p.post(in)
	} else if a.To != 0 {
		p.stream(p.h.s.hostOf(a.To), new(p.h.s.w.Now+callBound), func(there *controller) { there.post(in) })
	}
}
