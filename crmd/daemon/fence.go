package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
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
	if s.Quorate || len(d.cfg.Cluster.Nodes) != 2 || len(s.Members) != 2 {
		return 0
	}
	other := crm.NodeID(0)
	for _, m := range s.Members {
		switch {
		case m.Role != "voter":
			return 0
		case m.ID != d.cfg.Self.ID:
			other = m.ID
		}
	}
	return other
}

// Fence puts a request on record and waits until it is closed, or ctx is over. It may be
// asked on any node that has a quorum. The error says why there is no request, or that its
// end was not waited for; a request that failed is no error (see Event.State).
func (d *Daemon) Fence(ctx context.Context, ev fencing.Event) (fencing.Event, error) {
	if _, ok := d.peerID(ev.Target); !ok {
		return ev, &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("node %q is not a member of the cluster", ev.Target)}
	}
	if s := d.agreement.Status(); !s.Quorate {
		return ev, &api.RemoteError{ExitCode: exitNotConnected, Message: "nothing is fenced by hand without quorum: " + s.QuorumReason}
	}
	ev.ID, ev.State, ev.Origin, ev.Requested, ev.Once = "fence-"+newSeed(), fencing.Pending, d.cfg.Self.Name, time.Now(), true
	if ev.Client == "" {
		ev.Client = fencing.ClientOperator
	}
	changed := d.replica.watch()
	defer d.replica.unwatch(changed)
	data, err := d.agreement.Submit(ctx, cib.EncodeCommand(cib.Command{ID: ev.ID, Origin: d.cfg.Self.Name, Client: ev.Client, Now: time.Now(), Ops: fencing.RecordOps(d.replica.Current(), ev)}))
	if err == nil {
		var r cib.Response
		if r, err = cib.DecodeResponse(data); err == nil && r.ExitCode != 0 {
			err = errors.New(r.Error)
		}
	}
	if err != nil {
		return ev, &api.RemoteError{ExitCode: exitNotConnected, Message: fmt.Sprintf("the request to fence %s is not on record, as far as is known: %v", ev.Target, err)}
	}
	for {
		if now, ok := fencing.Find(d.replica.Current(), ev.ID); ok && !now.Open() {
			return now, nil
		}
		select {
		case <-changed:
		case <-d.ended:
			return ev, errEnding
		case <-ctx.Done():
			return ev, &api.RemoteError{ExitCode: 124, Message: fmt.Sprintf("the request to fence %s is still open; it goes on: see stonith_admin --history %s", ev.Target, ev.Target)}
		}
	}
}
