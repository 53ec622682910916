package daemon_test

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd/daemon"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func TestMain(m *testing.M) { testcluster.Main(m) }

// bound is how long a cluster test may take before it counts as hanging. It measures nothing.
const bound = 10 * time.Minute

// cluster is a running cluster and clients of its nodes' apis.
type cluster struct {
	*testcluster.Cluster
	t   *testing.T
	ctx context.Context
}

func start(t *testing.T, nodes ...string) *cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	t.Cleanup(cancel)
	return &cluster{testcluster.ForTest(t, testcluster.Options{Nodes: nodes}), t, ctx}
}

// unhurried starts a cluster in which nobody is lost for a second's silence: on a slow machine
// that may be a process that waits for the processor, or one that is being started anew.
func unhurried(t *testing.T, nodes ...string) *cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	t.Cleanup(cancel)
	return serving(&cluster{testcluster.ForTest(t, testcluster.Options{Nodes: nodes, Token: 5 * time.Second}), t, ctx}, nodes...)
}

// running starts a cluster whose group of two runs on server1.
func running(t *testing.T, nodes ...string) *cluster {
	t.Helper()
	return serving(start(t, nodes...), nodes...)
}

// serving waits until a cluster runs its group of two on server1.
func serving(c *cluster, nodes ...string) *cluster {
	c.t.Helper()
	c.formed(nodes...)
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	return c
}

// boot gives a node its power back, and starts its daemons.
func (c *cluster) boot(node string) {
	c.t.Helper()
	if err := c.Node(node).Boot(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.Node(node).StartDaemons(); err != nil {
		c.t.Fatal(err)
	}
}

// kill ends a node's daemon by SIGKILL and starts it again.
func (c *cluster) kill(node, program string) {
	c.t.Helper()
	n := c.Node(node)
	if err := n.Signal(program, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	_ = n.Wait(program)
	if err := n.Start(program, nil, filepath.Join(bin(c.t), program)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) api(node string) *api.Client {
	return api.NewClient(daemon.Socket(c.Node(node).Root))
}

// status is a node's view; the zero Status when it does not answer.
func (c *cluster) status(node string) api.Status {
	client := c.api(node)
	defer client.Close()
	s, err := client.Status(c.ctx)
	if err != nil {
		return api.Status{}
	}
	return s
}

func (c *cluster) until(what string, holds func() bool) {
	c.t.Helper()
	began := time.Now()
	testcluster.Until(c.ctx, c.t, what, holds)
	c.t.Logf("%6.3f s until %s", time.Since(began).Seconds(), what)
}

// formed waits until every node is a member and the DC is idle.
func (c *cluster) formed(nodes ...string) {
	c.t.Helper()
	c.until("all nodes have joined and the DC is idle", func() bool {
		for _, n := range nodes {
			s := c.status(n)
			if s.DC == "" || !s.Quorate {
				return false
			}
			joined := 0
			for _, m := range s.Members {
				if m.Joined {
					joined++
				}
			}
			if joined != len(nodes) {
				return false
			}
			if string(s.DC) == n && s.State != "S_IDLE" {
				return false
			}
		}
		return true
	})
}

// configure merges XML into the configuration.
func (c *cluster) configure(node, scope, xml string) {
	c.t.Helper()
	client := c.api(node)
	defer client.Close()
	if _, err := client.Change(c.ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "modify", Scope: scope, XML: xml, AllowCreate: true}}}); err != nil {
		c.t.Fatalf("configuring %s: %v", scope, err)
	}
}

const group = `<resources><group id="g"><primitive id="a" class="ocf" provider="tactus" type="Dummy"><operations><op id="a-monitor" name="monitor" interval="1s" timeout="20s"/></operations></primitive>` +
	`<primitive id="b" class="ocf" provider="tactus" type="Dummy"/></group></resources>`

func (c *cluster) dummies() {
	c.t.Helper()
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-stonith" name="stonith-enabled" value="false"/></cluster_property_set>`)
	c.configure("server1", "resources", group)
	c.configure("server1", "constraints", `<constraints><rsc_location id="l" rsc="g" node="server1" score="10"/></constraints>`)
}

