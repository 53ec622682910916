package daemon

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/api/server"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/gossip"
	"github.com/tactus-ha/tactus/ocf"
)

// agreed is an agreement of one node: every command is applied at once.
type agreed struct {
	Agreement // what is not needed here
	replica   *Replica
	status    consensus.Status

	mu       sync.Mutex // guards all following fields
	index    uint64
	commands []cib.Command
	gate     chan struct{} // when set, every Submit takes one
	fail     error
	calls    []string
}

// pass waits at the gate, where there is one.
func (a *agreed) pass(ctx context.Context) error {
	if a.gate == nil {
		return nil
	}
	select {
	case <-a.gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *agreed) Submit(ctx context.Context, command []byte) ([]byte, error) {
	if err := a.pass(ctx); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		return nil, a.fail
	}
	c, err := cib.DecodeCommand(command)
	if err != nil {
		return nil, err
	}
	a.index++
	a.commands = append(a.commands, c)
	return a.replica.Apply(a.index, command), nil
}
func (a *agreed) Status() consensus.Status           { return a.status }
func (a *agreed) Pulse(context.Context) error        { return nil }
func (a *agreed) ReadBarrier(context.Context) error  { return nil }
func (a *agreed) Changes() <-chan struct{}           { return nil }
func (a *agreed) Alive(crm.NodeID, bool)             {}
func (a *agreed) SetPolicy(consensus.Policy)         {}
func (a *agreed) SetKeys([][]byte) error             { return nil }
func (a *agreed) SetPeers([]consensus.Peer)          {}
func (a *agreed) Confirm(crm.NodeID, string) error   { return nil }
func (a *agreed) Yielded() <-chan consensus.Yield    { return nil }
func (a *agreed) Rejoin()                            {}
func (a *agreed) TransferLeadership(context.Context) {}
func (a *agreed) Leave(context.Context)              {}
func (a *agreed) Stop()                              {}
func (a *agreed) Handle(string, func(context.Context, crm.NodeID, []byte) ([]byte, error)) {
}
func (a *agreed) Call(ctx context.Context, _ crm.NodeID, kind string, _ []byte) ([]byte, error) {
	if err := a.pass(ctx); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, kind)
	if a.fail != nil {
		return nil, a.fail
	}
	return []byte(`[]`), nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func attributeCommit(tag, value string, solo bool) crmd.Commit {
	return crmd.Commit{Tag: tag, Solo: solo, Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagStatus, AllowCreate: true, Data: cib.New(cib.TagNodeState, cib.AttrID, "1", "x", value)}}}
}

// Commits that come while one is on its way travel together; one that may be refused
// travels alone; a bad one in a batch takes no other down.
func TestCommitsGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agreed{replica: NewReplica(func() {}), gate: make(chan struct{}, 10)}
		var got []string
		var mu sync.Mutex
		q := newCommits(a, "n1", "seed", func(c crmd.Committed) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, c.Tag+c.Err)
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go q.run(ctx)
		q.put(attributeCommit("a", "1", false))
		synctest.Wait()
		q.put(attributeCommit("b", "2", false))
		q.put(attributeCommit("c", "3", false))
		q.put(attributeCommit("d", "4", true))
		q.put(crmd.Commit{Tag: "bad", Ops: []cib.Op{{Kind: cib.Modify, XPath: "/cib/status/nosuch", Data: cib.New("nosuch")}}})
		q.put(attributeCommit("e", "5", false))
		for range 6 {
			a.gate <- struct{}{}
		}
		if err := q.barrier(ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		var tags []string
		for _, g := range got {
			tags = append(tags, strings.SplitN(g, "/", 2)[0])
		}
		if len(got) != 6 || got[0] != "a" || got[3] != "d" || !strings.HasPrefix(got[4], "bad") || got[4] == "bad" || got[5] != "e" {
			t.Errorf("committed %v, want a b c d bad (with its error) e", tags)
		}
		if n := len(a.commands); n != 6 || len(a.commands[1].Ops) != 2 {
			t.Errorf("%d commands, the second of %d operations; want 6 (one batch refused and tried one by one), 2", n, len(a.commands[1].Ops))
		}
		seen := map[string]bool{}
		for _, c := range a.commands {
			if c.ID == "" || seen[c.ID] {
				t.Errorf("command id %q is empty or used twice", c.ID)
			}
			seen[c.ID] = true
		}
	})
}

func TestCommitWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agreed{replica: NewReplica(func() {}), gate: make(chan struct{})}
		var got crmd.Committed
		q := newCommits(a, "n1", "seed", func(c crmd.Committed) { got = c })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go q.run(ctx)
		q.put(attributeCommit("a", "1", false))
		time.Sleep(commitBound + time.Second)
		synctest.Wait()
		if got.Err == "" || got.ExitCode != 0 {
			t.Errorf("answer %+v, want an unknown outcome", got)
		}
	})
}

func TestOutboxGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agreed{gate: make(chan struct{}, 10)}
		var sizes []int
		var mu sync.Mutex
		o := newOutboxes(a, func(in crmd.OrdersAnswered) {
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, len(in.Orders))
		})
		for range 3 {
			o.put(t.Context(), 2, []crmd.Order{{Kind: crmd.RunOrder}})
			synctest.Wait()
		}
		a.gate <- struct{}{}
		a.gate <- struct{}{}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(sizes) != 2 || sizes[0] != 1 || sizes[1] != 2 {
			t.Errorf("calls of %v orders, want 1 and then 2 together", sizes)
		}
	})
}

func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := newMailbox()
		tm := newTimers(mail)
		now := time.Now()
		tm.arm(crmd.Arm{Name: "a", At: now.Add(time.Second)})
		tm.arm(crmd.Arm{Name: "b", At: now.Add(time.Second)})
		tm.arm(crmd.Arm{Name: "b"})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		items, _ := mail.take()
		if len(items) != 1 || !tm.due(items[0].(fired)) {
			t.Fatalf("fired %v, want a", items)
		}
		tm.arm(crmd.Arm{Name: "c", At: now.Add(3 * time.Second)})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		items, _ = mail.take()
		tm.arm(crmd.Arm{Name: "c", At: now.Add(time.Hour)}) // armed anew after it fired, before the loop saw it
		if tm.due(items[0].(fired)) {
			t.Error("a timer that was armed anew is due")
		}
		tm.stop()
	})
}

func TestStream(t *testing.T) {
	s := newStream()
	s.add(api.Event{Kind: "dc"})
	s.add(api.Event{Kind: "quorum"})
	old, events, cancel := s.subscribe(1)
	if len(old) != 1 || old[0].Kind != "quorum" {
		t.Errorf("missed events %v, want the second", old)
	}
	s.publish(crmd.Notice{Kind: "result", Level: crmd.Info, Text: "x", Keys: []string{"node", "n1", "rc", "ok"}}, cib.Version{})
	if e := <-events; e.Seq != 3 || e.Message != "x rc=ok" {
		t.Errorf("event %+v", e)
	}
	s.publish(crmd.Notice{Kind: "action", Level: crmd.Debug}, cib.Version{})
	s.cibChanged(cib.Version{Epoch: 2}, true)
	if e := <-events; e.Kind != "cib" || e.CIBVersion != "0.2.0" || e.Seq != 3 {
		t.Errorf("event %+v, want the new CIB's", e)
	}
	for range 200 { // the subscriber sleeps: it is dropped, nobody waits for it
		s.add(api.Event{Kind: "cib"})
	}
	n := 0
	for range events {
		n++
	}
	if n == 0 || n >= 200 {
		t.Errorf("a slow subscriber got %d events, want some and then the end", n)
	}
	cancel()
}

func TestKeeper(t *testing.T) {
	root := t.TempDir()
	k := newKeeper(root, quiet())
	r := NewReplica(func() {})
	first, second := k.saveInput(r.Current()), k.saveInput(r.Current())
	k.flush(r)
	if first == second || !strings.HasSuffix(first, "pe-input-0.xml.gz") {
		t.Errorf("inputs %s, %s", first, second)
	}
	data, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !bytes.Equal(text, r.Current().Root().XML()) {
		t.Errorf("the input does not read back: %v", err)
	}
	exported, err := os.ReadFile(filepath.Join(root, "var/lib/pacemaker/cib/cib.xml"))
	if err != nil || !bytes.Equal(exported, r.Current().Root().XML()) {
		t.Errorf("cib.xml: %v", err)
	}
	if next := newKeeper(root, quiet()).saveInput(r.Current()); !strings.HasSuffix(next, "pe-input-2.xml.gz") {
		t.Errorf("after a restart the next input is %s, want number 2", next)
	}
}

// A disk that takes no files stops nothing.
func TestKeeperWithoutDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	k := newKeeper(file, slog.New(slog.NewTextHandler(&log, nil)))
	r := NewReplica(func() {})
	k.saveInput(r.Current())
	k.flush(r)
	if !strings.Contains(log.String(), "the cluster is not affected") {
		t.Errorf("log: %s", log.String())
	}
}

