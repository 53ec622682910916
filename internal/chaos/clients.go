package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/internal/probe"
)

// The clients' load: workers on registers, which are attributes of the CIB.
const (
	workers    = 3
	registers  = 3
	workPace   = 120 * time.Millisecond
	workBound  = 2 * time.Second // how long a worker waits for an answer
	restWorker = 400 * time.Millisecond
)

// exitNoSuch is what a change of an element that is not there is refused with.
const exitNoSuch = 105

func registerName(r int) string { return fmt.Sprintf("chaos-r%d", r) }

func registerXML(r int, value string) string {
	return fmt.Sprintf(`<cluster_property_set id="chaos"><nvpair id="%s" name="%[1]s" value="%s"/></cluster_property_set>`, registerName(r), value)
}

// prepareRegisters makes them.
func (w *world) prepareRegisters(ctx context.Context) error {
	for r := range registers {
		err := w.set(ctx, 0, r, "begin")
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) set(ctx context.Context, node, r int, value string) error {
	ctx, cancel := context.WithTimeout(ctx, workBound)
	defer cancel()
	_, err := w.clients[node].Change(ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "modify", Scope: "crm_config", XML: registerXML(r, value), AllowCreate: true}}})
	return err
}

// swap sets a register if it has a value.
func (w *world) swap(ctx context.Context, node, r int, old, value string) error {
	ctx, cancel := context.WithTimeout(ctx, workBound)
	defer cancel()
	_, err := w.clients[node].Change(ctx, api.CIBRequest{Ops: []api.CIBOp{{
		Kind: "modify", XPath: fmt.Sprintf(`//nvpair[@id="%s"][@value="%s"]`, registerName(r), old),
		XML: fmt.Sprintf(`<nvpair id="%s" value="%s"/>`, registerName(r), value)}}})
	return err
}

// read is a register's value in a node's own copy of the CIB.
func (w *world) read(ctx context.Context, node, r int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, workBound)
	defer cancel()
	doc, err := w.clients[node].CIB(ctx, "", fmt.Sprintf(`//nvpair[@id="%s"]`, registerName(r)))
	if err != nil {
		return "", err
	}
	e, err := cib.Parse(doc)
	if err != nil {
		return "", err
	}
	return e.Get("value"), nil
}

// traffic is the load of one round: workers that write and read, and a client that asks
// the service at the virtual address.
type traffic struct {
	w       *world
	history history
	probe   *probe.Probe
	stop    context.CancelFunc
	working sync.WaitGroup
}

// drive starts the load.
func (w *world) drive(ctx context.Context, seed uint64) (*traffic, error) {
	t := &traffic{w: w}
	for r := range registers { // the values that the round begins with are known
		value := fmt.Sprintf("%d.begin", seed)
		call := monotonic()
		if err := w.set(ctx, 0, r, value); err != nil {
			return nil, fmt.Errorf("before the round register %d cannot be set: %w", r, err)
		}
		t.history.add(deed{client: workers, register: r, verb: put, value: value, outcome: done, call: call, end: monotonic(), node: w.Nodes[0].Name})
	}
	ctx, t.stop = context.WithCancel(ctx)
	for i := range workers {
		t.working.Go(func() { t.work(ctx, i, seed, rand.New(rand.NewPCG(seed, uint64(i)+1))) })
	}
	t.probe = probe.Start(ctx, visit)
	return t, nil
}

// end stops the load and adds what every node says in the end.
func (t *traffic) end(ctx context.Context) error {
	t.stop()
	t.working.Wait()
	t.probe.Stop()
	for r := range registers {
		for i, n := range t.w.Nodes {
			call := monotonic()
			value, err := t.w.read(ctx, i, r)
			if err != nil {
				return fmt.Errorf("after the round register %d cannot be read on %s: %w", r, n.Name, err)
			}
			t.history.add(deed{client: workers, register: r, verb: look, value: value, outcome: done, call: call, end: monotonic(), node: n.Name})
		}
	}
	return nil
}

func (t *traffic) work(ctx context.Context, id int, seed uint64, dice *rand.Rand) {
	for count := 0; ctx.Err() == nil; count++ {
		node, r := dice.IntN(t.w.shape.Nodes), dice.IntN(registers)
		value := fmt.Sprintf("%d.c%d.%d", seed, id, count) // no two operations write the same
		d := deed{client: id, register: r, verb: put, value: value, node: t.w.Nodes[node].Name}
		if dice.IntN(2) == 0 {
			// Reading on one node and swapping on another makes staleness visible.
			if old, err := t.w.read(ctx, dice.IntN(t.w.shape.Nodes), r); err == nil {
				d.verb, d.old = swap, old
				if dice.IntN(2) == 0 {
					d.value = old // that is a read which all nodes agree on
				}
			}
		}
		d.call = monotonic()
		var err error
		if d.verb == swap {
			err = t.w.swap(ctx, node, r, d.old, d.value)
		} else {
			err = t.w.set(ctx, node, r, value)
		}
		d.end = monotonic()
		rest := workPace
		var remote *api.RemoteError
		switch {
		case err == nil:
			d.outcome = done
		case errors.Is(err, api.ErrNotConnected):
			rest = restWorker
			d.call = 0 // nobody was asked
		case d.verb == swap && errors.As(err, &remote) && remote.ExitCode == exitNoSuch:
			d.outcome = refused
		default:
			rest = restWorker
		}
		if d.call != 0 {
			t.history.add(d)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest/2 + time.Duration(dice.Int64N(int64(rest)))):
		}
	}
}
