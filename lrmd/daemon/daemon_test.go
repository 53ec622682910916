package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/client"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/lrmd/lease"
	"github.com/tactus-ha/tactus/ocf"
)

// executor is a daemon of a test, in this process.
type executor struct {
	t    testing.TB
	root string
	stop func()
}

// newRoot makes a root with agents: name -> shell text after #!/bin/sh.
func newRoot(t *testing.T, agents map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range agents {
		path := filepath.Join(root, "usr/lib/ocf/resource.d/test", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// launch starts a daemon over root and waits until it takes orders.
func launch(t testing.TB, root string) *executor {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- Run(ctx, Config{
			Socket: Socket(root), StateDir: StateDir(root), Lease: lease.Path(root), Dirs: exec.DirsFor(root, func(string) string { return "" }),
			Env: ocf.Daemon(os.Environ(), "none", ""), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("Run: %v", err)
	}
	e := &executor{t: t, root: root}
	e.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		ended <- nil
	}
	t.Cleanup(e.stop)
	return e
}

func (e *executor) dial() *client.Client {
	e.t.Helper()
	c, err := client.Dial(context.Background(), Socket(e.root))
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = c.Close() })
	return c
}

var one = crm.Stamp{Incarnation: 1, Term: 1}

func order(resource, op string, interval time.Duration, agent string) lrmd.Order {
	return lrmd.Order{Stamp: one, Op: crm.OpKey{Resource: crm.ResourceID(resource), Name: op, Interval: interval}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: agent}}
}

func submit(t *testing.T, c *client.Client, o lrmd.Order) int {
	t.Helper()
	call, err := c.Submit(context.Background(), o)
	if err != nil {
		t.Fatalf("Submit(%s): %v", o.Op, err)
	}
	return call
}

// result waits for the next result.
func result(t *testing.T, c *client.Client) lrmd.Result {
	t.Helper()
	select {
	case r, ok := <-c.Results():
		if !ok {
			t.Fatal("the executor is gone")
		}
		return r
	case <-time.After(2 * time.Minute):
		t.Fatal("no result")
	}
	panic("unreachable")
}

func expectResult(t *testing.T, c *client.Client, key string, rc crm.ExitCode) lrmd.Result {
	t.Helper()
	r := result(t, c)
	if r.Op.String() != key || r.RC != rc {
		t.Fatalf("result %s rc %d (%s), want %s rc %d", r.Op, r.RC, r.ExitReason, key, rc)
	}
	return r
}

// fileAgent runs while a file exists.
const fileAgent = `case $1 in
start) : > "$OCF_RESKEY_file";;
stop) rm -f "$OCF_RESKEY_file";;
monitor) echo x >> "$OCF_RESKEY_file.count"; [ -e "$OCF_RESKEY_file" ] || exit 7;;
esac
`

func TestOrderAndResult(t *testing.T) {
	e := launch(t, newRoot(t, map[string]string{"file": fileAgent}))
	c := e.dial()
	c.Results()
	file := filepath.Join(e.root, "f")
	o := order("r", "start", 0, "file")
	o.Params, o.UserData = map[string]string{"file": file}, "4:2:0:uuid"
	call := submit(t, c, o)
	r := expectResult(t, c, "r_start_0", 0)
	if r.Call != call || r.UserData != o.UserData || r.Params["file"] != file || r.LastRun.IsZero() || r.ExecTime <= 0 || r.Status != crm.ExecDone {
		t.Errorf("result %+v does not fit the order", r)
	}
	o.Op = crm.OpKey{Resource: "r", Name: "monitor", Interval: 50 * time.Millisecond}
	submit(t, c, o)
	expectResult(t, c, "r_monitor_50", 0)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expectResult(t, c, "r_monitor_50", 7)
	states, err := c.State(context.Background())
	if err != nil || len(states) != 1 || len(states[0].History) != 2 || len(states[0].Recurring) != 1 || states[0].History[1].RC != 7 {
		t.Errorf("State = %+v, %v", states, err)
	}
	if found, err := c.Cancel(context.Background(), one, o.Op); !found || err != nil {
		t.Errorf("Cancel = %v, %v", found, err)
	}
	if r := result(t, c); !r.Removed || r.Status != crm.ExecCancelled {
		t.Errorf("after cancel: %+v", r)
	}
	if err := c.Forget(context.Background(), one, "r"); err != nil {
		t.Error(err)
	}
	if states, err := c.State(context.Background()); err != nil || len(states) != 0 {
		t.Errorf("State after forget = %+v, %v", states, err)
	}
}