// bare is a daemon without connections, for what only looks at the state.
func bare(t *testing.T) (*Daemon, *agreed) {
	t.Helper()
	cfg := Config{Cluster: membership.Config{ClusterName: "test", Nodes: []membership.Node{{Name: "n1", ID: 1}, {Name: "n2", ID: 2}}, Timing: membership.TimingFromToken(0, 0, "test")},
		Self: crmd.Peer{ID: 1, Name: "n1"}, Root: t.TempDir(), Log: quiet()}
	d := newDaemon(cfg, Ports{})
	a := &agreed{replica: d.replica, status: consensus.Status{Leader: 1, Quorate: true, Role: consensus.Leader}}
	d.agreement, d.heartbeats = a, silence{}
	d.commits = newCommits(a, "n1", "seed", func(c crmd.Committed) { d.mail.put(c) })
	return d, a
}

// TestAFreshControllerDoesNotSayThatItNeverHeardANode: the one before it may have heard it just now.
func TestAFreshControllerDoesNotSayThatItNeverHeardANode(t *testing.T) {
	d, _ := bare(t) // nobody was heard by it
	if got := d.silence(2); got < 0 || got > time.Since(d.began) {
		t.Errorf("it has not heard n2 for %v; it cannot say more than it has lived", got)
	}
	d.began = time.Now().Add(-time.Minute)
	if got := d.silence(2); got < time.Minute {
		t.Errorf("after a minute it has not heard n2 for %v", got)
	}
}

type silence struct{}

func (silence) Events() <-chan membership.Event { return nil }
func (silence) Alive() map[crm.NodeID]bool      { return map[crm.NodeID]bool{1: true} }
func (silence) Links() []membership.LinkState {
	return []membership.LinkState{{ID: 2, Node: "n2", Up: true, RTT: time.Millisecond}}
}
func (silence) Metas() map[crm.NodeID]gossip.Meta {
	return map[crm.NodeID]gossip.Meta{2: {ExecutorLost: true}}
}
func (silence) SetKeys([][]byte) error    { return nil }
func (silence) SetMeta(gossip.Meta) error { return nil }
func (silence) Leave(context.Context)     {}
func (silence) Close() error              { return nil }

const twoStates = `<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member"><transient_attributes id="1"><instance_attributes id="status-1">
<nvpair id="a" name="fail-count-r#monitor_1000" value="2"/><nvpair id="b" name="fail-count-r#start_0" value="INFINITY"/></instance_attributes></transient_attributes>
<lrm id="1"><lrm_resources><lrm_resource id="r" class="ocf" provider="x" type="y"><lrm_rsc_op id="r_last_0" operation="start" rc-code="0"/><lrm_rsc_op id="r_last_failure_0" operation="monitor" rc-code="7"/></lrm_resource>
<lrm_resource id="s" class="ocf" provider="x" type="y"><lrm_rsc_op id="s_last_0" operation="stop" rc-code="0"/></lrm_resource></lrm_resources></lrm></node_state></status>`

func submit(t *testing.T, d *Daemon, scope, xml string) {
	t.Helper()
	b := &backend{Daemon: d}
	reply, err := b.Change(t.Context(), api.CIBRequest{Ops: []api.CIBOp{{Kind: "replace", Scope: scope, XML: xml}}}, "test")
	if err != nil || reply.ExitCode != 0 {
		t.Fatalf("change: %v, %+v", err, reply)
	}
}

func TestMetrics(t *testing.T) {
	d, _ := bare(t)
	submit(t, d, "status", twoStates)
	d.observe(lrmd.Result{Op: crm.OpKey{Resource: "r", Name: "start"}, ExecTime: time.Second})
	d.metrics.scheduled(time.Millisecond, crmd.Plan{})
	problems, err := testutil.GatherAndLint(d.metrics.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	want := `
# HELP tactus_failcount Failures of resources that count.
# TYPE tactus_failcount gauge
tactus_failcount{node="n1",resource="r"} 1e+06
# HELP tactus_resources Resources by node and role, as their history says.
# TYPE tactus_resources gauge
tactus_resources{node="n1",role="failed"} 0
tactus_resources{node="n1",role="promoted"} 0
tactus_resources{node="n1",role="started"} 1
tactus_resources{node="n1",role="stopped"} 1
`
	if err := testutil.GatherAndCompare(d.metrics.registry, strings.NewReader(want), "tactus_failcount", "tactus_resources"); err != nil {
		t.Error(err)
	}
}

func TestHistories(t *testing.T) {
	d, _ := bare(t)
	submit(t, d, "status", twoStates)
	got := histories(d.replica.Current())
	want := []history{{"n1", "r", true}, {"n1", "s", false}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("histories = %v, want %v", got, want)
	}
}

func TestChangeRefused(t *testing.T) {
	d, a := bare(t)
	b := &backend{Daemon: d}
	for _, tc := range []struct {
		name string
		req  api.CIBRequest
		exit int
	}{
		{"bad XML", api.CIBRequest{Ops: []api.CIBOp{{Kind: "create", Scope: "resources", XML: "<primitive"}}}, exitInvalid},
		{"bad version", api.CIBRequest{IfVersion: "1", Ops: []api.CIBOp{{Kind: "bump"}}}, 64},
	} {
		_, err := b.Change(t.Context(), tc.req, "test")
		var no *api.RemoteError
		if !errors.As(err, &no) || no.ExitCode != tc.exit {
			t.Errorf("%s: %v, want exit code %d", tc.name, err, tc.exit)
		}
	}
	reply, err := b.Change(t.Context(), api.CIBRequest{IfVersion: "9.9.9", Ops: []api.CIBOp{{Kind: "bump"}}}, "test")
	if err != nil || reply.ExitCode != 103 {
		t.Errorf("old version: %+v, %v; want exit code 103", reply, err)
	}
	before := d.replica.Current()
	reply, err = b.Change(t.Context(), api.CIBRequest{DryRun: true, Ops: []api.CIBOp{{Kind: "bump"}}}, "test")
	if err != nil || reply.ExitCode != 0 || d.replica.Current() != before {
		t.Errorf("dry run: %+v, %v, or it changed the CIB", reply, err)
	}
	a.status = consensus.Status{DiskError: "no space left on device", QuorumReason: "x"}
	a.fail = errors.New("refused")
	if _, err = b.Change(t.Context(), api.CIBRequest{Ops: []api.CIBOp{{Kind: "bump"}}}, "test"); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("full disk: %v, want the reason", err)
	}
}

