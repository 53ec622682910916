package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// fake is a backend that notes what it was asked for.
type fake struct {
	asked  []string
	err    error
	events chan api.Event
	user   string
	stale  string
}

func (f *fake) note(parts ...string) error {
	f.asked = append(f.asked, strings.Join(parts, " "))
	return f.err
}

func (f *fake) CIB(context.Context) (*cib.Snapshot, string) { return cib.Empty(time.Time{}), f.stale }
func (f *fake) Change(_ context.Context, req api.CIBRequest, user string) (api.CIBReply, error) {
	f.user = user
	return api.CIBReply{Version: "0.1.0"}, f.note("change", req.Ops[0].Kind)
}
func (f *fake) Status(context.Context) (api.Status, error) {
	return api.Status{Node: "n1"}, f.note("status")
}
func (f *fake) Subscribe(after uint64) ([]api.Event, <-chan api.Event, func()) {
	var old []api.Event
	if after > 0 {
		old = []api.Event{{Seq: after + 1, Kind: "dc", Message: "missed"}}
	}
	return old, f.events, func() {}
}
func (f *fake) SetAttribute(_ context.Context, u api.AttributeUpdate) error {
	return f.note("attribute", u.Name)
}
func (f *fake) Attributes(_ context.Context, name string, node crm.NodeName) ([]api.Attribute, error) {
	return nil, f.note("attributes", name, string(node))
}
func (f *fake) Cleanup(_ context.Context, c api.Cleanup) (api.CleanupReply, error) {
	return api.CleanupReply{}, f.note("cleanup", string(c.Resource))
}
func (f *fake) Fail(_ context.Context, r api.FailRequest) error {
	return f.note("fail", string(r.Resource))
}
func (f *fake) Recheck(context.Context) error { return f.note("recheck") }
func (f *fake) Shutdown(_ context.Context, n crm.NodeName) error {
	return f.note("shutdown", string(n))
}
func (f *fake) Forget(_ context.Context, n crm.NodeName) error { return f.note("forget", string(n)) }
func (f *fake) ConfirmOff(_ context.Context, n crm.NodeName, _ string) error {
	return f.note("confirm", string(n))
}
func (f *fake) TakeOver(_ context.Context, phrase, user string) (api.TakeOver, error) {
	return api.TakeOver{Node: "n1", Done: phrase == api.TakeOverPhrase}, f.note("take-over", phrase, "for", user)
}
func (f *fake) Fencing(context.Context) (api.Fencing, error) {
	return api.Fencing{Protection: "nothing"}, f.note("fencing")
}
func (f *fake) Fence(_ context.Context, req api.FenceRequest, user string) (api.FenceEvent, error) {
	return api.FenceEvent{ID: "r1", Target: req.Target, Status: "pending"}, f.note("fence", req.Action, string(req.Target), "for", user)
}
func (f *fake) FenceEvent(_ context.Context, id string) (api.FenceEvent, error) {
	return api.FenceEvent{ID: id, Status: "success"}, f.note("request", id)
}
func (f *fake) CleanFencing(_ context.Context, n crm.NodeName) (api.FenceCleanup, error) {
	return api.FenceCleanup{Removed: 3}, f.note("clean", string(n))
}
func (f *fake) Timing() api.Timing { return api.Timing{Source: "test"} }
func (f *fake) Explain(context.Context, int) ([]api.Transition, error) {
	return nil, f.note("explain")
}
func (f *fake) Agents(_ context.Context, class, provider string) ([]string, error) {
	return []string{"Dummy"}, f.note("agents", class, provider)
}
func (f *fake) Metadata(_ context.Context, a lrmd.Agent) (string, error) {
	return "<resource-agent/>", f.note("metadata", a.Class, a.Provider, a.Type)
}
func (f *fake) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metric 1\n")) })
}

