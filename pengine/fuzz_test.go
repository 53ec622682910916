package pengine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/state"
)

// edits changes a document as told by a stream of bytes: attribute values, attributes
// and elements are swapped, dropped and doubled.
type edits struct{ script []byte }

func (e *edits) next(n int) int {
	if len(e.script) == 0 || n == 0 {
		return 0
	}
	v := int(e.script[0])
	if e.script = e.script[1:]; len(e.script) > 0 {
		v = v<<8 | int(e.script[0])
		e.script = e.script[1:]
	}
	return v % n
}

func deepCopy(e *cib.Element) *cib.Element {
	c := *e
	c.Attrs = append([]cib.Attr(nil), e.Attrs...)
	c.Children = nil
	for _, child := range e.Children {
		c.Children = append(c.Children, deepCopy(child))
	}
	return &c
}

func (e *edits) apply(root *cib.Element) {
	var all []*cib.Element
	for x := range root.Walk() {
		all = append(all, x)
	}
	values := []string{"", "-1", "0", "INFINITY", "true", "Promoted", "99999999999999"}
	for len(e.script) > 0 {
		x, y := all[e.next(len(all))], all[e.next(len(all))]
		switch e.next(6) {
		case 0:
			if len(x.Attrs) > 0 && len(y.Attrs) > 0 {
				x.Attrs[e.next(len(x.Attrs))].Value = y.Attrs[e.next(len(y.Attrs))].Value
			}
		case 1:
			if n := len(x.Children); n > 0 {
				i := e.next(n)
				x.Children = append(x.Children[:i:i], x.Children[i+1:]...)
			}
		case 2:
			if n := len(x.Children); n > 0 {
				x.Children = append(x.Children, x.Children[e.next(n)])
			}
		case 3:
			if n := len(x.Attrs); n > 0 {
				i := e.next(n)
				x.Attrs = append(x.Attrs[:i:i], x.Attrs[i+1:]...)
			}
		case 4:
			if n := len(x.Attrs); n > 0 {
				x.Attrs[e.next(n)].Value = values[e.next(len(values))]
			}
		case 5:
			x.Name = y.Name
		}
	}
}

// FuzzSchedule changes golden CIBs in every way: no CIB may make the engine panic, and
// the same CIB must give the same graph.
func FuzzSchedule(f *testing.F) {
	var roots []*cib.Element
	for _, dir := range golden(f) {
		data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
		if err != nil {
			f.Fatal(err)
		}
		root, err := cib.Parse(data)
		if err != nil {
			f.Fatal(err)
		}
		roots = append(roots, root)
	}
	for i := range roots {
		script := make([]byte, 64)
		for k := range script {
			script[k] = byte(i*31 + k*k*7 + k)
		}
		f.Add(i, script)
	}
	f.Fuzz(func(t *testing.T, which int, script []byte) {
		if which < 0 || len(script) > 400 {
			return
		}
		root := deepCopy(roots[which%len(roots)])
		e := edits{script}
		e.apply(root)
		run := func() []byte {
			c := state.ReadRoot(root, time.Unix(1700000000, 0), state.ReadOptions{})
			return pengine.ScheduleState(c, pengine.Input{ShowScores: true}).Graph.XML()
		}
		if a, b := run(), run(); !bytes.Equal(a, b) {
			t.Errorf("two runs differ:\n%s", firstDifference(b, a))
		}
	})
}
