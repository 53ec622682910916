package whatif_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

// pair is a group of an address and a directory server on two nodes, with what recorded
// how long their operations took.
const pair = `<cib have-quorum="1" dc-uuid="1" crm_feature_set="3.16.1"><configuration><crm_config><cluster_property_set id="cib-bootstrap-options">
<nvpair id="o1" name="stonith-enabled" value="false"/><nvpair id="o2" name="no-quorum-policy" value="ignore"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
<resources><group id="g"><primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2"/><primitive id="ldap" class="ocf" provider="heartbeat" type="slapd"/></group>
<primitive id="db" class="ocf" provider="test" type="Db"/></resources>
<constraints><rsc_location id="l1" rsc="db" node="n2" score="-INFINITY"/></constraints></configuration>
<status>
<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources>
<lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2"><lrm_rsc_op id="vip_last_0" operation="start" operation_key="vip_start_0" call-id="5" rc-code="0" op-status="0" interval="0" exec-time="100" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u"/></lrm_resource>
<lrm_resource id="ldap" class="ocf" provider="heartbeat" type="slapd"><lrm_rsc_op id="ldap_last_0" operation="start" operation_key="ldap_start_0" call-id="6" rc-code="0" op-status="0" interval="0" exec-time="400" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u"/></lrm_resource>
<lrm_resource id="db" class="ocf" provider="test" type="Db"><lrm_rsc_op id="db_last_0" operation="start" operation_key="db_start_0" call-id="7" rc-code="0" op-status="0" interval="0" exec-time="50" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u"/></lrm_resource>
</lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="2"><lrm_resources>
<lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2"><lrm_rsc_op id="vip_last_0" operation="stop" operation_key="vip_stop_0" call-id="5" rc-code="0" op-status="0" interval="0" exec-time="30" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u"/></lrm_resource>
<lrm_resource id="ldap" class="ocf" provider="heartbeat" type="slapd"><lrm_rsc_op id="ldap_last_0" operation="monitor" operation_key="ldap_monitor_0" call-id="6" rc-code="7" op-status="0" interval="0" exec-time="20" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:7:u" transition-magic="0:7;1:1:7:u"/></lrm_resource>
<lrm_resource id="db" class="ocf" provider="test" type="Db"><lrm_rsc_op id="db_last_0" operation="monitor" operation_key="db_monitor_0" call-id="7" rc-code="7" op-status="0" interval="0" exec-time="20" last-rc-change="1700000000" crm_feature_set="3.16.1" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:7:u" transition-magic="0:7;1:1:7:u"/></lrm_resource>
</lrm_resources></lrm></node_state></status></cib>`

var options = whatif.Options{Now: time.Unix(1780000000, 0).UTC(), Detection: time.Second, Decision: 20 * time.Millisecond, Overhead: 10 * time.Millisecond}

// with parses the pair with texts replaced.
func with(t *testing.T, replacements ...string) *cib.Element {
	t.Helper()
	text := pair
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(text, replacements[i]) {
			t.Fatalf("the pair has no %q", replacements[i])
		}
		text = strings.ReplaceAll(text, replacements[i], replacements[i+1])
	}
	root, err := cib.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func effect(t *testing.T, a whatif.Answer, id string) whatif.Effect {
	t.Helper()
	for _, e := range a.Effects {
		if string(e.Resource) == id {
			return e
		}
	}
	t.Fatalf("nothing becomes of %s: %v", id, a.Lines(true))
	return whatif.Effect{}
}

func change(t *testing.T, root *cib.Element) whatif.Answer {
	t.Helper()
	r := whatif.Begin(with(t), options)
	r.Change(root)
	return r.Answer()
}

func TestNothingHappensToAClusterAtRest(t *testing.T) {
	a := whatif.Begin(with(t), options)
	got := a.Answer()
	if len(got.Effects) != 0 || got.Severity() != whatif.Harmless || got.Length != 0 {
		t.Errorf("a cluster at rest: %+v, want nothing", got)
	}
}

