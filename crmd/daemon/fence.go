package daemon

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// report tells the DC what came of the use of a fence device. The DC may be busy with an
// election: it is tried for a while.
func (d *Daemon) report(ctx context.Context, r crmd.Report) {
	payload, err := json.Marshal(r.Result)
	for pause := 100 * time.Millisecond; err == nil && pause < 20*time.Second; pause *= 2 {
		call, cancel := context.WithTimeout(ctx, callBound)
		_, failed := d.agreement.Call(call, r.To, callFenced, payload)
		cancel()
		if failed == nil || ctx.Err() != nil {
			return
		}
		d.log.Warn("the result of a fence device did not reach the DC, trying again", "error", failed)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if leader := d.agreement.Status().Leader; leader != 0 && leader != r.To {
			return // it was ordered under an authority that is over
		}
	}
}

func (d *Daemon) confirmOff(c crmd.ConfirmOff) {
	if err := d.agreement.Confirm(c.Node, c.Proof); err != nil {
		d.log.Warn("agreement was not told that a node is off", "node", c.Node, "error", err)
	}
}

// lone is the other one of two nodes, when it is gone and this one, a voter, cannot go on
// without a proof that it is off.
func (d *Daemon) lone(s consensus.Status) crm.NodeID {
	if s.Quorate || len(d.cfg.Cluster.Nodes) != 2 || d.cfg.Cluster.Witnesses() > 0 || len(s.Members) != 2 {
		return 0
	}
	other := crm.NodeID(0)
	for _, m := range s.Members {
		switch {
		case m.Role != "voter":
			return 0
		case m.ID != d.cfg.Self.ID && m.Votes >= s.Votes.Quorum:
			return 0 // it needs nobody to go on, and this node is no quorum: it may not fence
		case m.ID != d.cfg.Self.ID:
			other = m.ID
		}
	}
	return other
}
