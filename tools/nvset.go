package tools

import (
	"fmt"

	"github.com/tactus-ha/tactus/cib"
)

// pair is an nvpair and the set it stands in.
type pair struct{ set, nv *cib.Element }

// pairs finds the nvpairs of one name ("" any) in the sets of one kind directly below an
// element, optionally in the set or with the id given only.
func pairs(owner *cib.Element, kind, name, setID, nvID string) (list []pair) {
	for set := range owner.All(kind) {
		if setID != "" && set.ID() != setID {
			continue
		}
		for nv := range set.All(cib.TagNvpair) {
			if (name == "" || nv.Get(cib.AttrName) == name) && (nvID == "" || nv.ID() == nvID) {
				list = append(list, pair{set, nv})
			}
		}
	}
	return list
}

// newPair makes the set that holds one new nvpair, for a modification that creates. An
// id already taken gets a number behind.
func newPair(s *cib.Snapshot, kind, setID, nvID, name, value string) *cib.Element {
	if nvID == "" {
		nvID = freeID(s, cleanID(setID+"-"+name))
	}
	return cib.New(kind, cib.AttrID, setID).Plus(cib.New(cib.TagNvpair, cib.AttrID, nvID, cib.AttrName, name, cib.AttrValue, value))
}

func freeID(s *cib.Snapshot, id string) string {
	for n := 0; ; n++ {
		try := id
		if n > 0 {
			try = fmt.Sprintf("%s-%d", id, n)
		}
		if s.ByID(try) == nil {
			return try
		}
	}
}

// cleanID replaces what an XML id must not hold.
func cleanID(s string) string {
	b := []byte(s)
	for i, c := range b {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && !('0' <= c && c <= '9' || c == '-' || c == '.') {
			b[i] = '_'
		}
	}
	if len(b) > 0 && ('0' <= b[0] && b[0] <= '9' || b[0] == '-' || b[0] == '.') {
		return "_" + string(b)
	}
	return string(b)
}

// nest wraps an element into others, outermost last.
func nest(e *cib.Element, around ...*cib.Element) *cib.Element {
	for _, a := range around {
		e = a.WithChildren(e)
	}
	return e
}
