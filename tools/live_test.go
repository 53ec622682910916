package tools

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
)

// fakeCluster answers as crmd does, from a CIB in memory.
type fakeCluster struct {
	mu      sync.Mutex // guards all following fields
	machine cib.Machine
	status  api.Status
	attrs   []api.Attribute
	posted  []string       // path and body of what was posted, but for CIB changes
	fenced  api.FenceEvent // what becomes of requests for fencing
}

// fence takes a request; its end is f.fenced.
func (f *fakeCluster) fence(w http.ResponseWriter, r *http.Request) {
	var req api.FenceRequest
	_ = json.NewDecoder(r.Body).Decode(&req)
	client, _, _ := strings.Cut(req.Client, ".")
	f.mu.Lock()
	f.posted = append(f.posted, fmt.Sprintf("%s %s for %s timeout %s delay %s tolerance %s", req.Action, req.Target, client, req.Timeout, req.Delay, req.Tolerance))
	f.mu.Unlock()
	if req.Target == "nx" {
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(api.Error{ExitCode: ExitNoSuch, Message: "node nx is not known to the cluster"})
		return
	}
	_ = json.NewEncoder(w).Encode(api.FenceEvent{ID: "r1", Target: req.Target, Action: req.Action, Status: "pending"})
}

func startFake(t *testing.T) (*fakeCluster, map[string]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeCluster{machine: cib.Machine{Validate: schemas.Check}}
	root, err := cib.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f.machine.Apply(1, cib.EncodeCommand(cib.Command{Ops: []cib.Op{{Kind: cib.Replace, Data: root}}}))
	f.status = api.Status{Node: "n1", NodeID: 1, DC: "n1", State: "S_IDLE", Quorate: true, CIBVersion: "x",
		Members: []api.MemberStatus{{Name: "n2", ID: 2, Alive: true, Joined: true}, {Name: "n1", ID: 1, Alive: true, Joined: true}, {Name: "n3", ID: 3}}}
	f.attrs = []api.Attribute{{Node: "n1", Name: "pingd", Value: "100"}, {Node: "n2", Name: "pingd", Value: "50"}, {Node: "n1", Name: "other", Value: "1"}}
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: f.handler()}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-served })
	return f, map[string]string{"TACTUS_SOCKET": socket}
}

func (f *fakeCluster) handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux.HandleFunc("GET /v1/cib", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		_, _ = w.Write(f.machine.Current().XML())
	})
	mux.HandleFunc("POST /v1/cib", func(w http.ResponseWriter, r *http.Request) {
		var req api.CIBRequest
		_ = json.NewDecoder(r.Body).Decode(&req)
		c, err := req.Command()
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, api.Error{ExitCode: ExitDataErr, Message: err.Error()})
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		resp, _ := cib.DecodeResponse(f.machine.Apply(2, cib.EncodeCommand(c)))
		answer(w, api.CIBReply{ExitCode: resp.ExitCode, Error: resp.Error, Version: resp.Version, XML: resp.XML})
	})
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) { answer(w, f.status) })
	mux.HandleFunc("GET /v1/attributes", func(w http.ResponseWriter, r *http.Request) { answer(w, f.attrs) })
	mux.HandleFunc("POST /v1/fencing", f.fence)
	mux.HandleFunc("GET /v1/fencing/request", func(w http.ResponseWriter, r *http.Request) { answer(w, f.fenced) })
	mux.HandleFunc("DELETE /v1/fencing", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.posted = append(f.posted, "DELETE "+r.URL.String())
		answer(w, api.FenceCleanup{Removed: 1, Open: 2})
	})
	mux.HandleFunc("POST /v1/", func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.posted = append(f.posted, r.URL.RequestURI()+" "+string(body))
		answer(w, api.CleanupReply{Cleaned: []api.CleanedUp{{Resource: "d1", Node: "n1"}}})
	})
	return mux
}

