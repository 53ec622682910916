package daemon

import (
	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crmd"
	why "github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/state"
)

// giveReasons adds to each action of a transition why it is done and what it waits for,
// by deciding again from the same input. What does not come out the same is left alone,
// and so is all of it when the input is forgotten.
func giveReasons(t *api.Transition, r crmd.Record) {
	if r.Snapshot == nil {
		return
	}
	defer func() {
		// Reasons are not worth a node.
		_ = recover()
	}()
	k := why.Of(state.Read(r.Snapshot, r.Now, state.ReadOptions{}))
	for i := range t.Actions {
		a := &t.Actions[i]
		told, ok := k.Explained(a.ID)
		if !ok || told.Node != string(a.Node) || a.Operation != told.Task {
			continue
		}
		a.Text = told.Text
		for _, f := range told.Why {
			a.Why = append(a.Why, f.Text)
		}
		for _, w := range told.After {
			if w.Tie != "" {
				w.Text += " (" + w.Tie + ")"
			}
			a.After = append(a.After, w.Text)
		}
	}
}
