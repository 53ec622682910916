package chaos

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// kind is one way to hurt a cluster. run breaks something, holds it, and may leave mending
// to the round.
type kind struct {
	name   string
	about  string
	suits  func(Shape) bool // nil: every cluster
	weight int              // how often it comes, beside the others
	run    func(ctx context.Context, r *round)
}

func atLeast(nodes int) func(Shape) bool { return func(s Shape) bool { return s.voters() >= nodes } }

func fenced(s Shape) bool { return s.Guard == Fencing }

// mayFail is for what keeps all daemons of a node down while its services run on: without
// fencing (or a watchdog) there is nobody left to stop them in time.
func mayFail(s Shape) bool { return !s.counts() }

// kinds is the table of what can happen.
func kinds() []kind {
	return []kind{
		{"crmd", "crmd dies by kill -9, again and again", nil, 2, killDaemon("crmd")},
		{"lrmd", "lrmd dies by kill -9, again and again", nil, 2, killDaemon("lrmd")},
		{"daemons", "all daemons of some nodes die by kill -9", mayFail, 2, killDaemons},
		{"power", "nodes lose their power", nil, 3, losePower},
		{"wink", "nodes stand still for less than the dead time", nil, 2, pauses(300*time.Millisecond, 800*time.Millisecond, 4)},
		{"pause", "a node stands still for a second to a minute", nil, 5, pauses(time.Second, time.Minute, 1)},
		{"cut", "nodes are cut off", nil, 3, cutOff},
		{"split", "the cluster falls into two halves", atLeast(3), 2, split},
		{"deaf", "a node hears nothing, or is not heard", nil, 2, oneWay},
		{"bridge", "two nodes lose each other, and a third hears both", atLeast(3), 2, bridge},
		{"flap", "links go up and down", nil, 2, flap},
		{"link", "one of two links is lost", nil, 1, loseLink},
		{"full", "a disk is full", nil, 2, fillDisk},
		{"readonly", "a disk is read-only when the daemons start", mayFail, 1, readOnly},
		{"start", "all nodes lose their power and come back together, in turn or in part", nil, 2, startAll},
		{"rolling", "every node is restarted in order", nil, 1, rolling},
		{"device", "the fence device is slow, refuses, hangs or loses its answer while it is needed", fenced, 3, brokenDevice},
		{clockKind, "wall clocks jump, for seconds or years", nil, 3, jumpClocks},
		{"two", "two things at once", nil, 3, twoAtOnce},
		{"storm", "one thing after the other, without time to recover", nil, 2, storm},
	}
}

// clockKind needs programs that are built for it: see testcluster.BuildWithClocks.
const clockKind = "clock"

func kindNamed(name string) (kind, error) {
	var names []string
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return kind{}, fmt.Errorf("KIND=%s: no such kind; there are %s", name, strings.Join(names, ", "))
}

// mixable are the kinds that "two" and "storm" choose from: short ones that mend themselves.
var mixable = []string{"crmd", "lrmd", "daemons", "power", "wink", "pause", "cut", "deaf", "flap", "link"}

// mix chooses a kind for "two" and "storm" that suits the cluster.
func (r *round) mix() string {
	for {
		name := r.pick(mixable)
		if k, err := kindNamed(name); err == nil && (k.suits == nil || k.suits(r.w.shape)) {
			return name
		}
	}
}

func twoAtOnce(ctx context.Context, r *round) {
	first, second := r.mix(), r.mix()
	r.tell("at once: %s and %s", first, second)
	a, b := r.fork(), r.fork()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if k, err := kindNamed(first); err == nil {
			k.run(ctx, a)
		}
	}()
	r.sleep(ctx, r.between(0, time.Second))
	if k, err := kindNamed(second); err == nil {
		k.run(ctx, b)
	}
	<-done
}

func storm(ctx context.Context, r *round) {
	for range 3 + r.dice.IntN(4) {
		k, err := kindNamed(r.mix())
		if err != nil || ctx.Err() != nil {
			return
		}
		k.run(ctx, r)
		r.mend()
		r.sleep(ctx, r.between(0, 2*time.Second))
	}
}

// victims are one node, or sometimes two of five.
func (r *round) victims() []*testcluster.Node {
	order := r.dice.Perm(len(r.w.Nodes))
	count := 1
	if len(order) >= 5 && r.dice.IntN(2) == 0 {
		count = 2
	}
	var out []*testcluster.Node
	for _, i := range order[:count] {
		out = append(out, r.w.Nodes[i])
	}
	return out
}

func namesOf(nodes []*testcluster.Node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return strings.Join(names, " and ")
}

// others are all nodes but these.
func (r *round) others(but ...*testcluster.Node) []*testcluster.Node {
	var out []*testcluster.Node
	for _, n := range r.w.Nodes {
		if !containsNode(but, n) {
			out = append(out, n)
		}
	}
	return out
}

func containsNode(list []*testcluster.Node, n *testcluster.Node) bool {
	for _, m := range list {
		if m == n {
			return true
		}
	}
	return false
}
