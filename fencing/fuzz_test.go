package fencing

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
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

// FuzzHosts: whatever a device prints as its list of targets, and whatever its
// parameters say, a target is named or not, in bounded time.
func FuzzHosts(f *testing.F) {
	f.Add("n1,\nn2,alias\n", "n1:1;n2:2,3", "n1 n2")
	f.Add("1,plug one\n\n,", "n1:;:n2;;n1:a\\:b", "n1;n2\tn3")
	f.Add("\x00\r\nn1", ":", " ")
	f.Fuzz(func(t *testing.T, output, hosts, list string) {
		for _, name := range ParseList(output) {
			if name == "" {
				t.Errorf("ParseList(%q) names nothing", output)
			}
		}
		d := Device{Params: map[string]string{"pcmk_host_map": hosts, "pcmk_host_list": list, "pcmk_delay_base": hosts, "pcmk_delay_max": list}}
		for _, name := range d.Named() {
			if !d.Names(crm.NodeName(name)) {
				t.Errorf("map %q, list %q: %q is among the names, and is not named", hosts, list, name)
			}
		}
		d.Plug("n1")
		if d.delay("n1", "id") < 0 {
			t.Errorf("delays %q and %q: the device acts before it is asked", hosts, list)
		}
		d.Check(Agent{})
	})
}
