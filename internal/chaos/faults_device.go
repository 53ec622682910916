package chaos

import (
	"context"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// fillDisk takes all free blocks of a node's disk for a while.
func fillDisk(ctx context.Context, r *round) {
	n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
	length := r.between(2*time.Second, 12*time.Second)
	r.tell("the disk of %s is full for %v", n.Name, length)
	r.try(n.FillDisk())
	if r.dice.IntN(3) == 0 {
		r.sleep(ctx, length/2)
		r.tell("kill -9 of crmd on %s: it starts with a full disk", n.Name)
		r.try(n.Signal("crmd", syscall.SIGKILL))
	}
	r.sleep(ctx, length)
	r.try(n.FreeDisk())
}

// readOnly lets a node's daemons start while their disk cannot be written.
func readOnly(ctx context.Context, r *round) {
	n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
	length := r.between(2*time.Second, 8*time.Second)
	r.tell("kill -9 of crmd and lrmd on %s; its disk is read-only for %v", n.Name, length)
	r.w.keeper.hold(n.Name, n.Daemons()...)
	for _, daemon := range n.Daemons() {
		r.try(n.Signal(daemon, syscall.SIGKILL))
		r.try(n.Wait(daemon))
	}
	r.try(n.SetReadOnly(true))
	r.w.keeper.release(n.Name, n.Daemons()...)
	r.sleep(ctx, length)
	r.tell("the disk of %s can be written again", n.Name)
	r.try(n.SetReadOnly(false))
}

// brokenDevice lets the fence device fail while a node must be fenced.
func brokenDevice(ctx context.Context, r *round) {
	how := []testcluster.Fault{
		{Fail: "authentication failed"},
		{Hang: true},
		{Delay: r.between(time.Second, 8*time.Second)},
		{Lost: true},
	}
	chosen := r.dice.IntN(len(how))
	name := []string{"refuses", "hangs", "is slow", "loses its answers"}[chosen]
	target := ""
	if r.dice.IntN(2) == 0 {
		target = r.w.Nodes[r.dice.IntN(len(r.w.Nodes))].Name
	}
	length := r.between(3*time.Second, 12*time.Second)
	r.tell("the power switch %s for %v (outlet %q)", name, length, target)
	r.w.Power.SetFaults(target, how[chosen])
	done := make(chan struct{})
	inner := r.fork()
	go func() {
		defer close(done)
		if k, err := kindNamed(inner.pick([]string{"power", "pause", "cut"})); err == nil {
			k.run(ctx, inner)
		}
	}()
	r.sleep(ctx, length)
	r.tell("the power switch is mended")
	r.w.Power.SetFaults(target)
	<-done
}
