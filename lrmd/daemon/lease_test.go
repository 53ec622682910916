package daemon

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd/lease"
)

// TestLeaseOver: nobody renews the lease, and what runs is stopped without an order; an
// lrmd that was started anew does it too. What is exempt goes on. With a lease again orders
// are taken again.
func TestLeaseOver(t *testing.T) {
	root := newRoot(t, map[string]string{"Yes": "exit 0"})
	e := launch(t, root)
	l, err := lease.Open(lease.Path(root))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Exempt([]string{"kept"}); err != nil {
		t.Fatal(err)
	}
	c := e.dial()
	for _, id := range []string{"db", "kept"} {
		submit(t, c, order(id, "start", 0, "Yes"))
		expectResult(t, c, id+"_start_0", crm.OK)
	}
	l.Renew(time.Now().Add(50 * time.Millisecond))
	submit(t, c, order("kept", "monitor", 0, "Yes")) // the loop comes round, and sees the lease
	got := map[string]crm.ExitCode{}
	for range 2 { // on a slow machine the lease is over before the monitor is asked for
		r := result(t, c)
		got[r.Op.String()] = r.RC
	}
	if want := map[string]crm.ExitCode{"kept_monitor_0": crm.OK, "db_stop_0": crm.OK}; !maps.Equal(got, want) {
		t.Errorf("results %v, want %v", got, want)
	}
	if _, err := c.Submit(context.Background(), order("db", "start", 0, "Yes")); err == nil {
		t.Error("a start was taken without a lease")
	}
	l.Renew(time.Now().Add(time.Hour))
	submit(t, c, order("db", "start", 0, "Yes"))
	expectResult(t, c, "db_start_0", crm.OK)

	eventually(t, "the memory is written", func() bool {
		m, ok, err := loadMemory(StateDir(root), bootID())
		return err == nil && ok && len(m.Results) >= 3
	})
	e.stop()
	l.Renew(time.Now().Add(-time.Hour)) // it is over before the next lrmd is there
	c = launch(t, root).dial()
	expectResult(t, c, "db_stop_0", crm.OK)
}
