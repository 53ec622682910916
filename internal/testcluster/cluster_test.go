package testcluster

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every test's waits. It measures nothing: a slow machine may need much of it.
const patience = 5 * time.Minute

// resetArgument makes this program reset the node it runs on.
const resetArgument = "reset-this-node"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == resetArgument {
		resetNode()
		os.Exit(1)
	}
	Main(m)
}

// resetNode calls reboot(2), on a node of a test cluster only: process 1 must be such a
// node's init, and its namespace not the machine's first.
func resetNode() {
	const first = "pid:[4026531836]" // the inode that the kernel gives to the initial pid namespace
	space, err := os.Readlink("/proc/self/ns/pid")
	init, errInit := os.ReadFile("/proc/1/cmdline")
	if err == nil && errInit == nil && space != first && os.Getppid() == 1 && strings.HasPrefix(string(init), "node-") {
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
}

// TestNodesSeeEachOther shows the world itself: two networks, cut, mend, kill, boot.
func TestNodesSeeEachOther(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a", "b"}, Links: 2, Bin: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, b := c.Node("a"), c.Node("b")

	out, err := a.Run(ctx, "", "uname", "-n")
	if err != nil || strings.TrimSpace(out.Stdout) != "a" {
		t.Fatalf("host name = %q, %v; want a", out.Stdout, err)
	}
	Until(ctx, t, "a reaches b over both networks", func() bool { return reaches(ctx, t, a, b, 0) && reaches(ctx, t, a, b, 1) })
	if err := b.Cut(0); err != nil {
		t.Fatal(err)
	}
	if reaches(ctx, t, a, b, 0) {
		t.Fatal("network 0 is cut and a still reaches b over it")
	}
	Until(ctx, t, "network 1 is not cut", func() bool { return reaches(ctx, t, a, b, 1) })
	if err := b.Mend(0); err != nil {
		t.Fatal(err)
	}
	Until(ctx, t, "network 0 is mended", func() bool { return reaches(ctx, t, a, b, 0) })
	b.Kill()
	if reaches(ctx, t, a, b, 1) {
		t.Fatal("a dead node answers")
	}
	if err := b.Boot(); err != nil {
		t.Fatal(err)
	}
	Until(ctx, t, "b is back", func() bool { return reaches(ctx, t, a, b, 1) })
}

// reaches asks b's kernel for a refused TCP connection: an answer proves the path.
func reaches(ctx context.Context, t *testing.T, a, b *Node, network int) bool {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Run(ctx, "", bash, "-c", "timeout 1 bash -c '</dev/tcp/"+b.Addrs[network].String()+"/9'")
	if err != nil {
		t.Fatal(err)
	}
	return out.Code != 124 && strings.Contains(out.Stderr, "refused")
}

// TestLossInOneDirection: b loses what a sends it, on one link or both, and a hears b.
func TestLossInOneDirection(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a", "b", "c"}, Links: 2, Bin: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, b, third := c.Node("a"), c.Node("b"), c.Node("c")
	answers := func(from, to *Node, link int) bool {
		t.Helper()
		out, err := from.Run(ctx, "", "ping", "-c", "1", "-W", "1", to.Addrs[link].String())
		if err != nil {
			t.Fatal(err)
		}
		return out.Code == 0
	}
	Until(ctx, t, "all is well", func() bool { return answers(a, b, 0) && answers(a, b, 1) && answers(third, b, 0) })
	if err := b.Ignore([]*Node{a}, 1); err != nil {
		t.Fatal(err)
	}
	Until(ctx, t, "b, which ignores a on link 1, answers on link 0", func() bool { return answers(a, b, 0) })
	if answers(a, b, 1) {
		t.Error("b ignores a on link 1 and answers there")
	}
	if err := b.Ignore([]*Node{a}); err != nil {
		t.Fatal(err)
	}
	Until(ctx, t, "b, which ignores a, answers c", func() bool { return answers(third, b, 0) })
	if answers(a, b, 0) || answers(b, a, 1) {
		t.Error("b ignores a, and there are answers between them")
	}
	if err := b.Ignore(nil); err != nil {
		t.Fatal(err)
	}
	Until(ctx, t, "b, which ignores nobody any more, answers", func() bool { return answers(a, b, 0) && answers(b, a, 1) })
}

// TestDisks: a node's disk fills up and becomes read-only, for that node alone, and
// outlives its power.
func TestDisks(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a", "b"}, Bin: "/nonexistent", DiskSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write := func(n *Node, name string) string {
		t.Helper()
		out, err := n.Run(t.Context(), "", "dd", "if=/dev/zero", "of="+n.Path("var/lib/tactus/"+name), "bs=64k", "count=2")
		if err != nil {
			t.Fatal(err)
		}
		return out.Stderr
	}
	for _, step := range []struct {
		name string
		do   func(*Node) error
		says string // what writing on a meets
	}{
		{"new", func(*Node) error { return nil }, "copied"},
		{"full", (*Node).FillDisk, "No space left"},
		{"freed", (*Node).FreeDisk, "copied"},
		{"read-only", func(n *Node) error { return n.SetReadOnly(true) }, "Read-only"},
		{"read-only while it boots", func(n *Node) error { n.Kill(); return n.Boot() }, "Read-only"},
		{"writable", func(n *Node) error { return n.SetReadOnly(false) }, "copied"},
	} {
		if err := step.do(c.Node("a")); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := write(c.Node("a"), step.name); !strings.Contains(got, step.says) {
			t.Errorf("%s: writing on a says %q, want %q", step.name, got, step.says)
		}
		if got := write(c.Node("b"), step.name); !strings.Contains(got, "copied") {
			t.Errorf("a is %s: writing on b says %q", step.name, got)
		}
	}
	c.Node("a").Kill()
	if err := c.Node("a").Boot(); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Node("a").Run(t.Context(), "", "test", "-e", c.Node("a").Path("var/lib/tactus/freed")); err != nil || out.Code != 0 {
		t.Errorf("after a boot the disk is empty: %+v %v", out, err)
	}
}

