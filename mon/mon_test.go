package mon

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

const example = `<cib validate-with="pacemaker-3.9" have-quorum="1" dc-uuid="1" cib-last-written="Mon Jun  1 12:00:00 2026" update-user="root" update-client="cibadmin" update-origin="n1">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/><nvpair id="o2" name="cluster-infrastructure" value="corosync"/><nvpair id="o3" name="dc-version" value="2.1.5"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"><instance_attributes id="ia"><nvpair id="ia1" name="site" value="a"/></instance_attributes></node><node id="2" uname="n2"/></nodes>
<resources><primitive id="a" class="ocf" provider="test" type="Dummy"/><primitive id="b" class="ocf" provider="test" type="Dummy"/></resources>
<constraints><rsc_location id="cli-ban-a-on-n2" rsc="a" role="Started" node="n2" score="-INFINITY"/></constraints></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources><lrm_resource id="a" class="ocf" provider="test" type="Dummy">
<lrm_rsc_op id="a_last_0" operation="start" operation_key="a_start_0" call-id="4" rc-code="0" op-status="0" interval="0" last-rc-change="1780000000" exec-time="20" queue-time="0" transition-key="1:1:0:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"/>
<lrm_rsc_op id="a_last_failure_0" operation="monitor" operation_key="a_monitor_10000" call-id="5" rc-code="7" op-status="0" interval="10000" last-rc-change="1780000100" exec-time="0" queue-time="0" exit-reason="gone" transition-key="2:1:0:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"/>
</lrm_resource></lrm_resources></lrm></node_state><node_state id="2" uname="n2" in_ccm="false" crmd="offline" join="down" expected="down"/></status></cib>`

func run(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Now: func() time.Time { return time.Date(2026, 6, 1, 12, 30, 0, 0, time.UTC) },
		Getenv: func(name string) string { return map[string]string{"CIB_file": file}[name] }}
	code = Run(context.Background(), env, args)
	return o.String(), e.String(), code
}

func TestText(t *testing.T) {
	got, _, code := run(t, "-1r")
	want := `Cluster Summary:
  * Stack: corosync
  * Current DC: n1 (version 2.1.5) - partition with quorum
  * Last updated: Mon Jun  1 12:30:00 2026
  * Last change:  Mon Jun  1 12:00:00 2026 by root via cibadmin on n1
  * 2 nodes configured
  * 2 resource instances configured

Node List:
  * Online: [ n1 ]
  * OFFLINE: [ n2 ]

Full List of Resources:
  * a	(ocf:test:Dummy):	 FAILED n1
  * b	(ocf:test:Dummy):	 Stopped

Failed Resource Actions:
  * a 10s-interval monitor on n1 returned 'not running' (gone) at `
	if code != 0 || !strings.HasPrefix(got, want) {
		t.Errorf("crm_mon -1r: exit %d, got\n%s\nwant it to begin with\n%s", code, got, want)
	}
	if undo := "a is kept away from n2 (undo: crm_resource --clear --resource a)"; !strings.Contains(got, undo) {
		t.Errorf("crm_mon -1r does not say %q", undo)
	}
}

func TestSections(t *testing.T) {
	for _, tc := range []struct {
		args      []string
		has, lack string
	}{
		{[]string{"-1A"}, "Node Attributes:\n  * Node: n1:\n    * site                            \t: a", "Migration Summary"},
		{[]string{"-1D"}, "Node List:", "Cluster Summary"},
		{[]string{"-1o"}, "(4) start", "last-rc-change=\""},
		{[]string{"-1t"}, "rc=0 (ok)", "Full List"},
		{[]string{"-1n"}, "* Node n1: online:\n    * Resources:\n      * a\t(ocf:test:Dummy):\t FAILED", "Active Resources"},
		{[]string{"-1", "--include=none,resources", "-r"}, "Full List of Resources", "Node List"},
		{[]string{"-1", "--exclude=all", "--include", "bans"}, "Negative Location Constraints:\n  * cli-ban-a-on-n2\tprevents a from running on n2", "Resources"},
		{[]string{"-1rb"}, "1/2\t(ocf:test:Dummy):\tActive n1", "Stopped"},
		{[]string{"-1r", "--resource=b"}, "* b\t(", "* a\t("},
		{[]string{"-s"}, "CLUSTER WARN: offline node: n2", "resource"},
	} {
		got, _, code := run(t, tc.args...)
		if code != 0 || !strings.Contains(got, tc.has) || strings.Contains(got, tc.lack) {
			t.Errorf("crm_mon %q: exit %d, want %q in and %q not in\n%s", tc.args, code, tc.has, tc.lack, got)
		}
	}
}

