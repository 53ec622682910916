package fencing

import (
	"maps"
	"slices"
)

// Demanded notes that a request is on its way to the record. An operator's word closes what
// is open on record when it is given, so it may miss one that was made without knowing of it.
func (e *Engine) Demanded(ev Event) { e.demanded[ev.ID] = ev }

// takeWords takes up the operators' words that are new on record. Each counts for every
// request to stop the same node that was made before it was known here, whichever of the
// two came to the record first.
func (e *Engine) takeWords(events []Event, first bool) {
	for _, word := range events {
		if word.State != Success || word.Delegate != Operator || !word.Action.Stops() || e.words[word.ID] {
			continue
		}
		e.words[word.ID] = true
		if first {
			continue // given before this engine was there: closed all that was open
		}
		for _, id := range slices.Sorted(maps.Keys(e.demanded)) {
			if ev := e.demanded[id]; ev.Target == word.Target && ev.Action.Stops() {
				e.vouched[id] = true
			}
		}
		for _, r := range e.sorted() {
			if r.Target == word.Target && r.Action.Stops() {
				e.success(r, Operator, "")
			}
		}
	}
}
