package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// verb is what a client did to a register, which is one attribute of the CIB.
type verb uint8

const (
	put  verb = iota // set it, whatever it was
	swap             // set it if it has a value; refused if it has another
	look             // read it, when all is calm
)

// outcome is what the client knows afterwards.
type outcome uint8

const (
	unknown outcome = iota // no answer, or one that does not tell: it may happen any time later, or never
	done                   // acknowledged
	refused                // a swap that found another value
)

// deed is one operation of a client on a register.
type deed struct {
	client, register int
	verb             verb
	old, value       string // swap: from old to value; look: value was seen
	outcome          outcome
	call, end        int64 // monotonic nanoseconds
	node             string
}

func (d deed) String() string {
	what := map[verb]string{put: "put " + d.value, swap: "swap " + d.old + " for " + d.value, look: "saw " + d.value}[d.verb]
	how := map[outcome]string{unknown: "no answer", done: "done", refused: "refused"}[d.outcome]
	return fmt.Sprintf("register %d: %s: %s (by %s, client %d, took %v)", d.register, what, how, d.node, d.client, time.Duration(d.end-d.call).Round(time.Millisecond))
}

// history collects what the clients did.
type history struct {
	mu    sync.Mutex // guards deeds
	deeds []deed
}

func (h *history) add(d deed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deeds = append(h.deeds, d)
}

func (h *history) all() []deed {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.deeds)
}

// verdict is what came of judging a history.
type verdict uint8

const (
	linearizable verdict = iota
	undecided            // too many operations without an answer to try all orders
	illegal
)

// register is the model: a value per register, "" at first.
func register() porcupine.Model {
	return porcupine.Model{
		Partition: func(ops []porcupine.Operation) [][]porcupine.Operation {
			parts := map[int][]porcupine.Operation{}
			for _, op := range ops {
				r := op.Input.(deed).register
				parts[r] = append(parts[r], op)
			}
			var out [][]porcupine.Operation
			for r := range len(parts) {
				out = append(out, parts[r])
			}
			return out
		},
		Init: func() any { return "" },
		Step: func(state, input, _ any) (bool, any) {
			now, d := state.(string), input.(deed)
			switch {
			case d.verb == look:
				return now == d.value, now
			case d.verb == put:
				return true, d.value
			case d.outcome == done:
				return now == d.old, d.value
			case d.outcome == refused:
				return now != d.old, now
			case now == d.old:
				return true, d.value
			}
			return true, now // a swap without an answer that found another value
		},
	}
}

// judge says whether the deeds can have happened one after the other, each between its
// call and its answer. A change without an answer of which no trace was ever seen can be
// left out, but for one thing: it may be why a swap was refused. So the quick
// questions come first: without them, and then with refusals that prove nothing.
func judge(deeds []deed, patience time.Duration) verdict {
	traced := withoutTraceless(deeds)
	if porcupine.CheckOperationsTimeout(register(), operations(traced), patience) == porcupine.Ok {
		return linearizable
	}
	lenient := slices.DeleteFunc(slices.Clone(traced), func(d deed) bool { return d.outcome == refused })
	if porcupine.CheckOperationsTimeout(register(), operations(lenient), patience) == porcupine.Illegal {
		return illegal
	}
	switch porcupine.CheckOperationsTimeout(register(), operations(deeds), patience) {
	case porcupine.Ok:
		return linearizable
	case porcupine.Illegal:
		return illegal
	}
	return undecided
}

func withoutTraceless(deeds []deed) []deed {
	seen := map[string]bool{}
	for _, d := range deeds {
		if d.verb == look {
			seen[d.value] = true
		}
		if d.verb == swap {
			seen[d.old] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return d.outcome == unknown && !seen[d.value] })
}

func operations(deeds []deed) []porcupine.Operation {
	var last int64
	for _, d := range deeds {
		last = max(last, d.end)
	}
	registers := map[int]int{} // as few numbers as registers, from 0 on
	var ops []porcupine.Operation
	for _, d := range deeds {
		if _, known := registers[d.register]; !known {
			registers[d.register] = len(registers)
		}
		d.register = registers[d.register]
		end := d.end
		if d.outcome == unknown {
			end = last + 1
		}
		ops = append(ops, porcupine.Operation{ClientId: d.client, Input: d, Call: d.call, Return: end})
	}
	return ops
}

// describeRegister lists what was done to a register, in the order of the calls.
func describeRegister(deeds []deed, register int) string {
	var b strings.Builder
	for _, d := range deeds {
		if d.register == register {
			fmt.Fprintf(&b, "%14d %14d  %s\n", d.call, d.end, d)
		}
	}
	return b.String()
}
