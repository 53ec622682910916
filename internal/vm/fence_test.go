package vm_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/vm"
)

const properties = `<crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o1" name="stonith-enabled" value="true"/></cluster_property_set></crm_config>`

// device is a fence device of class stonith for both machines.
func device(agent string) string {
	return `<primitive id="fence" class="stonith" type="` + agent + `"><instance_attributes id="fence-p"><nvpair id="fence-p-1" name="pcmk_host_list" value="n1 n2 n3"/></instance_attributes>` +
		`<operations><op id="fence-m" name="monitor" interval="60s" timeout="60s"/></operations></primitive>`
}

const beating = `<primitive id="beat" class="ocf" provider="vm" type="beat"><operations><op id="beat-m" name="monitor" interval="5s" timeout="30s"/></operations></primitive>`

const onFirst = `<constraints><rsc_location id="l" rsc="beat" node="n1" score="10"/></constraints>`

// serving starts machines with daemons, whose service runs on n1.
func serving(ctx context.Context, t *testing.T, nodes int, resources string) *vm.Cluster {
	t.Helper()
	c := vm.ForTest(ctx, t, vm.Options{Nodes: nodes})
	c.StartDaemons(ctx)
	formed(ctx, c)
	c.Configure(ctx, "n1", vm.Section{Scope: "crm_config", XML: properties}, vm.Section{Scope: "resources", XML: "<resources>" + resources + beating + "</resources>"},
		vm.Section{Scope: "constraints", XML: onFirst})
	c.Until(ctx, "the service runs on n1 and the cluster is idle", func() bool { return servedSince(c, "n1", time.Time{}) && idle(ctx, c) })
	return c
}

func servedSince(c *vm.Cluster, name string, since time.Time) bool {
	last, ok := c.LastBeat(name, time.Now())
	return ok && last.At.After(since)
}

// idle reports whether the DC has nothing to do.
func idle(ctx context.Context, c *vm.Cluster) bool {
	for _, m := range c.Machines {
		if s := m.Status(ctx); string(s.DC) == m.Name {
			return s.State == "S_IDLE" && s.Transition.Pending == 0
		}
	}
	return false
}

// returns waits until a machine that was reset is up again, starts its daemons and waits
// until it takes part.
func returns(ctx context.Context, t *testing.T, c *vm.Cluster, m *vm.Machine, boots int) {
	t.Helper()
	if _, err := m.AwaitBoot(ctx, boots); err != nil {
		t.Fatal(err)
	}
	m.Mend()
	if err := m.StartDaemons(ctx); err != nil {
		t.Fatal(err)
	}
	formed(ctx, c)
}

// momentOf is when something happened to a machine after since.
func momentOf(t *testing.T, c *vm.Cluster, since time.Time, machine, what string) time.Time {
	t.Helper()
	m, ok := c.Timeline.First(since, machine, what)
	if !ok {
		t.Fatalf("%s: never %q", machine, what)
	}
	return m.At
}

// never reports an error when a machine was reset after since.
func never(t *testing.T, c *vm.Cluster, since time.Time, machine, what string) {
	t.Helper()
	if m, ok := c.Timeline.First(since, machine, what); ok {
		t.Errorf("%s: %s, want never", machine, m.What)
	}
}

// TestTwoMachinesFenceByTheMonitor: the cable between two machines breaks. The one that
// serves resets the other by the emulator's monitor, goes on without a pause, and is not
// reset itself; the other one boots, returns and joins. Then the kernel of the first dies.
func TestTwoMachinesFenceByTheMonitor(t *testing.T) {
	ctx := within(t)
	c := serving(ctx, t, 2, device("fence_vm"))
	n1, n2 := c.Machine("n1"), c.Machine("n2")
	boots, _ := n2.AwaitBoot(ctx, 0)
	cut := time.Now()
	n2.Cut()
	c.Until(ctx, "n1 goes on alone, and n2 was reset", func() bool {
		_, reset := c.Timeline.First(cut, "n2", vm.ResetByMonitor)
		return reset && n1.Status(ctx).Quorate
	})
	returns(ctx, t, c, n2, boots)
	never(t, c, cut, "n1", "RESET")
	never(t, c, cut, "n2", vm.Serves)
	if gap := longestGap(c, "n1", cut); gap > vm.Token {
		t.Errorf("the service of n1 paused for %v", gap)
	}
	kernelDies(ctx, t, c, n1)
}

