package daemon

import (
	"context"
	"log/slog"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// hearing is who hears events, and what nobody has heard yet.
type hearing struct {
	subscribers []*conn
	unheard     []lrmd.Message
	toStart     []lrmd.Effect
}

// maxUnheard bounds the events that wait for a subscriber. All that they tell of the
// present is in the executor's state too.
const maxUnheard = 10_000

// report logs a result and tells it.
func (d *daemon) report(res lrmd.Result) {
	level := slog.LevelInfo
	if res.Status != crm.ExecDone && res.Status != crm.ExecCancelled {
		level = slog.LevelWarn
	}
	args := []any{"resource", res.Op.Resource, "op", res.Op.Name, "interval", res.Op.Interval, "rc", int(res.RC), "status", res.Status.String(),
		"queue_ms", res.QueueTime.Milliseconds(), "exec_ms", res.ExecTime.Milliseconds(), "call", res.Call}
	if res.UserData != "" { // the transition key: whose log tells why
		args = append(args, "order", res.UserData)
	}
	if res.ExitReason != "" {
		args = append(args, "reason", res.ExitReason)
	}
	d.log.Log(context.Background(), level, "result", args...)
	d.changed()
	d.tell(lrmd.Message{Result: &res})
}

// tell sends an event to every subscriber, or keeps it for the next one.
func (d *daemon) tell(m lrmd.Message) {
	told := false
	for _, c := range d.heard.subscribers {
		told = c.send(m) || told
	}
	if told {
		return
	}
	if len(d.heard.unheard) >= maxUnheard {
		d.heard.unheard = d.heard.unheard[1:]
		d.stats.UnheardOut++
	}
	d.heard.unheard = append(d.heard.unheard, m)
}

// subscribe makes c hear all events, first the unheard ones.
func (d *daemon) subscribe(c *conn) {
	d.heard.subscribers = append(d.heard.subscribers, c)
	unheard := d.heard.unheard
	d.heard.unheard = nil
	for _, m := range unheard {
		d.tell(m)
	}
}

// unsubscribe removes c. Events it did not get are kept, unless somebody else heard them.
func (d *daemon) unsubscribe(c *conn, unsent []lrmd.Message) {
	kept := d.heard.subscribers[:0]
	was := false
	for _, s := range d.heard.subscribers {
		if s == c {
			was = true
			continue
		}
		kept = append(kept, s)
	}
	d.heard.subscribers = kept
	if was && len(kept) == 0 {
		d.heard.unheard = append(unsent, d.heard.unheard...)
	}
}

// promotionScore is the native agents' hook; it is called from a run's goroutine.
func (d *daemon) promotionScore(resource crm.ResourceID, score string, drop bool) {
	d.do(func() {
		d.tell(lrmd.Message{Score: &lrmd.PromotionScore{Resource: resource, Score: score, Delete: drop}})
	})
}

// do has the loop call f and waits for it; after the loop's end it does nothing.
func (d *daemon) do(f func()) {
	done := make(chan struct{})
	select {
	case d.calls <- func() { f(); close(done) }:
		<-done
	case <-d.over:
	}
}
