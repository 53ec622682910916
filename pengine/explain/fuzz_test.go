package explain_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/state"
)

// FuzzExplain asks everything about whatever parses: no CIB may make it crash.
func FuzzExplain(f *testing.F) {
	for _, pattern := range []string{"../testdata/*/cib.xml", "testdata/own/*/cib.xml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20000 {
			return
		}
		root, err := cib.Parse(data)
		if err != nil || root.Name != cib.TagCIB {
			return
		}
		c := state.ReadRoot(root, time.Unix(1700000000, 0).UTC(), state.ReadOptions{})
		if len(c.All) > 60 || len(c.Nodes) > 12 {
			return // only slow
		}
		everything(t, explain.Of(c))
	})
}
