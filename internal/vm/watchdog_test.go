package vm_test

import (
	"context"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/internal/vm"
)

// The machines' watchdog fires after 10 s without food; the others wait 24 s. An emulated
// machine may stand still for seconds where the one that it runs on is busy.
const (
	watchdogSettings = "SBD_WATCHDOG_DEV=/dev/watchdog\nSBD_WATCHDOG_TIMEOUT=10\n"
	watchdogWait     = "24s"
)

// TestThreeMachinesWithWatchdogs: the machine that serves is cut off, and its policy lets
// it go on: it resets itself before the others take over. Another time its crmd hangs: its
// watchdog resets it, before the others take over. A third time its crmd is started again and again while it is cut
// off. Each time it boots, returns and joins.
func TestThreeMachinesWithWatchdogs(t *testing.T) {
	ctx := within(t)
	c := vm.ForTest(ctx, t, vm.Options{Nodes: 3, Files: []vm.File{{Name: "etc/default/sbd", Data: []byte(watchdogSettings)}}})
	c.StartDaemons(ctx)
	formed(ctx, c)
	c.Configure(ctx, "n1", vm.Section{Scope: "crm_config", XML: `<crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o1" name="stonith-enabled" value="true"/>` +
		`<nvpair id="o2" name="stonith-watchdog-timeout" value="` + watchdogWait + `"/><nvpair id="o3" name="no-quorum-policy" value="freeze"/></cluster_property_set></crm_config>`})
	c.Until(ctx, "all machines have told that they have a watchdog", func() bool {
		told := 0
		var attributes []api.Attribute
		err := c.Machine("n1").API().Get(ctx, "/v1/attributes", url.Values{"name": {"#watchdog"}}, &attributes)
		for _, a := range attributes {
			if a.Value == "true" {
				told++
			}
		}
		return err == nil && told == 3
	})
	c.Configure(ctx, "n1", vm.Section{Scope: "resources", XML: "<resources>" + beating + "</resources>"}, vm.Section{Scope: "constraints", XML: onFirst})
	c.Until(ctx, "the service runs on n1 and the cluster is idle", func() bool { return servedSince(c, "n1", time.Time{}) && idle(ctx, c) })
	n1 := c.Machine("n1")
	restartsAreHarmless(ctx, t, c)

	boots, _ := n1.AwaitBoot(ctx, 0)
	began := time.Now()
	n1.Cut()
	takenOver(ctx, t, c, began)
	returns(ctx, t, c, n1, boots)
	c.Until(ctx, "n1 serves again", func() bool { return servedSince(c, "n1", time.Now().Add(-time.Second)) && idle(ctx, c) })

	boots, _ = n1.AwaitBoot(ctx, 0)
	began = time.Now()
	c.Timeline.Add("n1", "crmd is stopped (SIGSTOP)")
	if err := n1.Signal(ctx, "crmd", syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	takenOver(ctx, t, c, began)
	returns(ctx, t, c, n1, boots)
	c.Until(ctx, "n1 serves again", func() bool { return servedSince(c, "n1", time.Now().Add(-time.Second)) && idle(ctx, c) })

	boots, _ = n1.AwaitBoot(ctx, 0)
	began = time.Now()
	n1.Cut()
	startedAgainAndAgain(ctx, t, c, began)
	takenOver(ctx, t, c, began)
	returns(ctx, t, c, n1, boots)
}

// startedAgainAndAgain kills crmd of n1 and starts it again, faster than the watchdog fires,
// until the machine resets itself: being started anew gives no more time.
func startedAgainAndAgain(ctx context.Context, t *testing.T, c *vm.Cluster, cut time.Time) {
	t.Helper()
	n1 := c.Machine("n1")
	reset := func() bool { return len(resets(c, cut)) > 0 }
	for !reset() {
		lived := time.Now()
		c.Until(ctx, "it is time to kill n1's crmd, or n1 has reset itself", func() bool { return reset() || time.Since(lived) >= 2500*time.Millisecond })
		c.Timeline.Add("n1", "crmd is killed and started again")
		killed := time.Now()
		if err := n1.Signal(ctx, "crmd", syscall.SIGKILL); err != nil {
			return // the machine is no more
		}
		c.Until(ctx, "crmd of n1 is gone, or n1 is", func() bool { _, gone := c.Timeline.First(killed, "n1", "crmd ended"); return gone || reset() })
		if err := n1.Start(ctx, "crmd", "/usr/sbin/crmd"); err != nil {
			return
		}
	}
}

// restartsAreHarmless kills crmd on one machine and starts it again, and stops it in order on
// another: neither watchdog fires.
func restartsAreHarmless(ctx context.Context, t *testing.T, c *vm.Cluster) {
	t.Helper()
	began := time.Now()
	for _, step := range []struct {
		machine string
		sig     syscall.Signal
		pause   time.Duration // between the end and the start
	}{{"n2", syscall.SIGKILL, 0}, {"n3", syscall.SIGTERM, 13 * time.Second}} {
		c.Timeline.Add(step.machine, "crmd gets signal %d", step.sig)
		if err := c.Machine(step.machine).Signal(ctx, "crmd", step.sig); err != nil {
			t.Fatal(err)
		}
		c.Until(ctx, "crmd of "+step.machine+" is gone", func() bool { _, gone := c.Timeline.First(began, step.machine, "crmd ended"); return gone })
		gone := time.Now()
		c.Until(ctx, "it is time to start it again", func() bool { return time.Since(gone) >= step.pause })
		if err := c.Machine(step.machine).Start(ctx, "crmd", "/usr/sbin/crmd"); err != nil {
			t.Fatal(err)
		}
		formed(ctx, c)
	}
	if list := resets(c, began); len(list) > 0 {
		t.Errorf("machines that were reset because crmd was restarted: %v", list)
	}
}

// takenOver waits until another machine serves, and checks that n1 was reset before, and
// that no beat of it came after.
func takenOver(ctx context.Context, t *testing.T, c *vm.Cluster, since time.Time) {
	t.Helper()
	other := func() (vm.Beat, bool) {
		for _, b := range c.Beats() {
			if b.From != "n1" && b.At.After(since) {
				return b, true
			}
		}
		return vm.Beat{}, false
	}
	c.Until(ctx, "another machine serves", func() bool { _, ok := other(); return ok })
	first, _ := other()
	reset := momentOf(t, c, since, "n1", vm.ResetByItself)
	last, _ := c.LastBeat("n1", first.At.Add(time.Hour))
	c.Timeline.Add("test", "n1 was reset %.1f s, and last served %.1f s, before %s began to serve", first.At.Sub(reset).Seconds(), first.At.Sub(last.At).Seconds(), first.From)
	if !reset.Before(first.At) || !last.At.Before(first.At) {
		t.Errorf("n1 was reset at %v and last served at %v; %s began to serve at %v: want that after both", reset, last.At, first.From, first.At)
	}
	if list := resets(c, since); len(list) != 1 || list[0] != "n1" {
		t.Errorf("machines that were reset: %v, want n1 only", list)
	}
}
