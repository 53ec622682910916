package state

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

var now = time.Unix(1000000, 0).UTC()

// cluster reads a CIB of two nodes that are up unless status says otherwise.
func cluster(t *testing.T, config, resources, status string) *Cluster {
	t.Helper()
	if status == "" {
		status = up("1", "n1", "") + up("2", "n2", "")
	}
	root, err := cib.Parse([]byte(`<cib have-quorum="1" dc-uuid="1"><configuration><crm_config><cluster_property_set id="o">` + config +
		`</cluster_property_set></crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>` + resources +
		`</resources><constraints/></configuration><status>` + status + `</status></cib>`))
	if err != nil {
		t.Fatal(err)
	}
	return ReadRoot(root, now, ReadOptions{})
}

func up(id, name, inside string) string {
	return `<node_state id="` + id + `" uname="` + name + `" in_ccm="true" crmd="online" join="member" expected="member">` + inside + `</node_state>`
}

const noFencing = `<nvpair id="f" name="stonith-enabled" value="false"/>`

func history(rsc string, ops ...string) string {
	return `<lrm id="1"><lrm_resources><lrm_resource id="` + rsc + `" class="ocf" provider="test" type="Dummy">` + strings.Join(ops, "") +
		`</lrm_resource></lrm_resources></lrm>`
}

func op(id, task, call, rc, want, interval, at string) string {
	return `<lrm_rsc_op id="` + id + `" operation="` + task + `" operation_key="` + strings.TrimSuffix(id, "_last_0") + `_` + task + `_` + interval +
		`" call-id="` + call + `" rc-code="` + rc + `" op-status="0" interval="` + interval + `" last-rc-change="` + at +
		`" transition-key="1:1:` + want + `:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"/>`
}

const dummy = `<primitive id="a" class="ocf" provider="test" type="Dummy"/>`

func TestCompareNames(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"node9", "node10", -1}, {"Node1", "node1", 0}, {"a", "b", -1}, {"node", "node1", -1}, {"n007", "n7", 1}, {"x2y", "x2z", -1}} {
		if got := CompareNames(tc.a, tc.b); got != tc.want {
			t.Errorf("CompareNames(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := CompareNames(tc.b, tc.a); got != -tc.want {
			t.Errorf("CompareNames(%q, %q) = %d, want %d", tc.b, tc.a, got, -tc.want)
		}
	}
}

func TestHistoryGivesTheRole(t *testing.T) {
	for _, tc := range []struct {
		name string
		ops  []string
		role crm.Role
		on   int
	}{
		{"never seen", []string{op("a_last_0", "monitor", "1", "7", "7", "0", "1")}, crm.RoleStopped, 0},
		{"probe found it", []string{op("a_last_0", "monitor", "1", "0", "7", "0", "1")}, crm.RoleStarted, 1},
		{"started", []string{op("a_last_0", "start", "2", "0", "0", "0", "1")}, crm.RoleStarted, 1},
		{"stopped after", []string{op("a_last_0", "stop", "9", "0", "0", "0", "1"), op("a_monitor_10000", "monitor", "8", "0", "0", "10000", "1")}, crm.RoleStopped, 0},
		{"monitor failed", []string{op("a_last_0", "start", "2", "0", "0", "0", "1"), op("a_last_failure_0", "monitor", "3", "1", "0", "10000", "1")}, crm.RoleStarted, 1},
	} {
		c := cluster(t, noFencing, dummy, up("1", "n1", history("a", tc.ops...))+up("2", "n2", ""))
		a := c.Resource("a")
		if a.Role != tc.role || len(a.RunningOn) != tc.on {
			t.Errorf("%s: role %v on %d nodes, want %v on %d", tc.name, a.Role, len(a.RunningOn), tc.role, tc.on)
		}
	}
}

func TestALostNodeIsFencedOnlyWithFencing(t *testing.T) {
	lost := `<node_state id="2" uname="n2" in_ccm="false" crmd="offline" join="down" expected="member"/>`
	for _, tc := range []struct {
		name, config string
		unclean      bool
		effects      int
	}{{"fencing", "", true, 1}, {"no fencing", noFencing, false, 0}} {
		c := cluster(t, tc.config, dummy, up("1", "n1", "")+lost)
		n := c.Node("n2")
		if n.Online || n.Unclean != tc.unclean || len(c.Effects) != tc.effects {
			t.Errorf("%s: online %v, unclean %v, %d effects; want false, %v, %d", tc.name, n.Online, n.Unclean, len(c.Effects), tc.unclean, tc.effects)
		}
	}
}

