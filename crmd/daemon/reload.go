package daemon

import (
	"bytes"
	"context"
	"slices"

	"github.com/tactus-ha/tactus/membership"
)

// reloads uses what can be used of a configuration that was read again: its keys.
func (d *Daemon) reloads(ctx context.Context) {
	keys := d.cfg.Cluster.Keys
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-d.cfg.Reload:
			if !slices.EqualFunc(c.Keys, keys, bytes.Equal) && d.rekey(c) {
				keys = c.Keys
			}
			if c.Digest() != d.cfg.Cluster.Digest() {
				d.log.Warn("the configuration has changed; it is used when crmd is started again", "file", c.Source)
			} else {
				d.log.Info("the configuration was read again", "file", c.Source, "keys", len(keys))
			}
		}
	}
}

// rekey changes the cluster's keys on this node.
func (d *Daemon) rekey(c membership.Config) bool {
	if err := d.heartbeats.SetKeys(c.Keys); err != nil {
		d.log.Error("the keys were not changed", "error", err)
		return false
	}
	if err := d.agreement.SetKeys(c.Keys); err != nil {
		d.log.Error("the keys were changed for heartbeats only: start crmd again", "error", err)
		return false
	}
	d.log.Info("the keys were changed", "accepted", len(c.Keys))
	return true
}
