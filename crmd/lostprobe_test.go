package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// TestDroppedProbeIsToldAfterTheStop: the executor drops a probe because the stop before it
// failed. The DC hears of that when the failed stop is in the CIB: had it decided before, it
// would probe again, and the probe would hide the failure.
func TestDroppedProbeIsToldAfterTheStop(t *testing.T) {
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
	now := time.Unix(1_780_000_000, 0)
	c.Step(now, CIBChanged{cib.Empty(now)})
	c.join.done, c.view.Leader = true, 2
	probe := crm.OpKey{Resource: "vip", Name: "monitor"}
	c.executor.inFlight["5:1:7:dc"] = &flight{order: Order{Key: "5:1:7:dc", Op: probe}}
	agent := lrmd.Agent{Class: "lsb", Type: "vip"}
	tag := ""
	acks := func(effects []Effect) (n int) {
		for _, e := range effects {
			switch e := e.(type) {
			case Commit:
				tag = e.Tag
			case Ack:
				n++
				if e.To != 2 || e.Key != "5:1:7:dc" || e.RC == crm.OK {
					t.Errorf("acknowledged: %+v, want the probe to n2 as failed", e)
				}
			}
		}
		return n
	}
	n := acks(c.Step(now, OpResult{lrmd.Result{Call: 4, Op: crm.OpKey{Resource: "vip", Name: "stop"}, Agent: agent, RC: crm.GenericError, Status: crm.ExecTimeout, LastRun: now, LastChange: now}}))
	n += acks(c.Step(now, OpResult{lrmd.Result{Call: 5, Op: probe, Agent: agent, RC: crm.UnknownExit, Status: crm.ExecCancelled, UserData: "5:1:7:dc", Removed: true}}))
	if n != 0 || tag == "" {
		t.Fatalf("the DC was told %d times before the failed stop was agreed on (commit %q), want 0", n, tag)
	}
	if n = acks(c.Step(now, Committed{Tag: tag})); n != 1 {
		t.Errorf("the DC was told %d times after the failed stop was agreed on, want 1", n)
	}
}
