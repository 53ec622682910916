package chaos

import (
	"context"
	"slices"
	"syscall"
	"time"
)

// killDaemon kills a daemon some times; the keeper starts it again, at once or later.
func killDaemon(daemon string) func(context.Context, *round) {
	return func(ctx context.Context, r *round) {
		for range 1 + r.dice.IntN(4) {
			n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
			if r.dice.IntN(2) == 0 {
				if dc := r.dc(ctx); dc != nil {
					n = dc
				}
			}
			down := time.Duration(0)
			if r.dice.IntN(3) == 0 && (daemon == "crmd" || mayFail(r.w.shape)) {
				down = r.between(0, 6*time.Second)
			}
			r.tell("kill -9 of %s on %s, for %v", daemon, n.Name, down)
			r.w.keeper.hold(n.Name, daemon)
			r.try(n.Signal(daemon, syscall.SIGKILL))
			r.sleep(ctx, down)
			r.w.keeper.release(n.Name, daemon)
			r.sleep(ctx, r.between(0, 2*time.Second))
		}
	}
}

func killDaemons(ctx context.Context, r *round) {
	nodes := r.victims()
	if r.dice.IntN(2) == 0 {
		nodes = r.w.Nodes
	}
	down := r.between(0, 5*time.Second)
	r.tell("kill -9 of crmd and lrmd on %s, for %v", namesOf(nodes), down)
	for _, n := range nodes {
		r.w.keeper.hold(n.Name, n.Daemons()...)
		for _, daemon := range n.Daemons() {
			r.try(n.Signal(daemon, syscall.SIGKILL))
		}
	}
	r.sleep(ctx, down)
	for _, n := range nodes {
		r.w.keeper.release(n.Name, n.Daemons()...)
	}
}

// pauses stops every process of a node for a while, up to some times. Each doubling of the
// length is as likely as the next: short ones end in the middle of what they make others do.
func pauses(from, to time.Duration, times int) func(context.Context, *round) {
	return func(ctx context.Context, r *round) {
		for range 1 + r.dice.IntN(times) {
			n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
			length := r.spread(from, to)
			r.tell("%s stands still for %v", n.Name, length)
			r.try(n.Pause())
			r.sleep(ctx, length)
			r.try(n.Resume())
			r.tell("%s goes on", n.Name)
			r.sleep(ctx, r.between(100*time.Millisecond, time.Second))
		}
	}
}

func losePower(ctx context.Context, r *round) {
	nodes := r.victims()
	down := r.between(100*time.Millisecond, 10*time.Second)
	r.tell("%s loses power for %v", namesOf(nodes), down)
	for _, n := range nodes {
		n.Kill()
	}
	r.sleep(ctx, down)
	for _, n := range nodes {
		r.w.Power.TurnOn(n.Name)
	}
}

// startAll takes the power of all nodes away at once and gives it back in one of three ways.
func startAll(ctx context.Context, r *round) {
	how := r.dice.IntN(3)
	r.tell("all nodes lose power; they come back %s", []string{"together", "in turn", "in part"}[how])
	for _, n := range r.w.Nodes {
		r.w.keeper.hold(n.Name, n.Daemons()...)
		n.Kill()
	}
	for i, at := range r.dice.Perm(len(r.w.Nodes)) {
		n := r.w.Nodes[at]
		r.w.keeper.release(n.Name, n.Daemons()...)
		switch {
		case how == 1 && i > 0:
			r.sleep(ctx, r.between(0, 5*time.Second))
		case how == 2 && i == (len(r.w.Nodes)+1)/2:
			r.sleep(ctx, r.between(5*time.Second, 12*time.Second))
		}
		r.tell("%s is switched on", n.Name)
		r.w.Power.TurnOn(n.Name)
	}
}

// stopBound is how long an orderly stop may take before it is told as a fault of its own.
const stopBound = time.Minute

// rolling stops and starts the daemons of every node in order, as an upgrade does.
func rolling(ctx context.Context, r *round) {
	for _, at := range r.dice.Perm(len(r.w.Nodes)) {
		n := r.w.Nodes[at]
		r.tell("%s is restarted in order", n.Name)
		r.w.keeper.hold(n.Name, n.Daemons()...)
		for _, daemon := range slices.Backward(n.Daemons()) {
			r.try(n.Signal(daemon, syscall.SIGTERM))
			began := time.Now()
			for n.Runs(daemon) && time.Since(began) < stopBound && ctx.Err() == nil {
				r.sleep(ctx, 20*time.Millisecond)
			}
			if n.Runs(daemon) {
				r.complain("%s on %s was told to end and still runs after %v", daemon, n.Name, stopBound)
				r.try(n.Signal(daemon, syscall.SIGKILL))
			}
		}
		r.w.keeper.release(n.Name, n.Daemons()...)
		r.sleep(ctx, r.between(time.Second, 4*time.Second))
	}
}

// jumpClocks makes the wall clocks of one node or of all wrong, lets something happen
// meanwhile, and makes them right again: another jump.
func jumpClocks(ctx context.Context, r *round) {
	nodes := r.victims()
	if r.dice.IntN(3) == 0 {
		nodes = r.w.Nodes
	}
	for range 1 + r.dice.IntN(3) {
		by := []time.Duration{7 * time.Second, 10 * time.Minute, 3 * time.Hour, 400 * 24 * time.Hour}[r.dice.IntN(4)]
		if r.dice.IntN(2) == 0 {
			by = -by
		}
		r.tell("the wall clock of %s is wrong by %v", namesOf(nodes), by)
		for _, n := range nodes {
			r.try(n.SetClock(by))
		}
		r.sleep(ctx, r.between(time.Second, 3*time.Second))
		if k, err := kindNamed(r.pick([]string{"crmd", "lrmd", "wink", "power"})); err == nil && r.dice.IntN(2) == 0 {
			k.run(ctx, r)
		}
	}
	r.tell("all wall clocks are right")
	for _, n := range nodes {
		r.try(n.SetClock(0))
	}
}
