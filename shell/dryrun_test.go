package shell

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/api"
)

// liveCIB is the CIB of the cluster that the tests below talk to: two nodes, a group, a
// promotable clone, a resource that failed.
const liveCIB = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="5" num_updates="3" admin_epoch="0" have-quorum="1" dc-uuid="1">
  <configuration><crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
  <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/><node id="3" uname="n3"/></nodes>
  <resources><group id="g"><primitive id="a" class="ocf" provider="heartbeat" type="Dummy"/><primitive id="b" class="ocf" provider="heartbeat" type="Dummy"/></group>
    <clone id="p-clone"><meta_attributes id="p-m"><nvpair id="p-m-p" name="promotable" value="true"/></meta_attributes><primitive id="p" class="ocf" provider="heartbeat" type="Dummy"/></clone>
    <primitive id="x" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="x-m"><nvpair id="x-m-t" name="target-role" value="Stopped"/></meta_attributes></primitive></resources>
  <constraints><rsc_location id="cli-ban-x-on-n1" rsc="x" node="n1" score="-INFINITY" role="Started"/></constraints></configuration>
  <status>
    <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
      <transient_attributes id="1"><instance_attributes id="status-1"><nvpair id="status-1-f" name="fail-count-a#monitor_10000" value="2"/></instance_attributes></transient_attributes>
      <lrm id="1"><lrm_resources><lrm_resource id="a" type="Dummy" class="ocf" provider="heartbeat">
      <lrm_rsc_op id="a_last_0" operation_key="a_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="4" rc-code="0" op-status="0" interval="0" last-rc-change="1700000000" exec-time="12"/></lrm_resource></lrm_resources></lrm></node_state>
    <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="2"><lrm_resources/></lrm></node_state>
    <node_state id="3" uname="n3" in_ccm="false" crmd="offline" join="down" expected="down"/>
  </status></cib>`

// fakeCluster is a crmd that answers questions, and counts what would change something.
type fakeCluster struct{ changes []string }

func (f *fakeCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	switch {
	case r.Method != http.MethodGet:
		f.changes = append(f.changes, r.Method+" "+r.URL.Path)
		answer(api.CIBReply{Version: "0.6.0"})
	case r.URL.Path == "/v1/cib":
		_, _ = w.Write([]byte(liveCIB))
	case r.URL.Path == "/v1/status":
		answer(api.Status{Node: "n1", DC: "n1", State: "S_IDLE", Quorate: true, Votes: api.Votes{Expected: 3, Present: 2, Quorum: 2}})
	case r.URL.Path == "/v1/timing":
		answer(api.Timing{Dead: 700e6})
	default:
		answer([]string{})
	}
}

func startFakeCluster(t *testing.T) (*fakeCluster, map[string]string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "crmsh") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeCluster{}
	server := &http.Server{Handler: f}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return f, map[string]string{"TACTUS_SOCKET": socket, "TACTUS_OCF_ROOT": agentsDir(t), "TACTUS_ROOT": dir, "EDITOR": "true"}
}

// examples tells how every command that changes something is called.
var examples = map[string]string{
	"resource start": "x", "resource stop": "a", "resource restart": "a", "resource promote": "p-clone", "resource demote": "p-clone",
	"resource manage": "a", "resource unmanage": "a", "resource maintenance": "a", "resource move": "g n2", "resource ban": "a", "resource clear": "x",
	"resource cleanup": "a", "resource refresh": "a", "resource failcount": "a set n1 3", "resource meta": "a set priority 3",
	"resource param": "a set fake 2", "resource utilization": "a set cpu 2",
	"node standby": "n2", "node online": "n2", "node maintenance": "n2", "node ready": "n2", "node fence": "n2", "node clearstate": "n3",
	"node delete": "n3", "node attribute": "n2 set k v", "node utilization": "n2 set cpu 4", "node status-attr": "n2 set k v",
	"configure node": "n9", "configure primitive": "new ocf:heartbeat:Dummy", "configure rsc_template": "t ocf:heartbeat:Dummy", "configure group": "h x",
	"configure clone": "c x", "configure ms": "m x", "configure bundle": "bu docker image=i network ip-range-start=192.0.2.7", "configure location": "l x 100: n1", "configure colocation": "co inf: x g",
	"configure order": "o g x", "configure rsc_ticket": "rt tick: x", "configure fencing_topology": "n1: x", "configure property": "maintenance-mode=true",
	"configure rsc_defaults": "resource-stickiness=3", "configure op_defaults": "timeout=30s", "configure tag": "tt: x g", "configure monitor": "x 10s",
	"configure xml":  `<rsc_location id="lx" rsc="x" node="n2" score="7"/>`,
	"configure edit": "x", "configure delete": "x", "configure rename": "x y", "configure modgroup": "g add x", "configure set": "x.target-role Started",
	"configure load": "update FILE", "configure commit": "", "configure erase": "nodes", "configure schema": "pacemaker-3.8", "configure upgrade": "", "configure default-timeouts": "x",
	"fencing confirm": "n3", "fencing cleanup": "n3",
	"cluster start": "", "cluster stop": "", "cluster restart": "", "cluster enable": "", "cluster disable": "",
	"cluster take-over": "",
}

// harmless are commands that ask, or change only this session. A command that is in
// neither list fails the test: a new one that changes something needs Changes.
var harmless = []string{
	"status", "explain", "simulate", "verify", "resource status", "resource locate", "resource operations", "resource constraints", "resource scores",
	"node status", "node show", "node server", "configure show", "configure save", "configure verify", "configure refresh", "configure simulate",
	"configure get-property", "cluster status", "cluster nodes", "cluster timing", "cluster health", "cluster wait_for_startup",
	"fencing status", "fencing history", "fencing devices", "fencing who-can", "fencing test", "fencing topology",
	"ra ", "history ", "options ", "explain ",
}

// TestEveryChangeCanBeRehearsed walks the table of commands: what changes something is
// rehearsed with --dry-run, with -n, and as JSON, and never reaches the cluster.
func TestEveryChangeCanBeRehearsed(t *testing.T) {
	cluster, vars := startFakeCluster(t)
	statements := filepath.Join(t.TempDir(), "statements")
	if err := os.WriteFile(statements, []byte("primitive new ocf:heartbeat:Dummy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := map[string]bool{"cluster take-over": true, "configure edit": true} // they say no, or change nothing
	walk(grammar(), nil, func(path []string, c *Command) {
		name := strings.Join(path, " ")
		if c.Level != nil {
			return
		}
		example, changes := examples[name]
		if !changes {
			if c.Changes {
				t.Errorf("%s changes something: say in examples how it is called", name)
			} else if !slices.ContainsFunc(harmless, func(h string) bool { return name == h || strings.HasSuffix(h, " ") && strings.HasPrefix(name, h) }) {
				t.Errorf("%s is in neither list: does it change something? then it needs Changes, and an example", name)
			}
			return
		}
		if !c.Changes {
			t.Errorf("%s changes something and cannot be rehearsed: set Changes", name)
			return
		}
		words := strings.Fields(name + " " + strings.ReplaceAll(example, "FILE", statements))
		if strings.HasPrefix(example, "<") {
			words = append(path, example)
		}
		run := func(args ...string) (string, int) {
			var out, errs bytes.Buffer
			code := Run(context.Background(), testEnv(vars, "", &out, &errs), args)
			if len(cluster.changes) > 0 {
				t.Errorf("crm %s reached the cluster: %q", strings.Join(args, " "), cluster.changes)
				cluster.changes = nil
			}
			if (code == exitError || code == exitUsage) && !refused[name] {
				t.Errorf("crm %s: exit code %d:\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
			}
			return out.String(), code
		}
		if out, _ := run(append(slices.Clone(words), "--dry-run")...); !refused[name] && !strings.HasSuffix(out, "Dry run: nothing was changed.\n") {
			t.Errorf("crm %s --dry-run prints %q", strings.Join(words, " "), out)
		}
		run(append([]string{"-n"}, words...)...)
		out, code := run(append(slices.Clone(words), "--dry-run", "--output-as=json")...)
		var answer simulated
		if err := json.Unmarshal([]byte(out), &answer); err != nil && !refused[name] {
			t.Errorf("crm %s --dry-run --output-as=json: %v in %q", strings.Join(words, " "), err, out)
		} else if err == nil && answer.ExitCode != code {
			t.Errorf("crm %s: JSON says exit code %d, it is %d", strings.Join(words, " "), answer.ExitCode, code)
		}
	})
	if refusals := run1(t, vars, "resource", "stop", "a"); refusals != exitOK || len(cluster.changes) == 0 {
		t.Errorf("without --dry-run nothing reaches the cluster (exit code %d): the test proves nothing", refusals)
	}
}

func run1(t *testing.T, vars map[string]string, args ...string) int {
	t.Helper()
	var out bytes.Buffer
	return Run(context.Background(), testEnv(vars, "", &out, &out), args)
}
