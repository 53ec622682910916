package daemon

import (
	"errors"

	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/watchdog"
)

var errCannotReset = errors.New("this node has no way to reset itself")

// reset ends the machine. The log line is the last thing that the node says.
func (d *Daemon) reset(reason string) {
	d.log.Error("this node resets itself now", "node", d.cfg.Self.Name, "reason", reason)
	err := errCannotReset
	if d.ports.Reset != nil {
		err = d.ports.Reset(reason)
	}
	if err != nil {
		d.log.Error("this node could not reset itself: switch it off by hand, what runs here may run elsewhere too", "node", d.cfg.Self.Name, "reason", reason, "error", err)
	}
}

// tellLastReset reports after a boot why this node had reset itself before it.
func (d *Daemon) tellLastReset() {
	if n, ok := watchdog.TakeNote(d.cfg.Root); ok {
		d.notice(crmd.Notice{Level: crmd.Warning, Kind: "fence", Node: d.cfg.Self.Name, Text: n.String(), Keys: []string{"node", string(d.cfg.Self.Name)}})
	}
}
