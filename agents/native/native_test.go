package native

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/agents"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

func TestEveryAgentHasMetadataAndItsActions(t *testing.T) {
	if got, want := agents.Names(), slices.Sorted(maps.Keys(table)); !slices.Equal(got, want) {
		t.Fatalf("agents with meta-data %v, with code %v", got, want)
	}
	for _, name := range agents.Names() {
		res := call(t, name, "meta-data", nil)
		m, err := ocf.ParseMetadata(res.Output)
		if err != nil || m.Name != name {
			t.Errorf("%s: meta-data: %v, name %q", name, err, m.Name)
		}
		for _, a := range m.Actions {
			if _, ok := table[name][a.Name]; !ok && a.Name != "meta-data" && a.Name != "status" {
				t.Errorf("%s advertises %q and does not have it", name, a.Name)
			}
		}
		expect(t, name+" nonsense", call(t, name, "nonsense", nil), crm.Unimplemented)
	}
}

// scores records what an agent says about promotion.
type scores []string

func (s *scores) hook(_ crm.ResourceID, score string, drop bool) {
	if drop {
		score = "deleted"
	}
	*s = append(*s, score)
}

func TestStateful(t *testing.T) {
	var said scores
	dir := t.TempDir()
	do := func(action string, want crm.ExitCode) {
		t.Helper()
		res := Run(context.Background(), Request{Agent: "Stateful", Action: action, Resource: "s:0", RunDir: dir,
			Params: map[string]string{"CRM_meta_globally_unique": "false"}, Hooks: Hooks{SetPromotionScore: said.hook}})
		expect(t, action, res, want)
	}
	do("monitor", crm.NotRunning)
	do("promote", crm.NotRunning)
	do("start", crm.OK)
	do("monitor", crm.OK)
	do("promote", crm.OK)
	do("monitor", crm.RunningPromoted)
	if _, err := os.Stat(filepath.Join(dir, "Stateful-s.state")); err != nil {
		t.Errorf("the state file of an anonymous clone has no number in its name: %v", err)
	}
	do("stop", crm.RunningPromoted)
	do("demote", crm.OK)
	do("stop", crm.OK)
	do("monitor", crm.NotRunning)
	write(t, filepath.Join(dir, "Stateful-s.state"), "master\n") // as ocf:heartbeat:Stateful
	do("monitor", crm.RunningPromoted)
	write(t, filepath.Join(dir, "Stateful-s.state"), "nonsense\n")
	do("monitor", crm.GenericError)
	if got, want := strings.Join(said, " "), "5 5 10 10 deleted 5 deleted 10"; got != want {
		t.Errorf("promotion scores %q, want %q", got, want)
	}
}

func TestDummy(t *testing.T) {
	dir := t.TempDir()
	env := filepath.Join(dir, "env")
	p := map[string]string{"state": filepath.Join(dir, "state"), "envfile": env}
	expect(t, "monitor", call(t, "Dummy", "monitor", p), crm.NotRunning)
	expect(t, "start", call(t, "Dummy", "start", p), crm.OK)
	expect(t, "start when started", call(t, "Dummy", "start", p), crm.OK)
	expect(t, "monitor", call(t, "Dummy", "monitor", p), crm.OK)
	expect(t, "monitor level 30", call(t, "Dummy", "monitor", with(p, "OCF_CHECK_LEVEL", "30")), crm.GenericError)
	write(t, p["state"], "12")
	expect(t, "monitor level 40", call(t, "Dummy", "monitor", with(p, "OCF_CHECK_LEVEL", "40")), 12)
	host, _ := os.Hostname()
	expect(t, "bogus failure", call(t, "Dummy", "start", with(p, "fail_start_on", host)), crm.GenericError)
	expect(t, "migrate_to", call(t, "Dummy", "migrate_to", p), crm.OK)
	expect(t, "stop when stopped", call(t, "Dummy", "stop", p), crm.OK)
	expect(t, "op_sleep", call(t, "Dummy", "monitor", with(p, "op_sleep", "long")), crm.NotConfigured)
	if text, err := os.ReadFile(env); err != nil || !strings.Contains(string(text), "### migrate_to @") || !strings.Contains(string(text), "OCF_RESKEY_state=") {
		t.Errorf("envfile: %v, content:\n%s", err, text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if res := Run(ctx, Request{Agent: "Dummy", Action: "start", Resource: "r", Params: with(p, "op_sleep", "60")}); res.RC == crm.OK {
		t.Error("a start that sleeps longer than it may is not a success")
	}
}

// A resource that ocf:heartbeat:Dummy started is found running, and stopped.
func TestDummyTakesOverFromTheScript(t *testing.T) {
	state, run := t.TempDir(), t.TempDir()
	write(t, filepath.Join(state, "Dummy-d.state"), "")
	do := func(action string, want crm.ExitCode) {
		t.Helper()
		expect(t, action, Run(context.Background(), Request{Agent: "Dummy", Action: action, Resource: "d", StateDir: state, RunDir: run}), want)
	}
	do("monitor", crm.OK)
	do("stop", crm.OK)
	do("monitor", crm.NotRunning)
	do("start", crm.OK)
	if _, err := os.Stat(filepath.Join(run, "Dummy-d.state")); err != nil {
		t.Error(err)
	}
}

// A native agent must offer what the installed script of its name offers.
func TestSameContractAsTheScripts(t *testing.T) {
	for name, script := range map[string]string{
		"IPaddr2": "/usr/lib/ocf/resource.d/heartbeat/IPaddr2", "Dummy": "/usr/lib/ocf/resource.d/pacemaker/Dummy", "Stateful": "/usr/lib/ocf/resource.d/pacemaker/Stateful",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(script); err != nil {
				t.Skip("needs Debian's resource-agents and pacemaker-resource-agents")
			}
			code, out, err := Request{}.command(context.Background(), "/usr/bin/env", "OCF_ROOT=/usr/lib/ocf", script, "meta-data")
			if err != nil || code != 0 {
				t.Fatalf("meta-data of the script: %d, %v", code, err)
			}
			theirs, err := ocf.ParseMetadata(out[strings.Index(out, "<?xml"):])
			if err != nil {
				t.Fatal(err)
			}
			text, _ := agents.Metadata(name)
			ours, _ := ocf.ParseMetadata(text)
			for _, p := range theirs.Parameters {
				q, ok := ours.Parameter(p.Name)
				if !ok || q.Type != p.Type || q.Required != p.Required || q.Unique != p.Unique || q.Reloadable != p.Reloadable || (q.Default != p.Default && !strings.Contains(p.Default, "/")) {
					t.Errorf("parameter %s: have %+v, want %+v", p.Name, q, p)
				}
			}
			if len(ours.Actions) != len(theirs.Actions) {
				t.Errorf("have %d actions, want %d", len(ours.Actions), len(theirs.Actions))
			}
			for _, a := range theirs.Actions {
				if !slices.Contains(ours.Actions, a) {
					t.Errorf("action %+v is missing or has other times", a)
				}
			}
		})
	}
}
