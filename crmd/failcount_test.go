package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// TestFailedStartWithoutItsOrder: a start fails after its node's controller was started anew,
// which does not know the order. What the failure counts is what the configuration says: a
// resource whose starts may fail is not banned for ever.
func TestFailedStartWithoutItsOrder(t *testing.T) {
	for _, tc := range []struct{ fatal, ordered, want string }{
		{"", "", "INFINITY"},
		{"true", "", "INFINITY"},
		{"false", "", "value++"},
		{"false", "1", "value++"},
		{"false", "INFINITY", "INFINITY"}, // as it was when it was ordered
		{"true", "1", "value++"},
	} {
		c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}}, Seed: "seed"})
		now := time.Unix(1_780_000_000, 0)
		snap := cib.Empty(now)
		if tc.fatal != "" {
			next, _, err := snap.Apply(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: cib.New(cib.TagPropertySet, cib.AttrID, "o").WithChildren(
				cib.New(cib.TagNvpair, cib.AttrID, "o-f", cib.AttrName, "start-failure-is-fatal", cib.AttrValue, tc.fatal))}}})
			if err != nil {
				t.Fatal(err)
			}
			snap = next
		}
		c.Step(now, CIBChanged{snap})
		ops := c.countFailure(lrmd.Result{Call: 4, Op: crm.OpKey{Resource: "vip", Name: "start"}, RC: crm.GenericError, Status: crm.ExecTimeout, UserData: "5:1:0:dc"}, [2]string{tc.ordered})
		got := ""
		for _, op := range ops {
			for e := range op.Data.Walk() {
				if e.Get(cib.AttrName) == "fail-count-vip#start_0" {
					got = e.Get(cib.AttrValue)
				}
			}
		}
		if got != tc.want {
			t.Errorf("start-failure-is-fatal=%q, the order says %q: the failure counts %q, want %q", tc.fatal, tc.ordered, got, tc.want)
		}
	}
}