// TestMoveOfAGroup: stops in reverse, starts in order; each as long as it took the last
// time, and a stop that was never recorded as long as the start.
func TestMoveOfAGroup(t *testing.T) {
	a := change(t, with(t, `<constraints>`, `<constraints><rsc_location id="cli-prefer-g" rsc="g" node="n2" score="INFINITY"/>`))
	vip, ldap := effect(t, a, "vip"), effect(t, a, "ldap")
	if vip.Verb != whatif.Move || vip.From[0].Node != "n1" || vip.To[0].Node != "n2" || vip.In != "g" {
		t.Errorf("vip: %+v, want a move from n1 to n2 within g", vip)
	}
	step := options.Overhead
	// vip stops after ldap: 30 ms; starts again before ldap: 100 ms.
	if want := 30*time.Millisecond + 100*time.Millisecond + 2*step; vip.Outage.Length != want {
		t.Errorf("outage of vip: %v, want %v", vip.Outage.Length, want)
	}
	// ldap: its stop was never recorded, then vip's stop and start, then its own start.
	want := 400*time.Millisecond + 30*time.Millisecond + 100*time.Millisecond + 400*time.Millisecond + 4*step
	if ldap.Outage.Length != want {
		t.Errorf("outage of ldap: %v, want %v", ldap.Outage.Length, want)
	}
	if len(a.Groups) != 1 || a.Groups[0].Outage.Length != want {
		t.Errorf("groups: %+v, want g without one of its members for %v", a.Groups, want)
	}
	if a.Severity() != whatif.Interrupted {
		t.Errorf("severity %v, want interrupted", a.Severity())
	}
	if lines := a.Lines(false); !slices.Contains(lines, "No recorded stop of ldap; assumed to take as long as the start.") {
		t.Errorf("the assumption is not told: %q", lines)
	}
	for _, e := range a.Effects {
		if e.Resource == "db" {
			t.Errorf("db is told of: %+v, want nothing to become of it", e)
		}
	}
}

func TestStoppedForGood(t *testing.T) {
	a := change(t, with(t, `type="Db"/></resources>`, `type="Db"><meta_attributes id="m"><nvpair id="t" name="target-role" value="Stopped"/></meta_attributes></primitive></resources>`))
	db := effect(t, a, "db")
	if db.Verb != whatif.Stop || !db.Outage.ForGood || db.Reason != "target-role is Stopped" || a.Severity() != whatif.Lost {
		t.Errorf("db: %+v, want it stopped for good because of its target-role", db)
	}
}

// TestTwoSteps is what a restart is: stopped, at rest, and as before.
func TestTwoSteps(t *testing.T) {
	r := whatif.Begin(with(t), options)
	r.Change(with(t, `type="Db"/></resources>`, `type="Db"><meta_attributes id="m"><nvpair id="t" name="target-role" value="Stopped"/></meta_attributes></primitive></resources>`))
	r.Settle()
	root := r.Root()
	before, now := with(t).Child("configuration"), root.Child("configuration")
	var children []*cib.Element
	for _, c := range root.Children {
		if c == now {
			c = before
		}
		children = append(children, c)
	}
	r.Change(root.WithChildren(children...))
	db := effect(t, r.Answer(), "db")
	if db.Verb != whatif.Restart || db.Outage.ForGood || db.Outage.Length < 100*time.Millisecond {
		t.Errorf("db: %+v, want a restart that takes at least the start twice", db)
	}
}

func TestLoseEach(t *testing.T) {
	const off, ignore = `name="stonith-enabled" value="false"`, `name="no-quorum-policy" value="ignore"`
	device := []string{`</resources>`, `<primitive id="st" class="stonith" type="fence_x"/></resources>`}
	for _, c := range []struct {
		name    string
		changes []string
		byHand  bool
		want    []string // lines, each among others
	}{
		{"ignored quorum", nil, false, []string{
			"Loss of n1: noticed after 1 s; 1 of 2 votes: the survivor goes on UNPROTECTED (fencing is off and no-quorum-policy is ignore)",
			"  * stop     db    n1        stays stopped: no node can run it; location constraint l1 forbids n2",
			"  * move     vip   n1 -> n2  outage about 1.1 s",
			"Loss of n2: noticed after 1 s; 1 of 2 votes: the survivor goes on UNPROTECTED (fencing is off and no-quorum-policy is ignore)",
			"  nothing that runs is affected",
			"1 of 2 resources survives the loss of any one node.",
			"db does not survive the loss of n1: no node can run it; location constraint l1 forbids n2.",
		}},
		{"no quorum without fencing", []string{ignore, `name="no-quorum-policy" value="stop"`}, false, []string{
			"Loss of n2: noticed after 1 s; 1 of 2 votes, 2 are needed: no quorum, what runs is stopped; it goes on when somebody says that the other one is off",
			"db does not survive the loss of n2: no quorum (no-quorum-policy=stop).",
			"0 of 2 resources survive the loss of any one node.",
		}},
		{"fencing without a device", []string{off, `name="stonith-enabled" value="true"`}, false, []string{
			"  WAITS until somebody confirms that n1 is off (crm -F node clearstate n1): fencing is on and no fence device is configured",
			"g does not survive the loss of n1: vip: fencing is on and no fence device is configured: nothing is recovered.",
		}},
		{"fencing with a device", append([]string{off, `name="stonith-enabled" value="true"`}, device...), false, []string{
			"  * fence node n1: peer is no longer part of the cluster",
			"No recorded fencing of n1 and n2; assumed 5 s.",
			"1 of 2 resources survives the loss of any one node.",
		}},
		{"fencing by hand", append([]string{off, `name="stonith-enabled" value="true"`}, device...), true, []string{
			"  WAITS until somebody confirms that n1 is off (crm -F node clearstate n1): fencing is on and no fence device can fence n1",
			"g does not survive the loss of n1: recovery waits until somebody confirms that n1 is off (crm -F node clearstate n1): fencing is on and no fence device can fence n1.",
			"  * fence node n2: peer is no longer part of the cluster",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options
			o.CanFence = func(_ *cib.Element, node crm.NodeName) bool { return !c.byHand || node == "n2" }
			if c.byHand {
				o.Fencing = map[crm.NodeName]time.Duration{"n2": 3 * time.Second}
			}
			s, err := whatif.Begin(with(t, c.changes...), o).LoseEach()
			if err != nil {
				t.Fatal(err)
			}
			lines := s.Lines(o.Detection, false)
			for _, want := range c.want {
				if !slices.ContainsFunc(lines, func(l string) bool { return l == want }) {
					t.Errorf("no line %q in\n%s", want, strings.Join(lines, "\n"))
				}
			}
			if s.Severity() != whatif.Lost {
				t.Errorf("severity %v, want lost", s.Severity())
			}
		})
	}
}

