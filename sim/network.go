package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Network carries packets between nodes, more or less.
type Network struct {
	w *World

	Loss      float64 // probability that a packet is lost
	Duplicate float64 // probability that it arrives twice
	Slow      float64 // probability that it is late, and so overtaken
	Delay     time.Duration
	cut       map[[2]crm.NodeID]bool // one-way
}

// NewNetwork makes a network without faults.
func NewNetwork(w *World) *Network {
	return &Network{w: w, Delay: time.Millisecond, cut: map[[2]crm.NodeID]bool{}}
}

// Send sends something: arrive is called when it arrives, if it does, and perhaps twice.
func (n *Network) Send(from, to crm.NodeID, arrive func()) {
	copies := 1
	if n.w.Chance(n.Duplicate) {
		copies = 2
	}
	for range copies {
		if n.cut[[2]crm.NodeID{from, to}] || n.w.Chance(n.Loss) {
			continue
		}
		delay := n.w.Between(n.Delay/2, n.Delay*3/2)
		if n.w.Chance(n.Slow) {
			delay += n.w.Between(0, 800*time.Millisecond)
		}
		n.w.After(delay, arrive)
	}
}

// Cut makes one direction dead, or alive again.
func (n *Network) Cut(from, to crm.NodeID, cut bool) {
	if cut {
		n.cut[[2]crm.NodeID{from, to}] = true
	} else {
		delete(n.cut, [2]crm.NodeID{from, to})
	}
}

// Reaches reports whether packets go both ways.
func (n *Network) Reaches(a, b crm.NodeID) bool {
	return !n.cut[[2]crm.NodeID{a, b}] && !n.cut[[2]crm.NodeID{b, a}]
}

// Heal ends all faults.
func (n *Network) Heal() {
	n.Loss, n.Duplicate, n.Slow, n.Delay = 0, 0, 0, time.Millisecond
	clear(n.cut)
}
