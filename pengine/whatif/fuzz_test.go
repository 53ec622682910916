package whatif_test

import (
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

// FuzzRehearsal: whatever the CIB is, losing and changing nodes neither panics nor goes on
// for ever.
func FuzzRehearsal(f *testing.F) {
	f.Add([]byte(pair))
	f.Add([]byte(`<cib><configuration/><status/></cib>`))
	f.Add([]byte(`<cib/>`))
	f.Add([]byte(`<cib have-quorum="1"><configuration><nodes><node id="1" uname="n1"/></nodes></configuration><status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := cib.Parse(data)
		if err != nil {
			return
		}
		tryEverything(root)
	})
}

// tryEverything loses and changes the nodes of a CIB.
func tryEverything(root *cib.Element) {
	s, err := whatif.Begin(root, options).LoseEach()
	if err == nil {
		_ = s.Lines(options.Detection, true)
	}
	r := whatif.Begin(root, options)
	on := "on"
	for _, n := range []crm.NodeName{"n1", "n2"} {
		_ = r.SetAttribute(n, "standby", &on)
		_ = r.Leave(n)
		_ = r.ConfirmOff(n)
		r.Join(n)
		r.Remove(n)
	}
	_, _ = r.Cleanup("", "", true)
	a := r.Answer()
	_ = a.Lines(true)
}

// TestAnythingMayBeMissing leaves out every element and every attribute in turn.
func TestAnythingMayBeMissing(t *testing.T) {
	root := with(t)
	tried := 0
	for victim := range root.Walk() {
		if victim != root {
			tryEverything(rebuilt(root, func(e *cib.Element) *cib.Element {
				if e == victim {
					return nil
				}
				return e
			}))
			tried++
		}
		for _, a := range victim.Attrs {
			tryEverything(rebuilt(root, func(e *cib.Element) *cib.Element {
				if e == victim {
					return e.Without(a.Name)
				}
				return e
			}))
			tried++
		}
	}
	if tried < 100 {
		t.Errorf("only %d things left out", tried)
	}
}

// rebuilt copies a tree with elements changed or, when edit gives nil, left out.
func rebuilt(e *cib.Element, edit func(*cib.Element) *cib.Element) *cib.Element {
	var children []*cib.Element
	for _, c := range e.Children {
		if c = rebuilt(c, edit); c != nil {
			children = append(children, c)
		}
	}
	if e = edit(e); e == nil {
		return nil
	}
	return e.WithChildren(children...)
}
