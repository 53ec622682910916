package acceptance

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/client"
)

// stamp is the authority under which orders are given now, as a node knows it.
func (w *world) stamp(node string) crm.Stamp {
	w.Helper()
	c := api.NewClient(w.Node(node).Path("run/tactus/crmd.sock"))
	defer c.Close()
	st, err := c.Status(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	return st.Stamp
}

// stopUnder orders a node's lrmd to stop a resource, under an authority of the test's choice.
func (w *world) stopUnder(node, resource string, s crm.Stamp) (stats lrmd.Stats, refused error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	e, err := client.Dial(ctx, w.Node(node).Path("run/tactus/lrmd.sock"))
	if err != nil {
		w.Fatal(err)
	}
	defer e.Close()
	_, refused = e.Submit(ctx, lrmd.Order{Stamp: s, Op: crm.OpKey{Resource: crm.ResourceID(resource), Name: "stop"},
		Agent: lrmd.Agent{Class: "ocf", Provider: "tactus", Type: "Dummy"}, Timeout: 5 * time.Second, UserData: "9:9:0:a-dc-of-old"})
	if stats, err = e.Stats(ctx); err != nil {
		w.Fatal(err)
	}
	return stats, refused
}

// wantRefused asks that a node's lrmd refuses an old authority, counts and logs that.
func (w *world) wantRefused(node string, old crm.Stamp) {
	w.Helper()
	stats, err := w.stopUnder(node, "a", old)
	var stale *lrmd.StaleStampError
	if !errors.As(err, &stale) || stats.Stale == 0 {
		w.Fatalf("an order of %s on %s: %v, %d refused; want a refusal that is counted", old, node, err, stats.Stale)
	}
	w.contains(w.logOf(node, "lrmd"), `msg="order refused" stamp=`+old.String())
}

// TestOrdersOfAPausedDC: the DC stands still for seconds, or for half a minute, and wakes;
// another one has given orders meanwhile. What the old one orders then is refused by every
// executor, before and after executors and controllers were killed.
func TestOrdersOfAPausedDC(t *testing.T) {
	for _, pause := range []time.Duration{5 * time.Second, 30 * time.Second} {
		t.Run(pause.String(), func(t *testing.T) { pausedDC(t, pause) })
	}
}

func pausedDC(t *testing.T, pause time.Duration) {
	w := trio(t, nil)
	dc := w.dc("server1")
	old := w.stamp(dc)
	if err := w.Node(dc).Signal("crmd", syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	asked := map[bool]string{true: "server2", false: "server1"}[dc == "server1"]
	w.until("another DC acts", func() bool { now := w.dc(asked); return now != "" && now != dc })
	w.until("everything runs once", func() bool {
		return w.where(asked, "a") != "" && w.where(asked, "ip") != "" && w.stamp(asked) != old
	})
	time.Sleep(pause) // the length of the pause is the case
	if err := w.Node(dc).Signal("crmd", syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.awaitMembers(3)
	w.settled()
	if now := w.stamp(dc); !old.Less(now) {
		t.Fatalf("stamp %s after the pause, %s before", now, old)
	}
	for _, n := range w.Nodes {
		w.until("the new DC's orders reached "+n.Name, func() bool {
			stats, _ := w.stopUnder(n.Name, "none", crm.Stamp{})
			return old.Less(stats.Stamp)
		})
		w.wantRefused(n.Name, old)
	}
	for _, daemon := range []string{"lrmd", "crmd"} {
		w.end("server1", daemon, syscall.SIGKILL)
		w.begin("server1", daemon)
		w.until("both daemons answer", func() bool {
			e, err := client.Dial(w.ctx, w.Node("server1").Path("run/tactus/lrmd.sock"))
			if err == nil {
				e.Close()
			}
			return err == nil && w.dc("server1") != ""
		})
		w.awaitMembers(3)
		w.wantRefused("server1", old)
	}
	w.settled()
}

// TestCutOffControllerOfOldKnowledge: a controller is started anew on a node that is cut
// off from the others. It knows of no authority as new as the one that its executor saw
// last, and still stops what runs there.
func TestCutOffControllerOfOldKnowledge(t *testing.T) {
	w := trio(t, nil)
	w.cutOff("server1")
	w.until("server1 has stopped what it ran", func() bool { return !w.active("server1", "a") })
	w.reconnect("server1")
	w.awaitMembers(3)
	w.settled()
	// An authority that no controller here has heard of.
	newest := w.stamp("server1")
	newest.Term += 1000
	if _, err := w.stopUnder("server1", "none", newest); err != nil {
		t.Fatal(err)
	}
	w.end("server1", "crmd", syscall.SIGKILL)
	w.cutOff("server1")
	w.begin("server1", "crmd")
	w.until("server1 has stopped what it ran", func() bool { return !w.active("server1", "a") && !strings.Contains(w.holders(vip), "server1") })
}
