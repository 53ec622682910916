package transition

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// Summary counts the actions of a walk.
type Summary struct {
	Total      int // all synapses
	Done       int
	Failed     int
	Pending    int // in flight
	Skipped    int // ready, held back by an abort
	Incomplete int // their inputs are not done
}

// Summary counts how far the walk has come.
func (w *Walk) Summary() Summary {
	s := Summary{Total: len(w.state)}
	for i, st := range w.state {
		switch {
		case st == Done:
			s.Done++
		case st == Failed:
			s.Failed++
		case st == InFlight:
			s.Pending++
		case w.missing[i] == 0:
			s.Skipped++
		default:
			s.Incomplete++
		}
	}
	return s
}

// String is the line that the log knows: "(Complete=3, Pending=0, Fired=0, Skipped=1,
// Incomplete=0)".
func (s Summary) String() string {
	return fmt.Sprintf("Complete=%d, Failed=%d, Pending=%d, Skipped=%d, Incomplete=%d", s.Done, s.Failed, s.Pending, s.Skipped, s.Incomplete)
}

// Step is what became of one action of the graph, for explanations.
type Step struct {
	Action graph.Action
	State  State
	Text   string    // of the result
	Since  time.Time // when it was started; zero: not yet
}

// Steps lists every action in the graph's order.
func (w *Walk) Steps() []Step {
	steps := make([]Step, len(w.state))
	for i := range w.state {
		steps[i] = Step{w.graph.Synapses[i].Action, w.state[i], w.texts[i], w.since[i]}
	}
	return steps
}