// placement says where resources run as a node's CIB has it: the last start that no stop
// follows. A resource on two nodes gives "server1+server2".
func (c *cluster) placement(asked string) map[string]string {
	client := c.api(asked)
	defer client.Close()
	data, err := client.CIB(c.ctx, "status", "")
	if err != nil {
		return nil
	}
	status, err := cib.Parse(data)
	if err != nil {
		c.t.Fatal(err)
	}
	where := map[string]string{}
	for st := range status.All("node_state") {
		for e := range st.Walk() {
			id, last := strings.CutSuffix(e.ID(), "_last_0")
			if e.Name == "lrm_rsc_op" && last && e.Get("rc-code") == "0" && (e.Get("operation") == "start" || e.Get("operation") == "monitor") {
				where[id] = strings.TrimPrefix(where[id]+"+"+st.Get("uname"), "+")
			}
		}
	}
	return where
}

// on says where a resource runs.
func (c *cluster) on(asked, resource string) string { return c.placement(asked)[resource] }

func TestFailover(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	c.Node("server1").Kill()
	c.until("the group runs on server2 or server3", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
	c.boot("server1")
	c.until("the group is back on server1", func() bool { return c.on("server2", "b") == "server1" && c.on("server2", "a") == "server1" })
}

// A controller that is killed and comes back leaves its resources alone.
func TestControllerKilled(t *testing.T) {
	c := unhurried(t, "server1", "server2", "server3")
	before := c.history("server1")
	c.kill("server1", "crmd")
	c.formed("server1", "server2", "server3")
	if after := c.history("server1"); after != before {
		t.Errorf("starts and stops on server1 before %s, after %s", before, after)
	}
	if got := c.on("server2", "b"); got != "server1" {
		t.Errorf("b runs on %s, want server1", got)
	}
}

func bin(t *testing.T) string {
	dir, err := testcluster.Build()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// history lists call numbers and times of what a node has done to the group.
func (c *cluster) history(node string) string {
	client := c.api("server2")
	defer client.Close()
	data, err := client.CIB(c.ctx, "", "//node_state[@uname='"+node+"']//lrm_resources")
	if err != nil {
		c.t.Fatal(err)
	}
	e, err := cib.Parse(data)
	if err != nil {
		c.t.Fatal(err)
	}
	var entries []string // in order of their names: that of the resources says nothing
	for op := range e.Walk() {
		if op.Name == "lrm_rsc_op" {
			entries = append(entries, op.ID()+" "+op.Get("call-id")+" "+op.Get("rc-code"))
		}
	}
	slices.Sort(entries)
	return strings.Join(entries, "; ")
}

func TestOrderlyStop(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	if err := c.Node("server1").Signal("crmd", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Node("server1").Wait("crmd"); err != nil {
		t.Fatal(err)
	}
	c.until("the group runs elsewhere", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
	if s := c.status("server2"); s.Members[0].Joined || s.DC == "server1" {
		t.Errorf("server1 still counts: %+v, DC %s", s.Members[0], s.DC)
	}
}

func TestMonitorFailureMoves(t *testing.T) {
	c := start(t, "server1", "server2", "server3")
	c.formed("server1", "server2", "server3")
	c.configure("server1", "rsc_defaults", `<rsc_defaults><meta_attributes id="d"><nvpair id="d-mt" name="migration-threshold" value="1"/></meta_attributes></rsc_defaults>`)
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	c.fail("server1", "a")
	c.until("the failure moved the group", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
	var records []api.Transition
	client := c.api("server2")
	defer client.Close()
	if err := client.Get(c.ctx, "/v1/explain", nil, &records); err != nil || len(records) == 0 {
		t.Fatalf("explain: %v, %d records", err, len(records))
	}
	var reasons []string
	for _, r := range records {
		var asked []api.Transition
		if err := client.Get(c.ctx, "/v1/explain", url.Values{"transition": {strconv.Itoa(r.ID)}}, &asked); err != nil || len(asked) != 1 {
			t.Fatalf("explain %d: %v, %d records", r.ID, err, len(asked))
		}
		for _, a := range asked[0].Actions {
			reasons = append(reasons, append([]string{a.Text + " because"}, a.Why...)...)
		}
	}
	for _, want := range []string{"stop a on server1 because", "it failed once on server1, and migration-threshold is 1"} {
		if !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, want) }) {
			t.Errorf("no reason given says %q; given are\n%s", want, strings.Join(reasons, "\n"))
		}
	}
}

// A hangup signal must not end the daemon.
func TestHangup(t *testing.T) {
	c := start(t, "server1")
	c.formed("server1")
	if err := c.Node("server1").Signal("crmd", syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.until("the configuration was read again", func() bool {
		return strings.Contains(c.Node("server1").Logs(100), "the configuration was read again")
	})
	if c.status("server1").DC != "server1" {
		t.Error("a single node does not serve after SIGHUP")
	}
}

// A second crmd on the same machine is refused; the first is not harmed.
func TestSecondDaemon(t *testing.T) {
	c := start(t, "server1")
	c.formed("server1")
	out, err := c.Node("server1").Run(c.ctx, "", filepath.Join(bin(t), "crmd"))
	if err != nil {
		t.Fatal(err)
	}
	if out.Code == 0 || out.Stderr == "" {
		t.Errorf("a second crmd: exit code %d, %q; want a refusal", out.Code, out.Stderr)
	}
	t.Logf("%s", out.Stderr)
	if c.status("server1").DC != "server1" {
		t.Error("the first crmd does not serve any more")
	}
}

// Attributes, cleanup and the explanation of decisions over the api, from another node.
func TestRequests(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	client := c.api("server2")
	defer client.Close()
	value := "100"
	if err := client.Post(c.ctx, "/v1/attributes", nil, api.AttributeUpdate{Node: "server3", Name: "pingd", Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	var attrs []api.Attribute
	if err := client.Get(c.ctx, "/v1/attributes", map[string][]string{"name": {"pingd"}}, &attrs); err != nil || len(attrs) != 1 || attrs[0] != (api.Attribute{Node: "server3", Name: "pingd", Value: "100"}) {
		t.Errorf("attributes %+v, %v", attrs, err)
	}
	if err := client.Post(c.ctx, "/v1/fail", nil, api.FailRequest{Resource: "b", Node: "server1"}, nil); err != nil {
		t.Fatal(err)
	}
	c.until("the failure is counted", func() bool {
		data, err := client.CIB(c.ctx, "", "//nvpair[@name='fail-count-b#asyncmon_0']")
		return err == nil && strings.Contains(string(data), `value="1"`)
	})
	var reply api.CleanupReply
	if err := client.Post(c.ctx, "/v1/cleanup", nil, api.Cleanup{Resource: "g"}, &reply); err != nil || len(reply.Cleaned) == 0 {
		t.Errorf("cleanup: %+v, %v", reply, err)
	}
	if _, err := client.CIB(c.ctx, "", "//nvpair[@name='fail-count-b#asyncmon_0']"); err == nil {
		t.Error("the failure still counts after the cleanup")
	}
	for _, n := range c.Nodes { // whoever is asked, the DC answers
		var records []api.Transition
		other := c.api(n.Name)
		if err := other.Get(c.ctx, "/v1/explain", nil, &records); err != nil || len(records) == 0 || records[0].Reason == "" {
			t.Errorf("explain on %s: %d records, %v", n.Name, len(records), err)
		}
		other.Close()
	}
	if _, _, err := client.Text(c.ctx, "/v1/metadata", map[string][]string{"agent": {"ocf:tactus:Dummy"}}); err != nil {
		t.Errorf("metadata: %v", err)
	}
	if text, _, err := client.Text(c.ctx, "/metrics", nil); err != nil || !strings.Contains(string(text), `tactus_node_joined{node="server3"} 1`) {
		t.Errorf("metrics: %v\n%s", err, text)
	}
}
