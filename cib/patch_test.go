package cib

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// tree draws a CIB-like tree with ids that are unique among siblings, most of the time.
func tree(t *rapid.T, depth int, label string) *Element {
	e := New(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, label))
	if rapid.IntRange(0, 5).Draw(t, label+"-with-id") > 0 {
		e.Attrs = append(e.Attrs, Attr{"id", rapid.SampledFrom([]string{"1", "2", "3", "x.y", "q-r"}).Draw(t, label+"-id")})
	}
	if v := rapid.IntRange(0, 2).Draw(t, label+"-v"); v > 0 {
		e.Attrs = append(e.Attrs, Attr{"v", fmt.Sprint(v)})
	}
	if rapid.IntRange(0, 9).Draw(t, label+"-with-text") == 0 {
		e.Text = rapid.SampledFrom([]string{"t", "u"}).Draw(t, label+"-text")
	}
	if depth > 0 {
		for i := range rapid.IntRange(0, 5).Draw(t, label+"-n") {
			e.Children = append(e.Children, tree(t, depth-1, fmt.Sprintf("%s%d", label, i)))
		}
	}
	return e
}

func document(t *rapid.T, label string) *Snapshot {
	root := Empty(noTime).Root()
	conf := root.Child(TagConfiguration)
	resources := conf.Children[2].WithChildren(tree(t, 3, label+"r").Children...)
	status := New(TagStatus).WithChildren(tree(t, 2, label+"s").Children...)
	s, err := NewSnapshot(root.WithChildren(conf.WithChildren(conf.Children[0], conf.Children[1], resources, conf.Children[3]), status))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDiffThenApplyGivesTheNewDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := document(t, "o"), document(t, "n")
		p := Diff(before, after)
		text := p.Element().XML()
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePatch(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := PatchElement(before.Root(), back)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !Equal(got, after.Root()) {
			t.Fatalf("got:\n%s\nwant:\n%s\npatch:\n%s", got.XML(), after.Root().XML(), text)
		}
		if again := DiffElements(got, after.Root()); !again.Empty() {
			t.Fatalf("still a difference:\n%s", again.Element().XML())
		}
	})
}

func TestIndexEqualsAFreshOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := document(t, "o")
		for i := range 3 {
			data := tree(t, 2, fmt.Sprintf("d%d", i)).With("id", fmt.Sprintf("u%d", i%2))
			op := Op{Kind: rapid.SampledFrom([]OpKind{Create, Modify, Delete}).Draw(t, "kind"), Scope: TagResources, Data: data, AllowCreate: true}
			next, _, err := s.Apply(Command{Ops: []Op{op}})
			if err != nil {
				continue
			}
			s = next
		}
		fresh, err := NewSnapshot(s.Root())
		if err != nil {
			t.Fatal(err)
		}
		for e := range s.Section(TagConfiguration).Walk() {
			id := e.ID()
			if id != "" && count(s.Section(TagConfiguration), id) == 1 && s.ByID(id) != fresh.ByID(id) {
				t.Fatalf("ByID(%q) = %p, a fresh index has %p", id, s.ByID(id), fresh.ByID(id))
			}
		}
	})
}

func count(e *Element, id string) (n int) {
	for d := range e.Walk() {
		if d.ID() == id {
			n++
		}
	}
	return n
}

func TestPatchFormat(t *testing.T) {
	before := snapshot(t, base)
	after, p, err := before.Apply(Command{Ops: []Op{
		{Kind: Delete, Data: New(TagPrimitive, "id", "p2")},
		{Kind: Modify, Data: New(TagNvpair, "id", "nv", "value", "6")},
		{Kind: Create, Scope: TagConstraints, Data: New(TagRscLocation, "id", "l", "rsc", "p1", "node", "n", "score", "1")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<diff format="2">
  <version>
    <source admin_epoch="0" epoch="5" num_updates="3"/>
    <target admin_epoch="0" epoch="6" num_updates="0"/>
  </version>
  <change operation="delete" path="/cib/configuration/resources/primitive[@id='p2']"/>
  <change operation="modify" path="/cib">
    <change-list>
      <change-attr name="epoch" operation="set" value="6"/>
      <change-attr name="num_updates" operation="set" value="0"/>
    </change-list>
    <change-result>
      <cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="6" num_updates="0" admin_epoch="0"/>
    </change-result>
  </change>
  <change operation="modify" path="/cib/configuration/resources/primitive[@id='p1']/instance_attributes[@id='ia']/nvpair[@id='nv']">
    <change-list>
      <change-attr name="value" operation="set" value="6"/>
    </change-list>
    <change-result>
      <nvpair id="nv" name="a" value="6"/>
    </change-result>
  </change>
  <change operation="create" path="/cib/configuration/constraints" position="0">
    <rsc_location id="l" rsc="p1" node="n" score="1"/>
  </change>
</diff>
`
	if got := string(p.Element().XML()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if _, err := after.ApplyPatch(p); err == nil {
		t.Error("the patch applies twice; want it refused as stale")
	}
}

func FuzzParsePatch(f *testing.F) {
	f.Add([]byte(`<diff format="2"><change operation="create" path="/cib/configuration/resources" position="0"><a id="b"/></change></diff>`))
	f.Add([]byte(`<diff format="2"><change operation="move" path="/cib/configuration/resources/primitive[@id='p2']" position="0"/><change operation="delete" path="/cib"/></diff>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		p, err := ParsePatch(e)
		if err != nil {
			return
		}
		s := snapshot(t, base)
		_, _, _ = s.Apply(Command{Ops: []Op{{Kind: ApplyDiff, Data: p.Element()}}})
		if string(s.XML()) != base {
			t.Fatal("the snapshot it began with has changed")
		}
	})
}
