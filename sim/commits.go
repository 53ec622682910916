package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
)

// commitBound is how long one commit may take before the controller is told that its
// outcome is unknown.
const commitBound = 10 * time.Second

// commits submits the controller's changes of the CIB in order, as crmd/daemon does: while
// one command is on its way the next ones gather, and then travel together.
type commits struct {
	p     *controller
	life  int
	queue []crmd.Commit
	busy  bool
	count int
	gone  int    // how often everything was given up
	given func() // gives up the command on its way; nil: there is none
}

func (q *commits) put(c crmd.Commit) {
	q.queue = append(q.queue, c)
	if !q.busy {
		q.busy = true
		q.p.after(0, q.next)
	}
}

// abandon gives up what waits, and what is on its way.
func (q *commits) abandon() {
	waiting := q.queue
	q.queue = nil
	q.gone++
	if q.given != nil {
		q.given()
	}
	for _, c := range waiting {
		q.p.post(crmd.Committed{Tag: c.Tag, Err: "given up"})
	}
}

func (q *commits) next() {
	n := 0
	for n < len(q.queue) && n < 64 {
		if q.queue[n].Solo {
			n = max(n, 1)
			break
		}
		n++
	}
	if n == 0 {
		q.busy = false
		return
	}
	batch := q.queue[:n:n]
	q.queue = q.queue[n:]
	q.submit(batch, q.next)
}

// submit sends a batch as one command. When it is refused, each commit is tried alone.
func (q *commits) submit(batch []crmd.Commit, then func()) {
	var ops []cib.Op
	for _, c := range batch {
		ops = append(ops, c.Ops...)
	}
	gone := q.gone
	q.send(ops, func(r cib.Response, err string) {
		if gone != q.gone {
			err = "given up"
		}
		if err == "" && r.ExitCode != 0 && len(batch) > 1 {
			q.each(batch, then)
			return
		}
		for _, c := range batch {
			answer := crmd.Committed{Tag: c.Tag, ExitCode: r.ExitCode, Err: r.Error}
			if err != "" {
				answer.Err = err
			}
			q.p.post(answer)
		}
		then()
	})
}

func (q *commits) each(batch []crmd.Commit, then func()) {
	if len(batch) == 0 {
		then()
		return
	}
	q.submit(batch[:1], func() { q.each(batch[1:], then) })
}

func (q *commits) send(ops []cib.Op, done func(cib.Response, string)) {
	q.count++
	h := q.p.h
	c := cib.Command{ID: fmt.Sprintf("%s/%d/%d", h.name, q.life, q.count), Origin: h.name, Client: "crmd", User: "hacluster", Ops: ops, Now: h.now()}
	over := false
	end := func(r cib.Response, err string) {
		if !over {
			over, q.given = true, nil
			done(r, err)
		}
	}
	w := &waiter{command: cib.EncodeCommand(c)}
	w.done = func(_ *Node, response []byte) {
		r, err := cib.DecodeResponse(response)
		if err != nil {
			panic("sim: " + err.Error())
		}
		q.p.awake(func() { end(r, "") })
	}
	q.given = func() {
		h.withdraw(w)
		end(cib.Response{}, "given up")
	}
	w.failed = func() { q.p.after(0, func() { end(cib.Response{}, "no space left on device") }) }
	h.submitted(w)
	q.p.after(commitBound, func() {
		if !over {
			h.withdraw(w)
			end(cib.Response{}, "the command is not agreed on")
		}
	})
}
