package explain_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/sched"
)

// TestDocumented: docs/explain.md names every kind of cause and every field of the JSON.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "explain.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, kinds := string(text), 0
	for k := sched.CauseUnknown + 1; k.String() != sched.CauseUnknown.String(); k++ {
		kinds++
		if k.String() == "" || !strings.Contains(page, "`"+k.String()+"`") {
			t.Errorf("docs/explain.md does not name the kind %q (%d)", k, k)
		}
	}
	if kinds < 50 {
		t.Errorf("only %d kinds of causes found", kinds)
	}
	for _, v := range []any{explain.Answer{}, explain.Finding{}, explain.Cause{}, explain.Failure{}, explain.Score{}, explain.Contribution{},
		explain.Other{}, explain.Lost{}, explain.Change{}, explain.Action{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "" || !strings.Contains(page, name) {
				t.Errorf("docs/explain.md does not name %s.%s (%q)", typ.Name(), typ.Field(i).Name, name)
			}
		}
	}
}
