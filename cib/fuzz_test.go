package cib

import (
	"bytes"
	"testing"
)

// FuzzXPath: an expression from outside selects or is refused; it never ends the daemon,
// and a deletion by it gives a document that can be read back.
func FuzzXPath(f *testing.F) {
	for _, expr := range []string{
		"//primitive[@id='a']", "/cib/configuration/resources/*", "//nvpair[@name=\"x\" and @value='1']/..", "count(//node)", "//@id", "//node[last()]",
		"(//node | //primitive)[position() < 3]", "//node[contains(@uname, 'n') or starts-with(@id, '1')]", "//[", "ancestor::*", "/", ".", "//text()",
	} {
		f.Add(expr)
	}
	root, err := Parse([]byte(`<cib epoch="1" num_updates="2" admin_epoch="0" validate-with="pacemaker-3.9"><configuration><crm_config/><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>` +
		`<resources><group id="g"><primitive id="a" class="ocf" provider="tactus" type="Dummy"><meta_attributes id="m"><nvpair id="x" name="x" value="1"/></meta_attributes></primitive></group></resources>` +
		`<constraints/></configuration><status><node_state id="1" uname="n1"/></status></cib>`))
	if err != nil {
		f.Fatal(err)
	}
	snap, err := NewSnapshot(root)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		before := snap.Root().XML()
		found, err := snap.XPath(expr)
		if err == nil && len(found) > 100 {
			t.Fatalf("%d elements of a document that has fewer", len(found))
		}
		next, _, err := snap.Apply(Command{Ops: []Op{{Kind: Delete, XPath: expr, Force: true}}})
		if !bytes.Equal(before, snap.Root().XML()) {
			t.Fatal("the document that was asked has changed")
		}
		if err != nil {
			return
		}
		if _, err := Parse(next.Root().XML()); err != nil {
			t.Fatalf("what a deletion leaves cannot be read: %v", err)
		}
	})
}
