package sched

import "github.com/tactus-ha/tactus/pengine/state"

// Where capacities decide, comparing nodes is not transitive: a may beat b, b beat c, and
// c beat a. Then the result depends on the order in which nodes are looked at. To agree
// with upstream there, this file models the order of its node tables (GLib's hash
// tables, keyed by node id) and its way of sorting (GLib's merge sort).
// Source: GLib 2.74, ghash.c and glist.c; golden case utilization.

// tableMods are GLib's moduli for tables of 2^i slots.
var tableMods = [...]uint32{1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749}

const minTableShift = 3

// hashTable holds nodes as GLib does: open addressing, quadratic probing.
type hashTable struct {
	shift int
	slots []*node
	count int
}

// idHash is the hash of a node's id: h*31+c over signed chars.
func idHash(id string) uint32 {
	h := uint32(0)
	for i := 0; i < len(id); i++ {
		h = h*31 + uint32(int32(int8(id[i])))
	}
	return max(h, 2) // 0 and 1 mark free slots
}

func (t *hashTable) home(n *node) uint32 { return idHash(n.ID) * 11 % tableMods[t.shift] }

func (t *hashTable) insert(n *node) {
	mask := uint32(len(t.slots) - 1)
	i := t.home(n)
	for step := uint32(1); t.slots[i] != nil; step++ {
		i = (i + step) & mask
	}
	t.slots[i] = n
	t.count++
	if len(t.slots) <= t.count+t.count/16 && t.shift+1 < len(tableMods) {
		t.grow()
	}
}

// grow moves all to a larger table, in place: what is in the way moves next.
func (t *hashTable) grow() {
	shift := 0
	for n := int(float64(t.count) * 1.333); n > 0; n >>= 1 {
		shift++
	}
	old := len(t.slots)
	t.shift = max(shift, minTableShift)
	slots := make([]*node, 1<<t.shift)
	copy(slots, t.slots)
	t.slots = slots
	mask := uint32(len(slots) - 1)
	placed := make([]bool, len(slots))
	for i := range old {
		n := slots[i]
		if n == nil || placed[i] {
			continue
		}
		slots[i] = nil
		for n != nil {
			at := t.home(n)
			for step := uint32(1); placed[at]; step++ {
				at = (at + step) & mask
			}
			placed[at] = true
			n, slots[at] = slots[at], n
		}
	}
}

// tableOrder is the order in which a table is walked into which nodes were put in the
// given order.
func tableOrder(inserted []*node) []*node {
	t := hashTable{shift: minTableShift, slots: make([]*node, 1<<minTableShift)}
	for _, n := range inserted {
		t.insert(n)
	}
	out := make([]*node, 0, len(inserted))
	for _, n := range t.slots {
		if n != nil {
			out = append(out, n)
		}
	}
	return out
}

// walkOrder lists the nodes of a table in the order in which upstream walks it; without
// a need for it, in order of creation.
func (p *plan) walkOrder(s *Scores) []*node {
	if !s.ordered {
		return p.allowedNodes(s)
	}
	var out []*node
	for _, n := range tableOrder(s.inserted) {
		if s.has(n) {
			out = append(out, n)
		}
	}
	return out
}

// mergeSort sorts stably, so that an order that is no order gives the field's result.
func mergeSort[T any](list []T, compare func(a, b T) int) { state.MergeSort(list, compare) }
