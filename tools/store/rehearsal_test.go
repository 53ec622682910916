package store

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

const rehearsed = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="5" num_updates="3" admin_epoch="0" have-quorum="1" dc-uuid="1">
<configuration><crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/></nodes><resources/><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>`

func rehearse(t *testing.T) (*Rehearsal, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(file, []byte(rehearsed), 0o600); err != nil {
		t.Fatal(err)
	}
	real := Open(Env{Getenv: func(name string) string { return map[string]string{"CIB_file": file}[name] }})
	return Rehearse(real, whatif.Options{Now: time.Unix(1780000000, 0).UTC()}), file
}

func creation(xml string) api.CIBRequest {
	return api.CIBRequest{Ops: []api.CIBOp{{Kind: string(cib.Create), Scope: "resources", XML: xml}}}
}

// TestARehearsalChangesNothing: a change is seen by who asks the rehearsal, and by nobody else.
func TestARehearsalChangesNothing(t *testing.T) {
	r, file := rehearse(t)
	ctx := context.Background()
	if r.Dirty() || r.Live() || r.API() != nil {
		t.Errorf("a new rehearsal of a file: dirty %v, live %v, API %v", r.Dirty(), r.Live(), r.API())
	}
	reply, err := r.Change(ctx, creation(`<primitive id="a" class="ocf" provider="heartbeat" type="Dummy"/>`))
	if err != nil || reply.Version != "0.6.0" || !r.Dirty() {
		t.Errorf("reply %+v, %v, dirty %v; want version 0.6.0", reply, err, r.Dirty())
	}
	snap, err := r.CIB(ctx)
	if err != nil || snap.Configured("a") == nil {
		t.Errorf("the rehearsal does not have the new resource (%v)", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != rehearsed {
		t.Errorf("the file was changed (%v)", err)
	}
	a, err := r.Answer(ctx)
	if err != nil || len(a.Effects) != 1 || a.Effects[0].Verb != whatif.Start || r.Dirty() {
		t.Errorf("answer %+v, %v; want a to start", a.Effects, err)
	}
	if again, err := r.Answer(ctx); err != nil || len(again.Effects) != 0 {
		t.Errorf("a second answer: %+v, %v; want nothing new", again.Effects, err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != rehearsed {
		t.Errorf("the file was changed (%v)", err)
	}
}

// TestARehearsalRefusesWhatTheStoreWould: exit codes are those of the real store.
func TestARehearsalRefusesWhatTheStoreWould(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		req  api.CIBRequest
		code int
	}{
		{"an old version", api.CIBRequest{Ops: creation(`<primitive id="a" class="ocf" provider="heartbeat" type="Dummy"/>`).Ops, IfVersion: "0.4.0"}, cib.ExitOld},
		{"something invalid", creation(`<primitive id="a" nonsense="1"/>`), cib.ExitConfig},
	} {
		r, _ := rehearse(t)
		reply, err := r.Change(ctx, c.req)
		if ExitCode(err) != c.code || reply.ExitCode != c.code || r.Dirty() {
			t.Errorf("%s: %v (exit code %d, dirty %v), want %d", c.name, err, ExitCode(err), r.Dirty(), c.code)
		}
	}
}

// silent is a live store of a cluster that must not hear of anything.
type silent struct{ Store }

func (silent) Live() bool { return true }

// TestRequestsNeverReachTheCluster: those that change something happen on paper; what
// cannot is refused.
func TestRequestsNeverReachTheCluster(t *testing.T) {
	r, _ := rehearse(t)
	r = Rehearse(silent{r.real}, r.options)
	ctx, client := context.Background(), r.API()
	on := "on"
	if err := client.Post(ctx, "/v1/attributes", nil, api.AttributeUpdate{Node: "n1", Name: "standby", Value: &on}, nil); err != nil || !r.Dirty() {
		t.Errorf("an attribute: %v, dirty %v", err, r.Dirty())
	}
	text, err := client.CIB(ctx, "", "")
	if err != nil || !strings.Contains(string(text), `name="standby"`) {
		t.Errorf("the client does not see the attribute (%v)", err)
	}
	var cleaned api.CleanupReply
	if err := client.Post(ctx, "/v1/cleanup", nil, api.Cleanup{}, &cleaned); err != nil || len(cleaned.Cleaned) != 0 {
		t.Errorf("cleanup: %+v, %v", cleaned, err)
	}
	if err := client.Post(ctx, "/v1/forget", url.Values{"node": {"n1"}}, struct{}{}, nil); err != nil {
		t.Errorf("forget: %v", err)
	}
	if snap, err := r.CIB(ctx); err != nil || snap.Configured("1") != nil {
		t.Errorf("n1 is still configured (%v)", err)
	}
	var refused *api.RemoteError
	for path, in := range map[string]any{"/v1/fail": api.FailRequest{}, "/v1/new-and-unknown": struct{}{},
		"/v1/confirm-off?": struct{}{}, "/v1/attributes": api.AttributeUpdate{Node: "n1", Name: "x.*", Pattern: true}} {
		err := client.Post(ctx, path, url.Values{"node": {"n9"}}, in, nil)
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want it refused", path, err)
		}
	}
}
