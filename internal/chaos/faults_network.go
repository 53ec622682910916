package chaos

import (
	"context"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// cutOff takes nodes off all networks.
func cutOff(ctx context.Context, r *round) {
	nodes := r.victims()
	length := r.between(300*time.Millisecond, 15*time.Second)
	r.tell("%s is cut off for %v", namesOf(nodes), length)
	for _, n := range nodes {
		for link := range n.Addrs {
			r.try(n.Cut(link))
		}
	}
	r.sleep(ctx, length)
	r.tell("the cut ends")
	for _, n := range nodes {
		for link := range n.Addrs {
			r.try(n.Mend(link))
		}
	}
}

// split parts the cluster: the two parts lose what they send each other.
func split(ctx context.Context, r *round) {
	order := r.dice.Perm(len(r.w.Nodes))
	size := 1 + r.dice.IntN(len(order)-1)
	var part []*testcluster.Node
	for _, i := range order[:size] {
		part = append(part, r.w.Nodes[i])
	}
	rest := r.others(part...)
	length := r.between(time.Second, 15*time.Second)
	r.tell("%s and %s lose each other for %v", namesOf(part), namesOf(rest), length)
	for _, n := range part {
		r.try(n.Ignore(rest))
	}
	for _, n := range rest {
		r.try(n.Ignore(part))
	}
	r.sleep(ctx, length)
	r.hearAll()
}

// oneWay makes a node one that hears nothing, or one that nobody hears.
func oneWay(ctx context.Context, r *round) {
	n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
	length := r.between(time.Second, 15*time.Second)
	if r.dice.IntN(2) == 0 {
		r.tell("%s hears nobody for %v", n.Name, length)
		r.try(n.Ignore(r.others(n)))
	} else {
		r.tell("nobody hears %s for %v", n.Name, length)
		for _, other := range r.others(n) {
			r.try(other.Ignore([]*testcluster.Node{n}))
		}
	}
	r.sleep(ctx, length)
	r.hearAll()
}

// bridge parts two nodes that a third still hears, in one direction or both.
func bridge(ctx context.Context, r *round) {
	order := r.dice.Perm(len(r.w.Nodes))
	a, b := r.w.Nodes[order[0]], r.w.Nodes[order[1]]
	length := r.between(time.Second, 15*time.Second)
	both := r.dice.IntN(2) == 0
	r.tell("%s does not hear %s for %v; both ways: %v", a.Name, b.Name, length, both)
	r.try(a.Ignore([]*testcluster.Node{b}))
	if both {
		r.try(b.Ignore([]*testcluster.Node{a}))
	}
	r.sleep(ctx, length)
	r.hearAll()
}

func (r *round) hearAll() {
	r.tell("all hear each other again")
	for _, n := range r.w.Nodes {
		r.try(n.Ignore(nil))
	}
}

// flap takes links up and down in quick succession.
func flap(ctx context.Context, r *round) {
	links := 1 + r.dice.IntN(2)
	n := r.w.Nodes[r.dice.IntN(len(r.w.Nodes))]
	times := 5 + r.dice.IntN(20)
	r.tell("%d of 2 links of %s flap %d times", links, n.Name, times)
	for range times {
		for link := range links {
			r.try(n.Cut(link))
		}
		r.sleep(ctx, r.between(20*time.Millisecond, 800*time.Millisecond))
		for link := range links {
			r.try(n.Mend(link))
		}
		r.sleep(ctx, r.between(20*time.Millisecond, 800*time.Millisecond))
	}
}

// loseLink takes one link of one node or of all down: nothing should move.
func loseLink(ctx context.Context, r *round) {
	nodes, link := r.victims(), r.dice.IntN(2)
	if r.dice.IntN(2) == 0 {
		nodes = r.w.Nodes
	}
	length := r.between(2*time.Second, 8*time.Second)
	r.tell("link %d of %s is lost for %v", link, namesOf(nodes), length)
	for _, n := range nodes {
		r.try(n.Cut(link))
	}
	r.sleep(ctx, length)
	for _, n := range nodes {
		r.try(n.Mend(link))
	}
}
