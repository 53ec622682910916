package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// TestGoodbyeIsNotALie: a node that is told to leave while it has no quorum says goodbye only
// when it has stopped what it ran: the others take that for a proof, and start it themselves.
func TestGoodbyeIsNotALie(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(m *machine)
		want  Presence // of n1, as n2 sees it
	}{
		{"everything stops", func(*machine) {}, Left},
		{"a stop fails", func(m *machine) { m.rc["stop vip"] = crm.GenericError }, Dead},
		{"the executor is gone", func(m *machine) { m.gone = true; m.put(LRMDown{}) }, Dead},
		{"the executor goes meanwhile", func(m *machine) {
			m.hold = true
			m.w.pass(2 * time.Second)
			m.gone = true
			m.put(LRMDown{})
		}, Dead},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, 2)
			m := w.nodes[1]
			if !m.running["vip"] {
				t.Fatal("vip does not run on n1")
			}
			w.cut[1] = true
			m.put(ViewChanged{View{Few: true, Reason: "1 of 3"}})
			m.put(ShutdownWanted{Reason: "told to"})
			tc.spoil(m)
			w.pass(time.Minute)
			if !m.left {
				t.Fatal("n1 is still there")
			}
			if got := w.nodes[2].c.presence[1]; got != tc.want {
				t.Errorf("n2 takes n1 for %d, want %d; vip runs there: %v", got, tc.want, m.running["vip"])
			}
		})
	}
}

// TestWhoDiesWhileItLeavesHasNotLeft: a request to leave that stays would have the policy
// engine take a node that died for one that left, and what it ran start elsewhere unfenced.
func TestWhoDiesWhileItLeavesHasNotLeft(t *testing.T) {
	c := formed(t, 3, 2).nodes[2].c
	apply := func(ops ...cib.Op) {
		t.Helper()
		snap, _, err := c.snap.Apply(cib.Command{Ops: ops})
		if err != nil {
			t.Fatal(err)
		}
		c.snap = snap
	}
	p, _ := c.peerByID(1)
	apply(overrule("stonith-enabled", "true")...)
	apply(modify(cib.New(cib.TagNodeState, cib.AttrID, "1").WithChildren(cib.New(cib.TagTransient, cib.AttrID, "1").WithChildren(
		cib.New(cib.TagInstanceAttrs, cib.AttrID, "status-1").WithChildren(cib.New(cib.TagNvpair, cib.AttrID, "status-1-shutdown", cib.AttrName, "shutdown", cib.AttrValue, "1"))))))
	if c.attributeOf(p, "shutdown") == nil || !c.fencing() {
		t.Fatal("n1 has no request to leave, or nobody is fenced")
	}
	c.presence[1] = Dead
	apply(c.stateOps(p)...)
	if got := c.attributeOf(p, "shutdown"); got != nil {
		t.Errorf("a node that was lost still asks to leave: shutdown=%s", *got)
	}
}
