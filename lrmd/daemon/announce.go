package daemon

import (
	"context"

	"github.com/tactus-ha/tactus/agents/native"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// announce tells the network anew where the addresses are that are active here. Nobody
// waits for that, and one that cannot be told is logged.
func (d *daemon) announce(req lrmd.Request) lrmd.Message {
	for _, o := range d.executor.Addresses() {
		if o.Params["ip"] == "" {
			continue // IPv6addr names it otherwise; IPv6's own discovery finds a node that is gone
		}
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), lrmd.DefaultTimeout)
			defer cancel()
			res := native.Announce(ctx, native.Request{Agent: o.Agent.Type, Action: "announce", Resource: o.Op.Resource, Params: o.Params, Hooks: d.runner.Hooks})
			if res.RC != crm.OK {
				d.agentLog(o.Op.Resource, "telling the network anew where it is: "+res.ExitReason)
			}
		}()
	}
	return lrmd.Message{ID: req.ID}
}
