package daemon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// leaseCheck is how long a lapsed lease is left alone before it is looked at again.
const leaseCheck = 100 * time.Millisecond

// leaseEnds is when to look at the lease again; ok is false when there is none to keep.
func (d *daemon) leaseEnds() (at time.Time, ok bool) {
	if d.lease == nil {
		return at, false
	}
	left, ok := d.lease.Left()
	if !ok && !d.lapsed {
		return at, false
	}
	if d.lapsed {
		left = max(left, leaseCheck)
	}
	return time.Now().Add(left), true
}

// keepLease stops what runs here when crmd has not renewed the lease, and takes orders
// again when it has. The addresses are gone a few milliseconds after the lease is over, or
// after this machine runs again.
func (d *daemon) keepLease(ctx context.Context) {
	if d.lease == nil {
		return
	}
	left, kept := d.lease.Left()
	switch over := kept && left <= 0; {
	case over && !d.lapsed:
		d.lapsed = true
		exempt, err := d.lease.Exempted()
		if err != nil {
			d.log.Warn("which resources must not be touched cannot be read: none is exempt", "error", err)
		}
		ids := make([]crm.ResourceID, len(exempt))
		for i, id := range exempt {
			ids[i] = crm.ResourceID(id)
		}
		underWay := d.executor.Stopping()
		stopping, effects := d.executor.Lapse(time.Now(), ids)
		// A stop that begins now may take long, and others may serve by now.
		killed := 0
		if d.cfg.Reap {
			killed = d.runner.KillServices(slices.DeleteFunc(slices.Clone(stopping), func(id crm.ResourceID) bool { return slices.Contains(underWay, id) }))
		}
		d.carryOut(ctx, effects)
		d.log.Error("this node's right to run resources is over: it was not heard, or crmd did not run, for too long; others may have taken over, so what runs here is stopped",
			"over_for", (-left).Round(time.Millisecond).String(), "resources", joinIDs(stopping), "killed", killed)
	case !over && d.lapsed:
		d.lapsed = false
		d.executor.Resume()
		d.log.Info("this node may run resources again")
	}
}

func joinIDs(ids []crm.ResourceID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, " ")
}