// TestOrphansAreReaped shows that a node's init does pid 1's duty.
func TestOrphansAreReaped(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a"}, Bin: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a := c.Node("a")
	out, err := a.Run(ctx, "", "sh", "-c", "setsid sh -c 'echo $$; exec sleep 0.05' </dev/null 2>/dev/null & wait_for_nothing=1")
	if err != nil || strings.TrimSpace(out.Stdout) == "" {
		t.Fatalf("starting an orphan: %+v, %v", out, err)
	}
	orphan := strings.TrimSpace(out.Stdout)
	Until(ctx, t, "the orphan is gone", func() bool {
		got, err := a.Run(ctx, "", "test", "-e", "/proc/"+orphan)
		return err == nil && got.Code == 1
	})
}

// TestAbandonedRunsAreKilled: a program whose caller has given up does not go on.
func TestAbandonedRunsAreKilled(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a"}, Bin: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := c.Node("a")
	short, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := a.Run(short, "", "sleep", "1000")
		ended <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	Until(ctx, t, "the program runs", func() bool { return len(a.PIDs()) == 1 })
	stop()
	if err := <-ended; err == nil {
		t.Error("Run = nil after its context ended, want an error")
	}
	Until(ctx, t, "the program is gone", func() bool { return len(a.PIDs()) == 0 })
}

// TestEveryBootHasItsID: programs tell a machine that was booted from one that was not.
func TestEveryBootHasItsID(t *testing.T) {
	c, err := New(Options{Nodes: []string{"a", "b"}, Bin: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	id := func(node string) string {
		t.Helper()
		out, err := c.Node(node).Run(t.Context(), "", "cat", "/proc/sys/kernel/random/boot_id")
		if err != nil || len(strings.TrimSpace(out.Stdout)) != len("01234567-0123-0123-0123-0123456789ab") {
			t.Fatalf("the boot id of %s: %+v, %v", node, out, err)
		}
		return out.Stdout
	}
	first := id("a")
	if again, other := id("a"), id("b"); again != first || other == first {
		t.Errorf("a has the boot ids %q and %q, b has %q: want a's to stay, and another one for b", first, again, other)
	}
	c.Node("a").Kill()
	if err := c.Node("a").Boot(); err != nil {
		t.Fatal(err)
	}
	if now := id("a"); now == first {
		t.Errorf("a was booted and has the boot id %q still", now)
	}
}