func TestFailuresExpire(t *testing.T) {
	const rsc = `<primitive id="a" class="ocf" provider="test" type="Dummy"><meta_attributes id="m"><nvpair id="m1" name="failure-timeout" value="60s"/></meta_attributes></primitive>`
	attrs := func(at string) string {
		return `<transient_attributes id="1"><instance_attributes id="i"><nvpair id="x" name="fail-count-a#monitor_10000" value="2"/>` +
			`<nvpair id="y" name="last-failure-a#monitor_10000" value="` + at + `"/></instance_attributes></transient_attributes>`
	}
	for _, tc := range []struct {
		at   string
		want crm.Score
	}{{"999990", 2}, {"999000", 0}} {
		c := cluster(t, noFencing, rsc, up("1", "n1", attrs(tc.at))+up("2", "n2", ""))
		if got, _ := c.FailCount(c.Node("n1"), c.Resource("a"), FailCountOptions{Effective: true}, nil); got != tc.want {
			t.Errorf("failed at %s, now %d: failcount %v, want %v", tc.at, now.Unix(), got, tc.want)
		}
		if got, _ := c.FailCount(c.Node("n1"), c.Resource("a"), FailCountOptions{}, nil); got != 2 {
			t.Errorf("failed at %s: failcount with expired ones %v, want 2", tc.at, got)
		}
	}
}

func TestAnonymousInstancesAreNumberedByHistory(t *testing.T) {
	const clone = `<clone id="c"><primitive id="a" class="ocf" provider="test" type="Dummy"/></clone>`
	started := history("a", op("a_last_0", "start", "2", "0", "0", "0", "1"))
	c := cluster(t, noFencing, clone, up("2", "n2", started)+up("1", "n1", started))
	for i, want := range []crm.NodeName{"n2", "n1"} {
		inst := c.Resources[0].Children[i]
		if len(inst.RunningOn) != 1 || inst.RunningOn[0].Name != want {
			t.Errorf("instance %s runs on %v, want on %s", inst.ID, inst.RunningOn, want)
		}
	}
}

func TestNewAndOldNamesOfOptions(t *testing.T) {
	for _, tc := range []struct {
		config string
		want   bool
	}{{"", true}, {noFencing, false}, {`<nvpair id="f" name="fencing-enabled" value="no"/>`, false}, {`<nvpair id="f" name="stonith-enabled" value="perhaps"/>`, true}} {
		if got := cluster(t, tc.config, "", "").Options.FencingEnabled; got != tc.want {
			t.Errorf("%s: fencing %v, want %v", tc.config, got, tc.want)
		}
	}
}

func TestEmptyParametersHaveTheKnownDigest(t *testing.T) {
	if got, want := ParamsDigest(nil), "f2317cad3d54cec5d7d7aa7d0bf35cf8"; got != want {
		t.Errorf("ParamsDigest(nil) = %s, want %s", got, want)
	}
}

func TestResourcesOfAHistoryWithoutConfigurationAreRemoved(t *testing.T) {
	c := cluster(t, noFencing, "", up("1", "n1", history("gone", op("gone_last_0", "start", "2", "0", "0", "0", "1"))))
	r := c.Resource("gone")
	if r == nil || !r.Removed || r.Role != crm.RoleStarted {
		t.Fatalf("resource of the history: %+v, want one that is removed and started", r)
	}
}

func TestBadConfigurationIsAFinding(t *testing.T) {
	for _, rsc := range []string{
		`<primitive id="p" template="nothing"/>`, `<group id="g"/>`, `<clone id="c"/>`, `<bundle id="b"/>`, `<primitive class="ocf"/>`,
		`<clone id="c"><meta_attributes id="m"><nvpair id="n" name="promotable" value="true"/></meta_attributes><primitive id="p" class="lsb" type="x"/></clone>`,
		`<primitive id="p" class="ocf" provider="x" type="y"><meta_attributes id="m"><nvpair id="n" name="container" value="nobody"/></meta_attributes></primitive>`,
	} {
		if c := cluster(t, noFencing, rsc, ""); len(c.Findings) == 0 {
			t.Errorf("%s: no finding, want one", rsc)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`<cib><configuration><nodes><node id="1" uname="n"/></nodes><resources><clone id="c"><group id="g"><primitive id="p" class="ocf" provider="x" type="y"/></group></clone></resources></configuration><status><node_state id="1" uname="n" in_ccm="1" crmd="1" join="member" expected="member"/></status></cib>`)
	f.Add(`<cib><configuration><resources><bundle id="b"><docker image="i" replicas="2"/><network ip-range-start="10.0.0.1"/><primitive id="p" class="ocf" provider="x" type="y"/></bundle></resources></configuration></cib>`)
	f.Fuzz(func(t *testing.T, text string) {
		if root, err := cib.Parse([]byte(text)); err == nil {
			ReadRoot(root, now, ReadOptions{})
		}
	})
}