func TestToolsOnACluster(t *testing.T) {
	for _, tt := range []struct {
		line string
		code int
		out  string
		post string
	}{
		{"crm_node -n", 0, "n1\n", ""},
		{"crm_node -i", 0, "1\n", ""},
		{"crm_node -l", 0, "1 n1 member\n2 n2 member\n3 n3 lost\n", ""},
		{"crm_node -p", 0, "n1 n2\n", ""},
		{"crm_node -q", 0, "1\n", ""},
		{"crm_node -N 2", 0, "n2\n", ""},
		{"crm_node -R n3", ExitUsage, "", ""},
		{"crm_node --force --remove n3", 0, "", "/v1/forget?node=n3 {}"},
		{"crmadmin -D", 0, "Designated Controller is: n1\n", ""},
		{"crmadmin -S n1", 0, "Controller on n1 in state S_IDLE: ok\n", ""},
		{"crmadmin -S n2", 0, "Controller on n2 in state S_NOT_DC: ok\n", ""},
		{"crmadmin -S nx", ExitNoSuch, "", ""},
		{"crmadmin -qD -t 5000", 0, "n1\n", ""},
		{"attrd_updater -n pingd -Q", 0, "name=\"pingd\" host=\"n1\" value=\"100\"\n", ""},
		{"attrd_updater -n pingd -QA", 0, "name=\"pingd\" host=\"n1\" value=\"100\"\nname=\"pingd\" host=\"n2\" value=\"50\"\n", ""},
		{"attrd_updater -n nope -Q", ExitConfig, "", ""},
		{"attrd_updater -n pingd -v 7 -d 5s", 0, "", `/v1/attributes {"name":"pingd","value":"7","dampen":5000000000}`},
		{"attrd_updater -D -n pingd -N n2", 0, "", `/v1/attributes {"node":"n2","name":"pingd","value":null}`},
		{"crm_attribute -N n1 -l reboot -n pingd -v value++", 0, "", `/v1/attributes {"node":"n1","name":"pingd","value":"value++"}`},
		{"crm_attribute -l reboot -n pingd -Gq", 0, "100\n", ""},
		{"crm_attribute -l reboot -N n2 -n pingd -G", 0, "scope=status  name=pingd value=50\n", ""},
		{"crm_attribute -t status -N n1 -P p.* -D", 0, "", `/v1/attributes {"node":"n1","name":"p.*","pattern":true,"value":null}`},
		{"crm_attribute --type crm_config -n stonith-enabled -v true", 0, "", ""},
		{"crm_attribute -n stonith-enabled -Gq", 0, "false\n", ""},
		{"crm_resource -C -r ga", 0, "Cleaned up d1 on n1\n", `/v1/cleanup {"resource":"g"}`},
		{"crm_resource -R -N n1", 0, "Cleaned up d1 on n1\n", `/v1/cleanup {"node":"n1","refresh":true}`},
		{"crm_resource -F -r d1", 0, "", `/v1/fail {"resource":"d1","node":"n1"}`},
		{"crm_resource -M -r g -N n2", ExitExists, "", ""},
		{"crm_resource -M -r g -N n1", 0, "", ""},
		{"crm_resource --wait -T 300ms", ExitTimeout, "", ""},
		{"cibadmin -Q -A //nvpair[@id='d1-fake']", 0, "<nvpair id=\"d1-fake\" name=\"fake\" value=\"hello\"/>\n", ""},
		{"crm_failcount -D -r d1 -N n1", 0, "Cleaned up d1 on n1\n", `/v1/cleanup {"resource":"d1","node":"n1"}`},
	} {
		t.Run(tt.line, func(t *testing.T) {
			f, env := startFake(t)
			r := tool(t, "", env, strings.Fields(tt.line)...)
			if r.code != tt.code || r.out != tt.out {
				t.Errorf("exit code %d, output %q (errors %q); want %d, %q", r.code, r.out, r.errors, tt.code, tt.out)
			}
			if got := strings.Join(f.posted, "\n"); got != tt.post {
				t.Errorf("posted %s, want %s", got, tt.post)
			}
		})
	}
}

func TestChangesReachTheCluster(t *testing.T) {
	f, env := startFake(t)
	for _, line := range []string{"crm_attribute --type crm_config -n stonith-enabled -v true", "crm_resource -M -r g -N n1", "crm_standby -v on -N n1"} {
		if r := tool(t, "", env, strings.Fields(line)...); r.code != 0 {
			t.Errorf("%s: exit code %d: %s", line, r.code, r.errors)
		}
	}
	s := f.machine.Current()
	for id, want := range map[string]string{"cib-bootstrap-options-stonith-enabled": "true", "nodes-1-standby": "on"} {
		if got := s.ByID(id).Get("value"); got != want {
			t.Errorf("%s = %q, want %q", id, got, want)
		}
	}
	if e := s.ByID("cli-prefer-g"); e.Get("node") != "n1" || e.Get("score") != "INFINITY" {
		t.Errorf("constraint %v, want one that prefers n1", e)
	}
	if r := tool(t, "", env, "cibadmin", "-M", "-X", `<primitive id="d1" nonsense="1"/>`); r.code != ExitConfig {
		t.Errorf("an invalid change: exit code %d, want %d (%s)", r.code, ExitConfig, r.errors)
	}
}
