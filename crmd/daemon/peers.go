package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// callBound is how long a peer may take to answer.
const callBound = 5 * time.Second

// Kinds of calls between controllers.
const (
	callOrders  = "orders"  // []crmd.Order -> []crmd.Answer
	callAck     = "ack"     // crmd.Acked
	callFenced  = "fenced"  // crmd.FenceResult
	callForget  = "forget"  // crm.ResourceID
	callFail    = "fail"    // crm.ResourceID
	callSilence = "silence" // crm.NodeID -> milliseconds since it was heard
	callAsk     = "ask"     // api request forwarded: see forward.go
)

// outboxes send orders to peers: one call at a time for each, so that orders arrive in
// order; what comes meanwhile travels together in the next.
type outboxes struct {
	agreement Agreement
	done      func(crmd.OrdersAnswered)

	mu    sync.Mutex // guards all following fields
	queue map[crm.NodeID][]crmd.Order
	busy  map[crm.NodeID]bool
	calls map[crm.NodeID]context.CancelFunc // under way
}

func newOutboxes(a Agreement, done func(crmd.OrdersAnswered)) *outboxes {
	return &outboxes{agreement: a, done: done, queue: map[crm.NodeID][]crmd.Order{}, busy: map[crm.NodeID]bool{}, calls: map[crm.NodeID]context.CancelFunc{}}
}

func (o *outboxes) put(ctx context.Context, to crm.NodeID, orders []crmd.Order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue[to] = append(o.queue[to], orders...)
	if !o.busy[to] {
		o.busy[to] = true
		go o.work(ctx, to)
	}
}

func (o *outboxes) work(ctx context.Context, to crm.NodeID) {
	for {
		o.mu.Lock()
		batch := o.queue[to]
		delete(o.queue, to)
		if len(batch) == 0 {
			o.busy[to] = false
			o.mu.Unlock()
			return
		}
		bound, cancel := context.WithTimeout(ctx, callBound)
		o.calls[to] = cancel
		o.mu.Unlock()
		answers, err := o.call(bound, to, batch)
		cancel()
		in := crmd.OrdersAnswered{To: to, Orders: batch, Answers: answers}
		if err != nil {
			in.Err = err.Error()
		}
		o.done(in)
	}
}

// hangUp gives up what the peer has not answered: a call waits while its peer cannot be
// reached, and would find the next life of it.
func (o *outboxes) hangUp(to crm.NodeID) {
	o.mu.Lock()
	batch, cancel := o.queue[to], o.calls[to]
	delete(o.queue, to)
	o.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if len(batch) > 0 {
		o.done(crmd.OrdersAnswered{To: to, Orders: batch, Err: "the node was lost"})
	}
}

func (o *outboxes) call(ctx context.Context, to crm.NodeID, batch []crmd.Order) (answers []crmd.Answer, err error) {
	payload, err := json.Marshal(batch)
	if err != nil {
		return nil, err
	}
	reply, err := o.agreement.Call(ctx, to, callOrders, payload)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(reply, &answers)
	return answers, err
}

// replies matches answers of the controller with the calls that wait for them.
type replies struct {
	mu      sync.Mutex // guards all following fields
	last    int
	waiting map[int]chan []crmd.Answer
}

func newReplies() *replies { return &replies{waiting: map[int]chan []crmd.Answer{}} }

func (r *replies) open() (token int, answer chan []crmd.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	answer = make(chan []crmd.Answer, 1)
	r.waiting[r.last] = answer
	return r.last, answer
}

func (r *replies) close(token int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, token)
}

func (r *replies) give(token int, answers []crmd.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.waiting[token]; w != nil {
		w <- answers
		delete(r.waiting, token)
	}
}

// listen answers the calls of other controllers.
func (d *Daemon) listen() {
	d.agreement.Handle(callOrders, func(ctx context.Context, from crm.NodeID, payload []byte) ([]byte, error) {
		var orders []crmd.Order
		if err := json.Unmarshal(payload, &orders); err != nil {
			return nil, fmt.Errorf("orders: %w", err)
		}
		answers, err := d.ask(ctx, func(token int) crmd.Input { return crmd.OrdersCame{From: from, Orders: orders, Token: token} })
		if err != nil {
			return nil, err
		}
		return json.Marshal(answers)
	})
	d.agreement.Handle(callAck, func(_ context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
		var ack crmd.Acked
		if err := json.Unmarshal(payload, &ack); err != nil {
			return nil, fmt.Errorf("acknowledgement: %w", err)
		}
		d.mail.put(ack)
		return nil, nil
	})
	d.agreement.Handle(callFenced, func(_ context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
		var res crmd.FenceResult
		if err := json.Unmarshal(payload, &res); err != nil {
			return nil, fmt.Errorf("result of a fence device: %w", err)
		}
		d.mail.put(crmd.FenceReported{Result: res})
		return nil, nil
	})
	d.agreement.Handle(callForget, func(ctx context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
		return nil, d.forgetHere(ctx, crm.ResourceID(payload))
	})
	d.agreement.Handle(callFail, func(_ context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
		d.failHere(crm.ResourceID(payload))
		return nil, nil
	})
	d.agreement.Handle(callSilence, d.answerSilence)
	d.agreement.Handle(callAsk, d.answerPeer)
}

// ask puts an input that the controller answers, and waits for the answer.
func (d *Daemon) ask(ctx context.Context, input func(token int) crmd.Input) ([]crmd.Answer, error) {
	token, answer := d.replies.open()
	defer d.replies.close(token)
	d.mail.put(input(token))
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.ended:
		return nil, errEnding
	}
}

// forgetHere makes this node forget a resource, and waits until the CIB shows it.
func (d *Daemon) forgetHere(ctx context.Context, id crm.ResourceID) error {
	answers, err := d.ask(ctx, func(token int) crmd.Input { return crmd.ForgetWanted{Resource: id, Token: token} })
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.Err != "" {
			return fmt.Errorf("forgetting %s on %s: %s", id, d.cfg.Self.Name, a.Err)
		}
	}
	return nil
}

func (d *Daemon) acknowledge(ctx context.Context, a crmd.Ack) {
	acked := crmd.Acked{Key: a.Key, RC: a.RC}
	if a.To == d.cfg.Self.ID {
		d.mail.put(acked)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callBound)
	defer cancel()
	payload, err := json.Marshal(acked)
	if err == nil {
		_, err = d.agreement.Call(ctx, a.To, callAck, payload)
	}
	if err != nil {
		d.log.Warn("a result that the CIB does not record did not reach the DC; it waits for its timeout", "error", err)
	}
}
