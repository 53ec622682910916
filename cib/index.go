package cib

import (
	"math/bits"
	"slices"
)

// index finds elements by id. It is a persistent hash trie: changing it copies a few
// small nodes and shares the rest, so every Snapshot has its own at little cost.
type index struct {
	bitmap uint32
	slots  []indexSlot
	owner  *int // the build that may still change this node in place
}

type indexSlot struct {
	id  string
	e   *Element
	sub *index
}

const indexBits, indexDepth = 5, 12

// hashID is FNV-1a: fixed, so that the same document makes the same trie everywhere.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(id); i++ {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}

func (x *index) get(id string) *Element {
	h := hashID(id)
	for depth := 0; x != nil; depth++ {
		if depth == indexDepth {
			for _, s := range x.slots {
				if s.id == id {
					return s.e
				}
			}
			return nil
		}
		bit := uint32(1) << (h & 31)
		h >>= indexBits
		if x.bitmap&bit == 0 {
			return nil
		}
		s := &x.slots[bits.OnesCount32(x.bitmap&(bit-1))]
		if s.sub == nil {
			if s.id == id {
				return s.e
			}
			return nil
		}
		x = s.sub
	}
	return nil
}

// set returns an index in which id leads to e; a nil e removes the id. Nodes that carry
// the owner are changed in place.
func (x *index) set(id string, e *Element, owner *int) *index {
	return x.put(indexSlot{id: id, e: e}, hashID(id), 0, owner)
}

func (x *index) own(owner *int) *index {
	if x == nil {
		return &index{owner: owner}
	}
	if x.owner == owner {
		return x
	}
	return &index{x.bitmap, slices.Clone(x.slots), owner}
}

func (x *index) put(n indexSlot, h uint64, depth int, owner *int) *index {
	x = x.own(owner)
	if depth == indexDepth {
		x.slots = slices.DeleteFunc(x.slots, func(s indexSlot) bool { return s.id == n.id })
		if n.e != nil {
			x.slots = append(x.slots, n)
		}
		return x
	}
	bit := uint32(1) << (h & 31)
	at := bits.OnesCount32(x.bitmap & (bit - 1))
	if x.bitmap&bit == 0 {
		if n.e != nil {
			x.bitmap |= bit
			x.slots = slices.Insert(x.slots, at, n)
		}
		return x
	}
	s := &x.slots[at]
	switch {
	case s.sub != nil:
		s.sub = s.sub.put(n, h>>indexBits, depth+1, owner)
	case s.id == n.id && n.e != nil:
		s.e = n.e
	case s.id == n.id:
		x.bitmap &^= bit
		x.slots = slices.Delete(x.slots, at, at+1)
	case n.e != nil:
		sub := (*index)(nil).put(*s, hashID(s.id)>>(indexBits*(depth+1)), depth+1, owner)
		*s = indexSlot{sub: sub.put(n, h>>indexBits, depth+1, owner)}
	}
	return x
}

// reindex returns x, which describes before, changed so that it
// describes after. Shared
// subtrees are not visited.
func (x *index) reindex(before, after *Element) *index {
	owner := new(int)
	var gone, come []*Element
	compare(before, after, func(o, n *Element) {
		if o.ID() != "" {
			gone = append(gone, o)
		}
		if n.ID() != "" {
			come = append(come, n)
		}
	})
	for _, e := range gone {
		if x.get(e.ID()) == e {
			x = x.set(e.ID(), nil, owner)
		}
	}
	for _, e := range come {
		if x.get(e.ID()) == nil { // the first in document order wins
			x = x.set(e.ID(), e, owner)
		}
	}
	return x
}