// crmd is killed: monitors go on, what changes meanwhile is told to the next one, and
// it learns all that was ordered.
func TestClientDies(t *testing.T) {
	e := launch(t, newRoot(t, map[string]string{"file": fileAgent}))
	first := e.dial()
	first.Results()
	file := filepath.Join(e.root, "f")
	p := map[string]string{"file": file}
	o := order("r", "start", 0, "file")
	o.Params = p
	submit(t, first, o)
	expectResult(t, first, "r_start_0", 0)
	o = order("r", "monitor", 20*time.Millisecond, "file")
	o.Params, o.UserData = p, "7:7:0:uuid"
	submit(t, first, o)
	expectResult(t, first, "r_monitor_20", 0)
	_ = first.Close()
	<-first.Done()
	eventually(t, "the monitor goes on", func() bool {
		data, _ := os.ReadFile(file + ".count")
		return len(data) > 20
	})
	watcher := e.dial()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the failure waits for somebody", func() bool {
		s, err := watcher.Stats(context.Background())
		return err == nil && s.Unheard == 1
	})
	second := e.dial()
	r := expectResult(t, second, "r_monitor_20", 7)
	if r.UserData != "7:7:0:uuid" || r.Params["file"] != file {
		t.Errorf("result for the next crmd: %+v", r)
	}
	states, err := second.State(context.Background())
	if err != nil || len(states) != 1 || states[0].Restored || len(states[0].History) != 2 || states[0].History[0].Params["file"] != file {
		t.Errorf("State = %+v, %v", states, err)
	}
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 24_000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func TestStaleOrdersAlsoAfterARestart(t *testing.T) {
	root := newRoot(t, map[string]string{"ok": "exit 0\n"})
	e := launch(t, root)
	newer := order("r", "monitor", 0, "ok")
	newer.Stamp = crm.Stamp{Incarnation: 3, Term: 7}
	submit(t, e.dial(), newer)
	e.stop()
	e = launch(t, root)
	c := e.dial()
	_, err := c.Submit(context.Background(), order("r", "start", 0, "ok"))
	var stale *lrmd.StaleStampError
	if !errors.As(err, &stale) || stale.Want != newer.Stamp || stale.Have != one {
		t.Errorf("old order after a restart: %v, want a refusal", err)
	}
	if _, err := c.Cancel(context.Background(), one, newer.Op); !errors.As(err, &stale) {
		t.Errorf("old cancel: %v, want a refusal", err)
	}
	submit(t, c, newer)
	if s, err := c.Stats(context.Background()); err != nil || s.Stale != 2 || s.Stamp != newer.Stamp {
		t.Errorf("Stats = %+v, %v, want 2 stale orders", s, err)
	}
}

func TestStampFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "stamp")
	open := func() (*stampFile, crm.Stamp, bool) {
		t.Helper()
		s, highest, damaged, err := openStamp(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.close() })
		return s, highest, damaged
	}
	s, _, _ := open()
	for i := uint64(1); i <= 5; i++ {
		if err := s.write(crm.Stamp{Incarnation: i, Term: 100 - i}); err != nil {
			t.Fatal(err)
		}
		if _, got, damaged := open(); got.Incarnation != i || damaged {
			t.Errorf("after %d: %v, damaged %v", i, got, damaged)
		}
	}
	// A write that was torn leaves the one before.
	data, _ := os.ReadFile(path)
	if len(data) != 2*slotSize {
		t.Fatalf("the file has %d bytes, want %d: it must never need space", len(data), 2*slotSize)
	}
	copy(data, "00000000000000000005 0000000")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, got, damaged := open(); damaged || got.Incarnation != 4 && got.Incarnation != 5 {
		t.Errorf("torn: %v, damaged %v", got, damaged)
	}
	for name, text := range map[string]string{"flipped": strings.ReplaceAll(string(data), "0", "1"), "truncated": string(data[:30]), "garbage": "hello"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, got, damaged := open(); !damaged || got != (crm.Stamp{}) {
			t.Errorf("%s: %v, damaged %v", name, got, damaged)
		}
	}
}

