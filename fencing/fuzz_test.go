package fencing

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// FuzzHistory: whatever a replaced or restored CIB has in its record of fencing, it is read
// without a panic, and the operations made of it leave no open request behind that an
// operator confirmed, and every open one that a cleanup must keep.
func FuzzHistory(f *testing.F) {
	f.Add(`<fence_event id="1" action="reboot" target="n1" status="pending" requested="2026-01-02T03:04:05Z" delay="-1" once="true" attempts="3"/>`)
	f.Add(`<fence_event id="a'b" action="off" target="n1" status="success"/><fence_event id="a'b" status="failed" target="n1" completed="x"/>`)
	f.Add(`<fence_event/><other/><fence_event id="x" target="n1" status="pending" timeout="99999999999999999999"/>`)
	f.Fuzz(func(t *testing.T, events string) {
		root, err := cib.Parse([]byte(`<cib validate-with="pacemaker-3.9"><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status><fencing>` + events + `</fencing></status></cib>`))
		if err != nil {
			return
		}
		snap, err := cib.NewSnapshot(root)
		if err != nil {
			return
		}
		open := len(Requests(snap))
		if ops := CleanupOps(snap, ""); len(ops) > 0 {
			if next, _, err := snap.Apply(cib.Command{Ops: ops}); err == nil && len(Requests(next)) < open {
				t.Errorf("a cleanup leaves %d open requests of %d", len(Requests(next)), open)
			}
		}
		next, _, err := snap.Apply(cib.Command{Ops: ConfirmOps(snap, "n1", "new", "n2", "stonith_admin", time.Unix(1e9, 0))})
		if err != nil {
			return
		}
		for _, e := range Requests(next) {
			if e.Target == "n1" && e.Action.Stops() && e.ID != "" {
				t.Errorf("still open after an operator confirmed it: %+v", e)
			}
		}
	})
}