func TestXML(t *testing.T) {
	for _, tc := range []struct{ arg, root string }{{"--output-as=xml", "pacemaker-result"}, {"-X", "crm_mon"}} {
		got, _, code := run(t, "-1", tc.arg)
		e, err := cib.Parse([]byte(got))
		if code != 0 || err != nil {
			t.Fatalf("crm_mon %s: exit %d, %v", tc.arg, code, err)
		}
		a := e.Child("resources").ChildWith("resource", "id", "a")
		if e.Name != tc.root || a.Get("role") != "Started" || a.Get("failed") != "true" || a.Get("active") != "true" {
			t.Errorf("crm_mon %s: root %s, resource a %v", tc.arg, e.Name, a)
		}
	}
}

func TestBadUse(t *testing.T) {
	for _, args := range [][]string{{"--bogus"}, {"-1", "-Z"}, {"--include=nonsense"}, {"-m9x"}, {"--output-as=pdf"}, {"word"}, {"--interval"}, {"-i", "soon"}} {
		if _, errs, code := run(t, args...); code != exitUsage || !strings.HasPrefix(errs, "crm_mon: ") {
			t.Errorf("crm_mon %q: exit %d, %q; want %d and a message", args, code, errs, exitUsage)
		}
	}
}

func TestWithoutACluster(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		arg  string
		code int
	}{{"-1", exitDisconnected}, {"-s", exitCritical}, {"--output-as=xml", exitDisconnected}} {
		var o, e bytes.Buffer
		env := Env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Now: time.Now, Getenv: func(n string) string {
			return map[string]string{"TACTUS_SOCKET": filepath.Join(dir, "nobody.sock")}[n]
		}}
		if code := Run(context.Background(), env, []string{tc.arg}); code != tc.code {
			t.Errorf("crm_mon %s without a cluster: exit %d, want %d (%s)", tc.arg, code, tc.code, e.String())
		}
	}
}

// screen is what crm_mon -1 shows of the example on a cluster that says st of itself.
func screen(t *testing.T, st api.Status) string {
	t.Helper()
	snap, err := cib.ParseSnapshot([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	o, err := Parse([]string{"-1"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	Text(&out, o, Read(snap, &st, time.Unix(1780000200, 0)))
	return out.String()
}

func TestUnprotectedIsShown(t *testing.T) {
	for _, protected := range []bool{false, true} {
		out := screen(t, api.Status{Node: "n1", Protected: protected, QuorumReason: "1 of 2 votes"})
		if got := strings.Contains(out, "UNPROTECTED"); got == protected || !strings.Contains(out, "Quorum: 1 of 2 votes") {
			t.Errorf("protected %v:\n%s", protected, out)
		}
	}
}

// TestWithoutQuorum: the CIB of a node without quorum is of the past; what is shown is
// not, and says of the rest that it is old.
func TestWithoutQuorum(t *testing.T) {
	members := []api.MemberStatus{{Name: "n1"}, {Name: "n2", Alive: true}}
	if got := screen(t, api.Status{Node: "n2", Quorate: true, DC: "n1", Members: members}); !strings.Contains(got, "Online: [ n1 ]") || strings.Contains(got, "NOT CURRENT") {
		t.Errorf("with quorum the CIB counts:\n%s", got)
	}
	got := screen(t, api.Status{Node: "n2", Members: members, Stale: "NOT CURRENT: since then"})
	for _, want := range []string{"Current DC: NONE", "OFFLINE: [ n1 n2 ]"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing without quorum:\n%s", want, got)
		}
	}
	if !strings.HasPrefix(got, "NOT CURRENT: since then\n\n") {
		t.Errorf("the first line does not say that this is old:\n%s", got)
	}
}

// What is old says so in every format.
func TestStaleInEveryFormat(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/status" {
			_, _ = w.Write([]byte(`{"node":"n1","dc":"n1","quorate":true,"protected":true}`))
			return
		}
		w.Header().Set(api.StaleHeader, "NOT CURRENT: test")
		_, _ = w.Write([]byte(example))
	})}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	for _, tc := range []struct{ args, where, want string }{
		{"-1", "out", "NOT CURRENT: test\n\n"}, {"-s", "out", "CLUSTER WARN: not current"},
		{"--output-as=xml", "err", "crm_mon: warning: NOT CURRENT: test\n"}, {"--output-as=html", "err", "crm_mon: warning: NOT CURRENT: test\n"},
	} {
		var o, e bytes.Buffer
		env := Env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Now: time.Now, Getenv: func(n string) string { return map[string]string{"TACTUS_SOCKET": socket}[n] }}
		code := Run(context.Background(), env, []string{tc.args})
		got := map[string]string{"out": o.String(), "err": e.String()}[tc.where]
		if code != exitOK || !strings.HasPrefix(got, tc.want) {
			t.Errorf("crm_mon %s: exit %d, std%s %q, want it to begin with %q", tc.args, code, tc.where, got, tc.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-1rnfAot")
	f.Add("--include=all --exclude=none,dc -m3 -i 5")
	f.Fuzz(func(t *testing.T, line string) { _, _ = Parse(strings.Fields(line)) })
}
