package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/state"
)

// TestJustEnough: the scores in suggested commands are the least that work.
func TestJustEnough(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "own", "just-enough", "cib.xml"))
	if err != nil {
		t.Fatal(err)
	}
	stickiness := func(value string) string {
		return strings.Replace(string(data), `name="resource-stickiness" value="40"`, `name="resource-stickiness" value="`+value+`"`, 1)
	}
	location := func(score string) string {
		return strings.Replace(string(data), "</constraints>", `<rsc_location id="prefer-db-n2" rsc="db" node="n2" score="`+score+`"/></constraints>`, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"as it is", string(data), "db runs on n1."},
		{"the suggested stickiness", stickiness("38"), "db runs on n1 and moves to n2."},
		{"one more", stickiness("39"), "db runs on n1."},
		{"the suggested location", location("2"), "db runs on n1 and moves to n2."},
		{"one less", location("1"), "db runs on n1."},
	} {
		root, err := cib.Parse([]byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		a, err := explain.Of(state.ReadRoot(root, time.Unix(1700000000, 0).UTC(), state.ReadOptions{})).Resource("db", explain.Ask{Brief: true})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if a.Headline != c.want {
			t.Errorf("%s: %q, want %q", c.name, a.Headline, c.want)
		}
	}
}

// TestNoSuch: what does not exist is said to, and nothing is made up.
func TestNoSuch(t *testing.T) {
	k := read(t, filepath.Join("testdata", "own", "just-enough", "cib.xml"))
	if _, err := k.Resource("nothing", explain.Ask{}); err == nil || err.Error() != "resource nothing does not exist" {
		t.Errorf("about a resource that is not there: %v", err)
	}
	if _, err := k.Resource("db", explain.Ask{Node: "n9"}); err == nil || err.Error() != "node n9 does not exist" {
		t.Errorf("about a node that is not there: %v", err)
	}
	if _, ok := k.Explained(4711); ok {
		t.Error("an action that is not there is explained")
	}
}
