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
	id   string
	e    *Element
	more []*Element // of the same id: there are only any in an invalid document
	sub  *index
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
	e, _ := x.lookup(id)
	return e
}

// lookup gives the element of an id, and whether others have the same id.
func (x *index) lookup(id string) (e *Element, shared bool) {
	h := hashID(id)
	for depth := 0; x != nil; depth++ {
		if depth == indexDepth {
			for _, s := range x.slots {
				if s.id == id {
					return s.e, len(s.more) > 0
				}
			}
			return nil, false
		}
		bit := uint32(1) << (h & 31)
		h >>= indexBits
		if x.bitmap&bit == 0 {
			return nil, false
		}
		s := &x.slots[bits.OnesCount32(x.bitmap&(bit-1))]
		if s.sub == nil {
			if s.id == id {
				return s.e, len(s.more) > 0
			}
			return nil, false
		}
		x = s.sub
	}
	return nil, false
}

// add returns an index in which id leads to e, unless it leads somewhere already; drop
// one in which it does not lead to e any more. Nodes that carry the owner are changed in
// place.
func (x *index) add(e *Element, owner *int) *index {
	return x.put(indexSlot{id: e.ID(), e: e}, hashID(e.ID()), 0, owner, false)
}

func (x *index) drop(e *Element, owner *int) *index {
	return x.put(indexSlot{id: e.ID(), e: e}, hashID(e.ID()), 0, owner, true)
}

// merged returns the slot with what n names added or dropped; keep is false when nothing
// is left.
func (s indexSlot) merged(n indexSlot, drop bool) (out indexSlot, keep bool) {
	if !drop {
		s.more = append(slices.Clip(s.more), n.e)
		return s, true
	}
	all := slices.DeleteFunc(append([]*Element{s.e}, s.more...), func(e *Element) bool { return e == n.e })
	if len(all) == 0 {
		return s, false
	}
	s.e, s.more = all[0], all[1:]
	return s, true
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

func (x *index) put(n indexSlot, h uint64, depth int, owner *int, drop bool) *index {
	x = x.own(owner)
	if depth == indexDepth {
		return x.putLast(n, drop)
	}
	bit := uint32(1) << (h & 31)
	at := bits.OnesCount32(x.bitmap & (bit - 1))
	if x.bitmap&bit == 0 {
		if !drop {
			x.bitmap |= bit
			x.slots = slices.Insert(x.slots, at, n)
		}
		return x
	}
	s := &x.slots[at]
	switch {
	case s.sub != nil:
		s.sub = s.sub.put(n, h>>indexBits, depth+1, owner, drop)
	case s.id == n.id:
		if changed, keep := s.merged(n, drop); keep {
			*s = changed
		} else {
			x.bitmap &^= bit
			x.slots = slices.Delete(x.slots, at, at+1)
		}
	case !drop:
		sub := (*index)(nil).put(*s, hashID(s.id)>>(indexBits*(depth+1)), depth+1, owner, false)
		*s = indexSlot{sub: sub.put(n, h>>indexBits, depth+1, owner, false)}
	}
	return x
}

// putLast is put at the deepest level, where ids whose hashes are equal stand in a row.
func (x *index) putLast(n indexSlot, drop bool) *index {
	for i := range x.slots {
		if x.slots[i].id != n.id {
			continue
		}
		if changed, keep := x.slots[i].merged(n, drop); keep {
			x.slots[i] = changed
		} else {
			x.slots = slices.Delete(x.slots, i, i+1)
		}
		return x
	}
	if !drop {
		x.slots = append(x.slots, n)
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
		if o.ID() != "" && !refers(o) {
			gone = append(gone, o)
		}
		if n.ID() != "" && !refers(n) {
			come = append(come, n)
		}
	})
	for _, e := range gone {
		x = x.drop(e, owner)
	}
	for _, e := range come {
		x = x.add(e, owner)
	}
	return x
}

// refers reports whether the id of an element is not its own, but that of what it refers
// to.
func refers(e *Element) bool {
	switch e.Name {
	case TagResourceRef, TagObjRef, "role", "role_ref":
		return true
	}
	return false
}