func TestThreeNodesKeepTheirQuorum(t *testing.T) {
	root := with(t, `<node id="2" uname="n2"/>`, `<node id="2" uname="n2"/><node id="3" uname="n3"/>`, `</status>`,
		`<node_state id="3" uname="n3" in_ccm="true" crmd="online" join="member" expected="member"/></status>`, `value="ignore"`, `value="stop"`)
	s, err := whatif.Begin(root, options).LoseEach()
	if err != nil {
		t.Fatal(err)
	}
	if s.Severity() != whatif.Harmless {
		t.Errorf("%q, want everything to survive", s.VerdictLines())
	}
	if got := s.VerdictLines()[0]; got != "All 2 resources survive the loss of any one node." {
		t.Errorf("verdict %q", got)
	}
	l, err := whatif.Begin(root, options).Lose([]crm.NodeName{"n1", "n3"})
	if err != nil {
		t.Fatal(err)
	}
	if l.Quorum.Quorate || l.Severity() != whatif.Lost {
		t.Errorf("two of three nodes lost: quorum %+v, severity %v; want neither quorum nor survival", l.Quorum, l.Severity())
	}
}

// TestVotesAreNotOneEach: what is left depends on whose votes are lost.
func TestVotesAreNotOneEach(t *testing.T) {
	root := with(t, `<node id="2" uname="n2"/>`, `<node id="2" uname="n2"/><node id="3" uname="n3"/>`, `</status>`,
		`<node_state id="3" uname="n3" in_ccm="true" crmd="online" join="member" expected="member"/></status>`, `value="ignore"`, `value="stop"`)
	o := options
	o.Votes = whatif.Votes{Expected: 5, Present: 5, Of: map[crm.NodeName]int{"n1": 3, "n2": 1, "n3": 1}}
	for _, tc := range []struct {
		gone    []crm.NodeName
		present int
		quorate bool
	}{{[]crm.NodeName{"n1"}, 2, false}, {[]crm.NodeName{"n2", "n3"}, 3, true}} {
		l, err := whatif.Begin(root, o).Lose(tc.gone)
		if err != nil {
			t.Fatal(err)
		}
		if l.Quorum.Present != tc.present || l.Quorum.Quorate != tc.quorate {
			t.Errorf("%v lost: %+v, want %d votes present, quorate %t", tc.gone, l.Quorum, tc.present, tc.quorate)
		}
	}
}

func TestWhatCannotBeLost(t *testing.T) {
	for name, want := range map[string]string{"n9": "node n9 does not exist", "n2": "node n2 is not online: it cannot be lost"} {
		root := with(t, `uname="n2" in_ccm="true" crmd="online"`, `uname="n2" in_ccm="false" crmd="offline"`)
		if _, err := whatif.Begin(root, options).Lose([]crm.NodeName{crm.NodeName(name)}); err == nil || err.Error() != want {
			t.Errorf("losing %s: %v, want %q", name, err, want)
		}
	}
}