// lrmd itself is restarted: results are known, nothing is believed, and what was under way
// is told as lost.
func TestRestart(t *testing.T) {
	root := newRoot(t, map[string]string{"file": fileAgent, "slow": "[ $1 = start ] && exec sleep 1000\nexit 0\n"})
	e := launch(t, root)
	c := e.dial()
	c.Results()
	o := order("r", "start", 0, "file")
	o.Params = map[string]string{"file": filepath.Join(root, "f")}
	submit(t, c, o)
	expectResult(t, c, "r_start_0", 0)
	call := submit(t, c, order("s", "start", 0, "slow"))
	before, err := e.dial().Instance(context.Background())
	if again, _ := e.dial().Instance(context.Background()); err != nil || before == "" || again != before {
		t.Errorf("Instance = %q, %q, %v; want the same twice", before, again, err)
	}
	e.stop()
	if _, ok := <-c.Results(); ok {
		t.Error("a result of a run that the end of the executor cut off")
	}
	e = launch(t, root)
	c = e.dial()
	if after, err := c.Instance(context.Background()); err != nil || after == before {
		t.Errorf("Instance after a restart = %q, %v; want another than before", after, err)
	}
	r := expectResult(t, c, "s_start_0", crm.GenericError)
	if r.Call != call || r.Status != crm.ExecError || !strings.Contains(r.ExitReason, "restarted") {
		t.Errorf("lost operation: %+v", r)
	}
	states, err := c.State(context.Background())
	if err != nil || len(states) != 2 || !states[0].Restored || states[0].History[0].Op.String() != "r_start_0" {
		t.Errorf("State = %+v, %v", states, err)
	}
	if next := submit(t, c, order("r", "monitor", 0, "file")); next <= call {
		t.Errorf("call numbers go on: %d after %d", next, call)
	}
	e.stop()
	// Memory that cannot be read is lost, no more.
	if err := os.WriteFile(memoryPath(StateDir(root)), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if states, err := launch(t, root).dial().State(context.Background()); err != nil || len(states) != 0 {
		t.Errorf("State = %+v, %v", states, err)
	}
}

func TestMemoryOfAnotherBoot(t *testing.T) {
	dir := t.TempDir()
	if err := saveMemory(dir, "boot-1", lrmd.Memory{LastCall: 9, Results: []lrmd.Result{{Call: 9}}}); err != nil {
		t.Fatal(err)
	}
	if m, ok, err := loadMemory(dir, "boot-1"); err != nil || !ok || len(m.Results) != 1 {
		t.Errorf("same boot: %+v, %v, %v", m, ok, err)
	}
	if m, ok, err := loadMemory(dir, "boot-2"); err != nil || !ok || len(m.Results) != 0 || m.LastCall != 9 {
		t.Errorf("another boot: %+v, %v, %v", m, ok, err)
	}
}

func TestGarbage(t *testing.T) {
	e := launch(t, newRoot(t, map[string]string{"ok": "exit 0\n"}))
	good := e.dial()
	for name, what := range map[string]string{
		"not JSON": "GET / HTTP/1.1\r\n\r\n", "no id": "{\"verb\":\"state\"}\n", "wrong types": "{\"id\":\"x\"}\n",
		"binary": "\x00\xff\x16\x03\x01\n", "too long": strings.Repeat("x", lrmd.MaxMessage+10) + "\n",
	} {
		conn, err := net.Dial("unix", Socket(e.root))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(what)) // the other end may close in the middle of it
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := conn.Read(make([]byte, 100)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read %d bytes, %v; want to be disconnected", name, n, err)
		}
		_ = conn.Close()
	}
	eventually(t, "all are counted", func() bool {
		s, err := good.Stats(context.Background())
		return err == nil && s.Garbage == 5
	})
	good.Results()
	submit(t, good, order("r", "monitor", 0, "ok"))
	expectResult(t, good, "r_monitor_0", 0)
}

