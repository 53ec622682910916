package testcluster

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// powered is a cluster without daemons whose nodes note that they woke.
func powered(t *testing.T, nodes ...string) (c *Cluster, fence func(from, action, plug string, params ...string) Output) {
	t.Helper()
	c, err := New(Options{Nodes: nodes, Bin: "/nonexistent", Wake: func(n *Node) error {
		return n.Start("woken", nil, "sleep", "1000")
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, func(from, action, plug string, params ...string) Output {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		in := strings.Join(append(params, "action="+action, "plug="+plug), "\n") + "\n"
		out, err := c.Node(from).Run(ctx, in, filepath.Join(c.Node(from).Root, "usr/sbin", PowerAgent))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// TestPowerSwitch: off is off until on; reboot is both; the agent answers like others.
func TestPowerSwitch(t *testing.T) {
	c, fence := powered(t, "a", "b")
	b := c.Node("b")
	for _, step := range []struct {
		action, plug string
		code         int
		says         string
		up           bool
	}{
		{"metadata", "", 0, `<action name="off"/>`, true},
		{"monitor", "", 0, "", true},
		{"list", "", 0, "a,outlet 1\nb,outlet 2\n", true},
		{"status", "b", 0, "ON", true},
		{"off", "b", 0, "Success: off", false},
		{"status", "b", 2, "OFF", false},
		{"off", "b", 0, "Success: off", false},
		{"on", "b", 0, "Success: on", true},
		{"status", "b", 0, "ON", true},
		{"reboot", "b", 0, "Success: reboot", true},
		{"off", "nobody", 1, `no outlet "nobody"`, true},
		{"dance", "b", 1, `unknown action "dance"`, true},
	} {
		got := fence("a", step.action, step.plug)
		if got.Code != step.code || !strings.Contains(got.Stdout+got.Stderr, step.says) {
			t.Errorf("%s %s = %+v, want code %d and %q", step.action, step.plug, got, step.code, step.says)
		}
		if b.Up() != step.up {
			t.Errorf("after %s %s: b is up = %v, want %v", step.action, step.plug, b.Up(), step.up)
		}
	}
	if pids := b.PIDs(); len(pids) != 1 {
		t.Errorf("after a reboot %d processes run on b, want the one that wakes with it", len(pids))
	}
	if uses := c.Power.Uses(); len(uses) != 11 || uses[3].Action != "off" || uses[3].From != "a" || uses[3].Plug != "b" {
		t.Errorf("Uses = %+v, want eleven, the fourth off of b from a", uses)
	}
}

// TestPowerSwitchFaults: each way in which a switch can fail its users.
func TestPowerSwitchFaults(t *testing.T) {
	c, fence := powered(t, "a", "b", "c")
	b := c.Node("b")
	for _, tc := range []struct {
		name   string
		fault  Fault
		from   string
		code   int
		says   string
		killed bool
	}{
		{"refuses", Fault{Fail: "authentication failed"}, "a", 1, "authentication failed", false},
		{"lies", Fault{Lie: true}, "a", 0, "Success: off", false},
		{"loses its answer", Fault{Lost: true}, "a", 1, "connection to the switch lost", true},
		{"is slow", Fault{Delay: 50 * time.Millisecond}, "a", 0, "Success: off", true},
		{"fails for another node", Fault{Fail: "no", From: []string{"c"}}, "a", 0, "Success: off", true},
		{"fails another action", Fault{Fail: "no", Actions: []string{"on"}}, "a", 0, "Success: off", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.Power.SetFaults("b", tc.fault)
			began := time.Now()
			got := fence(tc.from, "off", "b")
			if got.Code != tc.code || !strings.Contains(got.Stdout+got.Stderr, tc.says) || b.Up() == tc.killed {
				t.Errorf("off = %+v, b is up = %v; want code %d, %q, killed %v", got, b.Up(), tc.code, tc.says, tc.killed)
			}
			if took := time.Since(began); took < tc.fault.Delay {
				t.Errorf("it took %v, want at least %v", took, tc.fault.Delay)
			}
			c.Power.SetFaults("b")
			fence("a", "on", "b")
		})
	}
	if got := fence("a", "off", "b", "fail=the device's own parameter"); got.Code != 1 || !b.Up() {
		t.Errorf("off with fail= %+v, b is up = %v", got, b.Up())
	}
}

// TestPowerSwitchHangs: an answer that never comes, until the fault is mended.
func TestPowerSwitchHangs(t *testing.T) {
	c, fence := powered(t, "a", "b")
	c.Power.SetFaults("", Fault{Hang: true})
	done := make(chan Output)
	go func() { done <- fence("a", "off", "b") }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	Until(ctx, t, "the switch was asked", func() bool { return len(c.Power.Uses()) == 1 })
	if c.Power.Uses()[0].Code != -1 || !c.Node("b").Up() {
		t.Error("a switch that hangs has acted or answered")
	}
	c.Power.SetFaults("")
	if got := <-done; got.Code == 0 || !c.Node("b").Up() {
		t.Errorf("off = %+v, b is up = %v; want a failure and b untouched", got, c.Node("b").Up())
	}
}

// TestBrokenMachine: power comes back and the machine does not, until it is mended.
func TestBrokenMachine(t *testing.T) {
	c, fence := powered(t, "a", "b")
	c.Power.KeepDown("b", true)
	if got := fence("a", "reboot", "b"); got.Code != 0 || c.Node("b").Up() {
		t.Errorf("reboot = %+v, b is up = %v; want done and down", got, c.Node("b").Up())
	}
	if got := fence("a", "status", "b"); got.Code != 0 {
		t.Errorf("status = %+v, want on", got)
	}
	c.Power.KeepDown("b", false)
	if !c.Node("b").Up() {
		t.Error("b was mended and has power, and is down")
	}
}

// TestSelfReset: a node that calls reboot(2) ends alone and comes back by itself.
func TestSelfReset(t *testing.T) {
	c, _ := powered(t, "a", "b")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b := c.Node("b")
	if b.Resets() != 0 {
		t.Fatal("b has reset itself before it was told to")
	}
	// From inside the node's namespaces this ends the node's init, and nothing else.
	_, _ = b.Run(ctx, "", "/proc/1/exe", resetArgument)
	Until(ctx, t, "b has reset itself and is back", func() bool { return b.Resets() == 1 && len(b.PIDs()) == 1 })
	if !c.Node("a").Up() || c.Node("a").Resets() != 0 {
		t.Error("a went down with b")
	}
}