// kernelDies lets the kernel of the machine that serves panic: the other one resets it by
// the monitor, and only then takes the service over; it boots, returns and joins.
func kernelDies(ctx context.Context, t *testing.T, c *vm.Cluster, m *vm.Machine) {
	t.Helper()
	boots, _ := m.AwaitBoot(ctx, 0)
	died := time.Now()
	c.Timeline.Add(m.Name, "its kernel dies (panic)")
	go m.Run(ctx, "sh", "-c", "echo c >/proc/sysrq-trigger") // nobody answers
	c.Until(ctx, "the service runs on n2", func() bool { return servedSince(c, "n2", died) })
	reset, served := momentOf(t, c, died, m.Name, vm.ResetByMonitor), momentOf(t, c, died, "n2", vm.Serves)
	if !reset.Before(served) {
		t.Errorf("n2 serves %v before %s was reset", reset.Sub(served), m.Name)
	}
	returns(ctx, t, c, m, boots)
	if list := resets(c, died); len(list) != 1 || list[0] != m.Name {
		t.Errorf("machines that were reset after the kernel died: %v, want %s only", list, m.Name)
	}
}

// longestGap is the longest time without a beat of a machine's service since a moment.
func longestGap(c *vm.Cluster, name string, since time.Time) (longest time.Duration) {
	last := since
	for _, b := range c.Beats() {
		if b.From == name && b.At.After(last) {
			longest, last = max(longest, b.At.Sub(last)), b.At
		}
	}
	return max(longest, time.Since(last))
}

// TestTwoMachinesFenceBySysrq: the daemons of the machine that serves hang. The other one
// has it reset by its own kernel, over the network, and only then takes the service over.
func TestTwoMachinesFenceBySysrq(t *testing.T) {
	ctx := within(t)
	c := serving(ctx, t, 2, device("fence_sysrq"))
	n1 := c.Machine("n1")
	for _, m := range c.Machines {
		if err := m.Start(ctx, "listener", "/init", "listen"); err != nil {
			t.Fatal(err)
		}
	}
	boots, _ := n1.AwaitBoot(ctx, 0)
	hang := time.Now()
	c.Timeline.Add("n1", "crmd and lrmd are stopped (SIGSTOP)")
	for _, daemon := range []string{"lrmd", "crmd"} {
		if err := n1.Signal(ctx, daemon, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	c.Until(ctx, "the service runs on n2", func() bool { return servedSince(c, "n2", hang) })
	reset, served := momentOf(t, c, hang, "n1", vm.ResetByItself), momentOf(t, c, hang, "n2", vm.Serves)
	if !reset.Before(served) {
		t.Errorf("n2 serves %v before n1 was reset", reset.Sub(served))
	}
	if last, ok := c.LastBeat("n1", served.Add(time.Second)); ok && !last.At.Before(served) {
		t.Errorf("n1 still serves at %v after n2 began", last.At.Sub(served))
	}
	returns(ctx, t, c, n1, boots)
	if text := strings.Join(resets(c, hang), " "); text != "n1" {
		t.Errorf("machines that were reset: %s; want n1 only", text)
	}
}

// resets lists the machines that were reset since a moment, in order.
func resets(c *vm.Cluster, since time.Time) (list []string) {
	for _, m := range c.Timeline.Moments() {
		if m.At.After(since) && strings.HasPrefix(m.What, "RESET") {
			list = append(list, m.Where)
		}
	}
	return list
}
