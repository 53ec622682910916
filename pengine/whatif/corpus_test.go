package whatif_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

// TestPublishedCases loses every node of every published case: nothing panics, and what
// is active in the end is what crm_simulate -S gives, applied until it rests, with -f NODE
// where the node is fenced, else with -d NODE.
func TestPublishedCases(t *testing.T) {
	dir := os.Getenv("TACTUS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	inputs, _ := filepath.Glob(filepath.Join(dir, "scheduler", "xml", "*.xml"))
	if len(inputs) == 0 {
		t.Skipf("the published cases are not in %s: set TACTUS_CORPUS", dir)
	}
	losses, compared, fenced := 0, 0, 0
	for _, file := range inputs {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, err := cib.Parse(data)
		if err != nil || root.Child("configuration") == nil {
			continue
		}
		o := whatif.Options{Now: executionDate(root), Sanitized: true}
		c := state.ReadRoot(root, o.Now, state.ReadOptions{Sanitized: true})
		for _, n := range c.Nodes {
			if n.Kind != state.ClusterNode || !n.Online {
				continue
			}
			r := whatif.Begin(root, o)
			l, err := r.Lose([]crm.NodeName{n.Name})
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			losses++
			_ = l.Lines(time.Second, true)
			if l.Quorum.Quorate != c.Quorate || c.Options.FencingEnabled && !l.Fences || l.Unsettled {
				continue
			}
			compared++
			got := active(state.ReadRoot(r.Root(), o.Now, state.ReadOptions{Sanitized: true}))
			base := root.With("dc-uuid", r.Root().Get("dc-uuid")) // some rules ask who the DC is
			in, event := simulate.Injections{Down: []string{string(n.Name)}}, "-d"
			if l.Fences {
				in, event = simulate.Injections{Fail: in.Down}, "-f"
				fenced++
			}
			want := simulated(base, &in, o.Now)
			if !slices.Equal(got, want) {
				t.Errorf("%s: loss of %s: active afterwards %q, crm_simulate %s %s -S says %q", filepath.Base(file), n.Name, got, event, n.Name, want)
			}
		}
	}
	t.Logf("%d losses, %d comparable, of them %d by fencing", losses, compared, fenced)
}

func executionDate(root *cib.Element) time.Time {
	if sec, err := strconv.ParseInt(root.Get("execution-date"), 10, 64); err == nil {
		return time.Unix(sec, 0).UTC()
	}
	return time.Unix(1780000000, 0).UTC()
}

// simulated lets something happen and carries transitions out until one changes nothing.
func simulated(root *cib.Element, in *simulate.Injections, now time.Time) []string {
	read := func() *state.Cluster { return state.ReadRoot(root, now, state.ReadOptions{Sanitized: true}) }
	root, _, _ = simulate.Inject(read(), in, now)
	var before []string
	for range 12 {
		c := read()
		out := pengine.ScheduleState(c, pengine.Input{Now: now, Sanitized: true})
		root = simulate.Execute(c, out.Graph, nil, now).Root
		after := active(read())
		if slices.Equal(before, after) {
			break
		}
		before = after
	}
	return before
}

func active(c *state.Cluster) []string {
	var out []string
	for _, r := range c.All {
		for _, n := range r.RunningOn {
			if r.Variant == state.Primitive && n.Online {
				out = append(out, string(r.XMLID)+"@"+string(n.Name)+strings.TrimPrefix(" "+r.Role.String(), " Started"))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
