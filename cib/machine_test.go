package cib

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"
)

var noTime time.Time

func commands() [][]byte {
	var list [][]byte
	for i := range 200 {
		c := Command{ID: fmt.Sprintf("c%d", i%150), Now: time.Unix(int64(1e9+i), 0).In(time.FixedZone("", 3600)), Origin: "n1"}
		c.Ops = []Op{{Kind: Create, Scope: TagResources, Data: New(TagPrimitive, "id", fmt.Sprintf("p%d", i), "type", "Dummy")}}
		if i%3 == 0 {
			c.Ops = []Op{{Kind: Delete, Data: New(TagPrimitive, "id", fmt.Sprintf("p%d", i-1))}, {Kind: Modify, AllowCreate: true, Scope: TagStatus, Data: New(TagNodeState, "id", "1", "n", "n++")}}
		}
		if i%7 == 0 {
			c.Ops = append(c.Ops, Op{Kind: Replace, Data: New(TagPrimitive, "id", "none")})
		}
		list = append(list, EncodeCommand(c))
	}
	return append(list, []byte("garbage"), []byte(`{"ops":[{"kind":"create","xml":"<a"}]}`))
}

func TestMachineIsDeterministic(t *testing.T) {
	var a, b Machine
	for i, c := range commands() {
		ra, rb := a.Apply(uint64(i+1), c), b.Apply(uint64(i+1), c)
		if !bytes.Equal(ra, rb) {
			t.Fatalf("command %d: responses differ: %s, %s", i, ra, rb)
		}
		if i%50 == 0 { // one of them is restored from a snapshot now and then
			data := b.Snapshot()
			b = Machine{}
			if err := b.Restore(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(a.Snapshot(), b.Snapshot()) {
		t.Error("the same commands made different states")
	}
	if a.Applied() != 202 || a.Current().Version().Epoch == 0 {
		t.Errorf("applied %d, version %s", a.Applied(), a.Current().Version())
	}
}

func TestMachineAppliesARetryOnce(t *testing.T) {
	var m Machine
	c := EncodeCommand(Command{ID: "x", Ops: []Op{{Kind: Bump}}})
	first := m.Apply(1, c)
	again := m.Apply(2, c)
	if !bytes.Equal(first, again) || m.Current().Version().Epoch != 1 {
		t.Errorf("answers %s and %s, epoch %d; want the same, 1", first, again, m.Current().Version().Epoch)
	}
	for i := range rememberedIDs + 5 {
		m.Apply(uint64(3+i), EncodeCommand(Command{ID: fmt.Sprint(i), Ops: []Op{{Kind: Bump}}}))
	}
	if len(m.recent) != rememberedIDs || len(m.known) != rememberedIDs {
		t.Errorf("remembers %d answers and %d ids, want %d", len(m.recent), len(m.known), rememberedIDs)
	}
}

func TestMachineValidates(t *testing.T) {
	m := Machine{Validate: func(_, after *Snapshot) error {
		if after.ByID("bad") != nil {
			return errors.New("bad is not good")
		}
		return nil
	}}
	r, err := DecodeResponse(m.Apply(1, EncodeCommand(Command{Ops: []Op{{Kind: Create, Scope: TagResources, Data: New(TagPrimitive, "id", "bad")}}})))
	if err != nil || r.ExitCode != ExitConfig || r.Error != "bad is not good" || m.Current().ByID("bad") != nil {
		t.Errorf("response %+v, error %v; want it refused with %d", r, err, ExitConfig)
	}
}

func TestPatchesSince(t *testing.T) {
	var m Machine
	start := m.Current()
	for i := range 20 {
		m.Apply(uint64(i+1), EncodeCommand(Command{Ops: []Op{{Kind: Create, Scope: TagResources, Data: New(TagPrimitive, "id", fmt.Sprint("p", i))}}}))
	}
	list, ok := m.Patches(start.Version())
	if !ok || len(list) != 20 {
		t.Fatalf("%d patches (%t), want 20", len(list), ok)
	}
	s := start
	for _, p := range list {
		next, err := s.ApplyPatch(p)
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	if !Equal(s.Root(), m.Current().Root()) {
		t.Error("the patches lead elsewhere")
	}
	if _, ok := m.Patches(Version{9, 9, 9}); ok {
		t.Error("patches since an unknown version")
	}
}

func TestRestoreRefusesGarbage(t *testing.T) {
	var m Machine
	m.Apply(1, EncodeCommand(Command{Ops: []Op{{Kind: Bump}}}))
	for _, data := range []string{"", "{}", "{}\n<cib/>", `{"tactus_cib":1}` + "\n<cib", `{"tactus_cib":1}` + "\n<x/>"} {
		if err := m.Restore([]byte(data)); err == nil {
			t.Errorf("Restore(%q) is accepted", data)
		}
	}
	if m.Current().Version().Epoch != 1 {
		t.Error("a refused snapshot changed the machine")
	}
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range commands()[:10] {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Machine
		m.Apply(1, data)
	})
}

// large makes a machine with n primitives of 20 nvpairs each and their history.
func large(n int) *Machine {
	m := &Machine{}
	root := m.Current().Root()
	res, lrm := New(TagResources), New(TagLRMRscs)
	for i := range n {
		set := New(TagInstanceAttrs, "id", fmt.Sprintf("p%d-ia", i))
		for j := range 20 {
			set.Children = append(set.Children, New(TagNvpair, "id", fmt.Sprintf("p%d-ia-%d", i, j), "name", fmt.Sprint("n", j), "value", "some value or other"))
		}
		res.Children = append(res.Children, New(TagPrimitive, "id", fmt.Sprint("p", i), "class", "ocf").Plus(set))
		lrm.Children = append(lrm.Children, New(TagLRMRsc, "id", fmt.Sprint("p", i)).Plus(New(TagLRMRscOp, "id", fmt.Sprint("p", i, "_last"), "rc-code", "0")))
	}
	conf := root.Child(TagConfiguration)
	conf = conf.WithChildren(conf.Children[0], conf.Children[1], res, conf.Children[3])
	status := New(TagStatus).Plus(New(TagNodeState, "id", "1").Plus(New(TagLRM, "id", "1").Plus(lrm)))
	s, err := NewSnapshot(root.WithChildren(conf, status))
	if err != nil {
		panic(err)
	}
	m.current = s
	return m
}

func BenchmarkApplyInLargeCIB(b *testing.B) {
	m := large(10000)
	b.ReportMetric(float64(len(m.Current().XML()))/1e6, "MB")
	for name, op := range map[string]Op{
		"attribute":    {Kind: Modify, Scope: TagResources, Data: New(TagPrimitive, "id", "p9999").Plus(New(TagInstanceAttrs, "id", "p9999-ia").Plus(New(TagNvpair, "id", "p9999-ia-7", "value", "value++")))},
		"nested":       {Kind: Modify, Scope: TagResources, Data: New(TagNvpair, "id", "p9999-ia-7", "value", "value++")},
		"history":      {Kind: Modify, Scope: TagStatus, Data: New(TagNodeState, "id", "1").Plus(New(TagLRM, "id", "1").Plus(New(TagLRMRscs).Plus(New(TagLRMRsc, "id", "p5000").Plus(New(TagLRMRscOp, "id", "p5000_last", "rc-code", "rc-code++")))))},
		"create-and-x": {Kind: Create, Scope: TagConstraints, Data: New(TagRscLocation, "id", "l1")},
	} {
		if op.Kind == Create {
			continue
		}
		b.Run(name, func(b *testing.B) {
			c := EncodeCommand(Command{Ops: []Op{op}})
			for i := 0; b.Loop(); i++ {
				m.Apply(uint64(i), c)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	data := large(2000).Current().XML()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
