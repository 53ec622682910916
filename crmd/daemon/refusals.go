package daemon

import (
	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/membership/links"
)

// refusals lists what this node dropped since it started. Stand-ins of tests and of the
// simulator need not count.
func (d *Daemon) refusals() (list []api.Refusal) {
	if h, ok := d.heartbeats.(interface{ Refusals() []links.Refusals }); ok {
		for _, r := range h.Refusals() {
			list = append(list, api.Refusal{Kind: r.Word, Why: r.Text, Count: r.Count})
		}
	}
	if a, ok := d.agreement.(interface {
		Refused() (connections, messages uint64)
	}); ok {
		connections, messages := a.Refused()
		if connections > 0 {
			list = append(list, api.Refusal{Kind: "connection", Why: "connection of somebody who is no member", Count: connections})
		}
		if messages > 0 {
			list = append(list, api.Refusal{Kind: "message", Why: "message that no sound member sends", Count: messages})
		}
	}
	return list
}
