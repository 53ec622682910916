package daemon

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/lrmd"
)

// mute is an lrmd that is there, and answers while it does not hang.
type mute struct {
	Executor // what is not needed here
	hangs    atomic.Bool
	done     chan struct{}
}

func (m *mute) Done() <-chan struct{} { return m.done }
func (m *mute) Stats(ctx context.Context) (lrmd.Stats, error) {
	if m.hangs.Load() {
		<-ctx.Done()
		return lrmd.Stats{}, ctx.Err()
	}
	return lrmd.Stats{}, nil
}

// TestAnExecutorThatHangs: with fencing an lrmd that does not answer twice in a row counts as
// gone. Without, nobody else could stop what runs here: it is told, and not given up before it
// answers again. Then it counts as gone for a moment, as what it was ordered meanwhile was given up.
func TestAnExecutorThatHangs(t *testing.T) {
	for _, tc := range []struct {
		name    string
		fencing string
		hangs   time.Duration
		hanging bool // it counts as gone while it hangs
		want    bool // and in the end
	}{
		{"it answers", "true", 0, false, false},
		{"one answer is missing", "true", executorPulse + executorBound/2, false, false},
		{"two are missing", "true", time.Minute, true, true},
		{"one answer is missing, fencing off", "false", executorPulse + executorBound/2, false, false},
		{"two are missing, fencing off", "false", time.Minute, false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				d := &Daemon{log: slog.New(slog.DiscardHandler), replica: NewReplica(func() {})}
				d.replica.Apply(1, cib.EncodeCommand(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: cib.New(cib.TagPropertySet, cib.AttrID, "s").WithChildren(
					cib.New(cib.TagNvpair, cib.AttrID, "f", cib.AttrName, "stonith-enabled", cib.AttrValue, tc.fencing))}}}))
				m := &mute{done: make(chan struct{})}
				m.hangs.Store(tc.hangs > 0)
				silent := d.silent(ctx, m)
				gone := func() bool {
					synctest.Wait()
					select {
					case <-silent:
						return true
					default:
						return false
					}
				}
				time.Sleep(tc.hangs)
				if got := gone(); got != tc.hanging {
					t.Errorf("lrmd hangs, and counts as gone: %v, want %v", got, tc.hanging)
				}
				m.hangs.Store(false)
				time.Sleep(time.Minute)
				if got := gone(); got != tc.want {
					t.Errorf("lrmd answers, and counts as gone: %v, want %v", got, tc.want)
				}
			})
		})
	}
}