func TestViewOfAgreement(t *testing.T) {
	d, a := bare(t)
	for _, tc := range []struct {
		name    string
		status  consensus.Status
		leading bool
	}{
		{"leader", consensus.Status{Leader: 1, Role: consensus.Leader, Quorate: true}, true},
		{"alone", consensus.Status{Leader: 1, Role: consensus.Alone, Quorate: true}, true},
		{"leader without quorum", consensus.Status{Leader: 1, Role: consensus.Waiting}, false},
		{"leader with a full disk", consensus.Status{Leader: 1, Role: consensus.Leader, Quorate: true, DiskError: "full"}, false},
		{"follower", consensus.Status{Leader: 2, Role: consensus.Follower, Quorate: true}, false},
	} {
		a.status = tc.status
		if got := d.view(a.status).Leading; got != tc.leading {
			t.Errorf("%s: leading = %v, want %v", tc.name, got, tc.leading)
		}
	}
}

func TestPolicy(t *testing.T) {
	d, _ := bare(t)
	if p := d.policy(); !p.FencingEnabled || p.NoQuorumPolicy != "stop" {
		t.Errorf("policy of an empty CIB: %+v, want fencing on and stop", p)
	}
	submit(t, d, "crm_config", `<crm_config><cluster_property_set id="s"><nvpair id="a" name="stonith-enabled" value="off"/><nvpair id="b" name="no-quorum-policy" value="ignore"/></cluster_property_set></crm_config>`)
	if p := d.policy(); p.FencingEnabled || p.NoQuorumPolicy != "ignore" {
		t.Errorf("policy: %+v, want fencing off and ignore", p)
	}
}

func TestAccess(t *testing.T) {
	if c := judge(0, 0); c.Access != server.Full || c.User != "root" {
		t.Errorf("root: %+v", c)
	}
	if os.Getuid() != 0 {
		return
	}
	if c := judge(65534, 65534); c.Access != server.Nothing {
		t.Errorf("nobody: %+v, want nothing", c)
	}
}

func TestTraits(t *testing.T) {
	for _, tc := range []struct {
		name string
		meta ocf.Metadata
		want string
	}{
		{"no reload", ocf.Metadata{Actions: []ocf.Action{{Name: "start"}}, Parameters: []ocf.Parameter{{Name: "a"}}}, "false "},
		{"reload-agent", ocf.Metadata{Actions: []ocf.Action{{Name: "reload-agent"}}, Parameters: []ocf.Parameter{{Name: "a"}, {Name: "b", Reloadable: true}}}, "true a"},
		{"reload of OCF 1.0", ocf.Metadata{Actions: []ocf.Action{{Name: "reload"}}, Parameters: []ocf.Parameter{{Name: "a"}, {Name: "b", Unique: true}}}, "true b"},
	} {
		got := traitsOf(tc.meta)
		if text := map[bool]string{true: "true ", false: "false "}[got.Reload] + strings.Join(got.Restart, ","); text != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, text, tc.want)
		}
	}
}

func TestHelpNamesEveryOption(t *testing.T) {
	flags := flag.NewFlagSet("crmd", flag.ContinueOnError)
	(&Options{}).Define(flags)
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(Help, "\n  --"+f.Name) {
			t.Errorf("the help text does not explain --%s", f.Name)
		}
	})
}