func do(t *testing.T, f *fake, access Access, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r = r.WithContext(WithCaller(r.Context(), Caller{User: "alice", Access: access}))
	w := httptest.NewRecorder()
	New(f).ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	for _, tc := range []struct {
		name, method, target, body string
		status                     int
		asked, contains            string
	}{
		{"whole CIB", "GET", "/v1/cib", "", 200, "", "<cib "},
		{"a section", "GET", "/v1/cib?scope=resources", "", 200, "", "<resources"},
		{"an unknown section", "GET", "/v1/cib?scope=nosuch", "", 409, "", `"exit_code":105`},
		{"an expression", "GET", "/v1/cib?xpath=//nodes", "", 200, "", "<nodes"},
		{"an expression without match", "GET", "/v1/cib?xpath=//primitive", "", 409, "", `"exit_code":105`},
		{"a bad expression", "GET", "/v1/cib?xpath=//[", "", 400, "", `"exit_code":64`},
		{"change", "POST", "/v1/cib", `{"ops":[{"kind":"bump"}]}`, 200, "change bump", `"version":"0.1.0"`},
		{"change without operations", "POST", "/v1/cib", `{}`, 400, "", "no operation"},
		{"not JSON", "POST", "/v1/cib", `<cib/>`, 400, "", "request body"},
		{"status", "GET", "/v1/status", "", 200, "status", `"node":"n1"`},
		{"attributes", "GET", "/v1/attributes?name=a&node=n1", "", 200, "attributes a n1", "[]"},
		{"attribute", "POST", "/v1/attributes", `{"name":"a","value":"1"}`, 200, "attribute a", "{}"},
		{"attribute without a name", "POST", "/v1/attributes", `{}`, 400, "", "name"},
		{"cleanup", "POST", "/v1/cleanup", `{"resource":"r"}`, 200, "cleanup r", `"cleaned":[]`},
		{"fail", "POST", "/v1/fail", `{"resource":"r","node":"n1"}`, 200, "fail r", "{}"},
		{"fail nothing", "POST", "/v1/fail", `{}`, 400, "", "resource"},
		{"recheck", "POST", "/v1/recheck", "", 200, "recheck", "{}"},
		{"shutdown", "POST", "/v1/shutdown?node=n2", "", 200, "shutdown n2", "{}"},
		{"forget", "POST", "/v1/forget?node=n2", "", 200, "forget n2", "{}"},
		{"forget nobody", "POST", "/v1/forget", "", 400, "", "node"},
		{"confirm", "POST", "/v1/confirm-off?node=n2", "", 200, "confirm n2", "{}"},
		{"take over", "POST", "/v1/take-over?confirm=i-confirm-peer-is-off", "", 200, "take-over i-confirm-peer-is-off for alice", `"done":true`},
		{"ask about taking over", "POST", "/v1/take-over", "", 200, "take-over  for alice", `"done":false`},
		{"confirm nobody", "POST", "/v1/confirm-off", "", 400, "", "node"},
		{"fencing", "GET", "/v1/fencing", "", 200, "fencing", `"protection":"nothing"`},
		{"fence", "POST", "/v1/fencing", `{"target":"n2","action":"reboot"}`, 200, "fence reboot n2 for alice", `"status":"pending"`},
		{"fence nobody", "POST", "/v1/fencing", `{"action":"reboot"}`, 400, "", "target"},
		{"fence somehow", "POST", "/v1/fencing", `{"target":"n2","action":"shoot"}`, 400, "", "off, reboot or on"},
		{"fence in negative time", "POST", "/v1/fencing", `{"target":"n2","action":"off","timeout":-1}`, 400, "", "negative"},
		{"a request", "GET", "/v1/fencing/request?id=r1", "", 200, "request r1", `"status":"success"`},
		{"no request", "GET", "/v1/fencing/request", "", 400, "", "id"},
		{"clean the history", "DELETE", "/v1/fencing?node=n2", "", 200, "clean n2", `"removed":3`},
		{"timing", "GET", "/v1/timing", "", 200, "", `"source":"test"`},
		{"explain", "GET", "/v1/explain?transition=3", "", 200, "explain", "[]"},
		{"explain nonsense", "GET", "/v1/explain?transition=x", "", 400, "", "transition"},
		{"agents", "GET", "/v1/agents?class=ocf&provider=heartbeat", "", 200, "agents ocf heartbeat", `["Dummy"]`},
		{"metadata", "GET", "/v1/metadata?agent=ocf:heartbeat:IPaddr2", "", 200, "metadata ocf heartbeat IPaddr2", "<resource-agent/>"},
		{"metadata, provider left out", "GET", "/v1/metadata?agent=ocf:IPaddr2", "", 200, "metadata ocf heartbeat IPaddr2", "<resource-agent/>"},
		{"metadata of nothing", "GET", "/v1/metadata?agent=ocf", "", 400, "", "CLASS:PROVIDER:TYPE"},
		{"metrics", "GET", "/metrics", "", 200, "", "metric 1"},
		{"no such route", "GET", "/v2/cib", "", 404, "", "no such route"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &fake{}
			w := do(t, f, Full, tc.method, tc.target, tc.body)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.contains) {
				t.Errorf("%s %s: status %d, body %q; want %d and %q", tc.method, tc.target, w.Code, w.Body, tc.status, tc.contains)
			}
			if got := strings.Join(f.asked, ","); got != tc.asked {
				t.Errorf("the backend was asked %q, want %q", got, tc.asked)
			}
		})
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	for _, rt := range routes {
		for _, access := range []Access{Nothing, ReadOnly, Full} {
			if rt.path == "/v1/events" && access >= rt.access {
				continue // it would stream
			}
			w := do(t, &fake{}, access, rt.method, rt.path, "{}")
			if refused := w.Code == http.StatusForbidden; refused != (access < rt.access) {
				t.Errorf("%s %s with access %d: status %d", rt.method, rt.path, access, w.Code)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		exit   int
	}{
		{&api.RemoteError{ExitCode: 103, Message: "old"}, 409, 103},
		{context.DeadlineExceeded, 504, 124},
		{errors.New("odd"), 500, 1},
	} {
		w := do(t, &fake{err: tc.err}, Full, "POST", "/v1/recheck", "")
		var e api.Error
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if w.Code != tc.status || e.ExitCode != tc.exit || e.Message == "" {
			t.Errorf("%v: status %d, %+v; want %d, exit code %d", tc.err, w.Code, e, tc.status, tc.exit)
		}
	}
}

func TestCallerIsTold(t *testing.T) {
	f := &fake{}
	do(t, f, Full, "POST", "/v1/cib", `{"ops":[{"kind":"bump"}]}`)
	if f.user != "alice" {
		t.Errorf("the change is by %q, want alice", f.user)
	}
}

func TestEventStream(t *testing.T) {
	f := &fake{events: make(chan api.Event, 1)}
	s := httptest.NewUnstartedServer(New(f))
	s.Config.BaseContext = nil
	h := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(WithCaller(r.Context(), Caller{Access: ReadOnly})))
	})
	s.Start()
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", "7")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	f.events <- api.Event{Seq: 9, Kind: "member", Message: "new"}
	close(f.events)
	var ids, kinds []string
	for in := bufio.NewScanner(resp.Body); in.Scan(); {
		if v, ok := strings.CutPrefix(in.Text(), "id: "); ok {
			ids = append(ids, v)
		}
		if v, ok := strings.CutPrefix(in.Text(), "event: "); ok {
			kinds = append(kinds, v)
		}
	}
	if got := strings.Join(ids, " ") + " " + strings.Join(kinds, " "); got != "8 9 dc member" {
		t.Errorf("events %q, want the missed one and the new one", got)
	}
}
