package bigcib

import (
	"slices"
	"strconv"

	"github.com/tactus-ha/tactus/cib"
)

// Result gives a snapshot with one more result: event 0 is that some recurring monitor
// found its resource stopped, event 1 that it runs, event 2 the same of another resource,
// and so on. In a CIB without recurring monitors, probes answer. All else is shared with
// the snapshot before.
func Result(before *cib.Snapshot, event int) *cib.Snapshot {
	root := before.Root()
	status := root.Child("status")
	for try := range 1000 * len(status.Children) {
		i := (event/2*7 + try) % len(status.Children)
		state := status.Children[i]
		lrm := state.Child("lrm")
		list := lrm.Child("lrm_resources")
		if list == nil || len(list.Children) == 0 {
			continue
		}
		k := (event/2*13 + try) % len(list.Children)
		history, ok := answered(list.Children[k], event)
		if !ok {
			continue
		}
		list = with(list, k, history)
		state = replaced(state, lrm, lrm.WithChildren(list))
		snap, err := cib.NewSnapshot(replaced(root, status, with(status, i, state)))
		if err != nil {
			panic("bigcib: " + err.Error())
		}
		return snap
	}
	return before
}

// answered gives a history in which its last monitor has a new result.
func answered(history *cib.Element, event int) (*cib.Element, bool) {
	k := len(history.Children) - 1
	if k < 0 || history.Children[k].Get("operation") != "monitor" {
		return nil, false
	}
	op := history.Children[k]
	rc := op.Get("rc-code")
	if op.Get("interval") != "0" {
		if rc == "8" {
			return nil, false
		}
		rc = strconv.Itoa(7 * (1 - event%2))
	}
	key := op.Get("transition-key")
	op = op.With("rc-code", rc).With("transition-magic", "0:"+rc+";"+key).With("call-id", strconv.Itoa(1000000+event)).
		With("last-rc-change", strconv.FormatInt(Now().Unix()+int64(event), 10))
	return with(history, k, op), true
}

// with gives a copy of e with another child at k.
func with(e *cib.Element, k int, child *cib.Element) *cib.Element {
	children := slices.Clone(e.Children)
	children[k] = child
	return e.WithChildren(children...)
}

func replaced(e, old, fresh *cib.Element) *cib.Element {
	return with(e, slices.Index(e.Children, old), fresh)
}