func TestRefusedRequests(t *testing.T) {
	e := launch(t, newRoot(t, nil))
	c := e.dial()
	if _, err := c.Submit(context.Background(), lrmd.Order{Stamp: one}); err == nil || !strings.Contains(err.Error(), "no resource") {
		t.Errorf("empty order: %v", err)
	}
	o := order("r", "start", 0, "x")
	o.Params = map[string]string{"big": strings.Repeat("x", lrmd.MaxMessage)}
	if _, err := c.Submit(context.Background(), o); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("enormous order: %v", err)
	}
	if _, err := c.Metadata(context.Background(), lrmd.Agent{Class: "ocf", Provider: "test", Type: "none"}); err == nil || !strings.Contains(err.Error(), "no such agent") {
		t.Errorf("meta-data of nothing: %v", err)
	}
	if text, err := c.Metadata(context.Background(), lrmd.Agent{Class: "ocf", Provider: "tactus", Type: "IPaddr2"}); err != nil || !strings.Contains(text, "<resource-agent") {
		t.Errorf("meta-data: %.100q, %v", text, err)
	}
	if err := Run(context.Background(), Config{Socket: Socket(e.root) + "2", StateDir: StateDir(e.root), Dirs: exec.DirsFor(e.root, os.Getenv), Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "another lrmd") {
		t.Errorf("a second lrmd: %v", err)
	}
}

func TestManyResources(t *testing.T) {
	e := launch(t, newRoot(t, nil))
	c := e.dial()
	results := c.Results()
	const n = 300
	for i := range n {
		o := order(fmt.Sprintf("d%d", i), "start", 0, "Dummy")
		o.Agent.Provider = "tactus"
		submit(t, c, o)
	}
	seen := map[crm.OpKey]bool{}
	for range n {
		r := <-results
		if r.RC != 0 || seen[r.Op] {
			t.Errorf("result %+v", r)
		}
		seen[r.Op] = true
	}
}

func TestPromotionScores(t *testing.T) {
	e := launch(t, newRoot(t, nil))
	c := e.dial()
	scores := c.Scores()
	o := order("s", "start", 0, "Stateful")
	o.Agent.Provider = "tactus"
	submit(t, c, o)
	if s := <-scores; s != (lrmd.PromotionScore{Resource: "s", Score: "5"}) {
		t.Errorf("score after start: %+v", s)
	}
	o.Op.Name = "stop"
	submit(t, c, o)
	if s := <-scores; s != (lrmd.PromotionScore{Resource: "s", Delete: true}) {
		t.Errorf("score after stop: %+v", s)
	}
}

func TestTimeoutIsCounted(t *testing.T) {
	e := launch(t, newRoot(t, map[string]string{"hang": "exec sleep 1000\n"}))
	c := e.dial()
	c.Results()
	o := order("r", "start", 0, "hang")
	o.Timeout = 50 * time.Millisecond
	submit(t, c, o)
	if r := expectResult(t, c, "r_start_0", 1); r.Status != crm.ExecTimeout {
		t.Errorf("result %+v", r)
	}
	if s, err := c.Stats(context.Background()); err != nil || s.Timeouts != 1 || s.Runs != 1 {
		t.Errorf("Stats = %+v, %v", s, err)
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Notify(path, "READY=1"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, err := l.Read(buf); err != nil || string(buf[:n]) != "READY=1" {
		t.Errorf("told %q, %v", buf[:n], err)
	}
	if err := Notify("", "READY=1"); err != nil {
		t.Errorf("without systemd: %v", err)
	}
}
