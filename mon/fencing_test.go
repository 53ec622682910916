package mon

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
)

// at is a time of the fence history below, some seconds after noon.
func at(second int) time.Time { return time.Date(2026, 6, 1, 12, 0, second, 0, time.UTC) }

func shown(second int) string { return at(second).Local().Format(fenceTime) }

// fenced is the example with a fence history: one request waits, its device refuses.
func fenced(t *testing.T, more ...fencing.Event) *cib.Snapshot {
	t.Helper()
	snap, err := cib.ParseSnapshot([]byte(strings.Replace(strings.Replace(example, `name="stonith-enabled" value="false"`, `name="stonith-enabled" value="true"`, 1), `<node_state id="2" uname="n2" in_ccm="false" crmd="offline" join="down" expected="down"/>`,
		`<node_state id="2" uname="n2" in_ccm="false" crmd="offline" join="down" expected="member"><lrm id="2"><lrm_resources><lrm_resource id="b" class="ocf" provider="test" type="Dummy">`+
			`<lrm_rsc_op id="b_last_0" operation="start" operation_key="b_start_0" call-id="4" rc-code="0" op-status="0" interval="0" transition-key="1:1:0:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"/>`+
			`</lrm_resource></lrm_resources></lrm></node_state>`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	events := append([]fencing.Event{
		{ID: "1", Target: "n2", Action: fencing.Reboot, Client: "stonith_admin", Origin: "n1", State: fencing.Success, Delegate: "n1", Completed: at(10)},
		{ID: "2", Target: "n3", Action: fencing.Off, Client: "stonith_admin", Origin: "n1", State: fencing.Success, Delegate: "a human", Completed: at(20)},
		{ID: "3", Target: "n2", Action: fencing.Reboot, Client: "stonith_admin", Origin: "n1", State: fencing.Success, Delegate: "n3", Completed: at(30)},
		{ID: "4", Target: "n2", Action: fencing.Reboot, Client: "pacemaker-controld", Origin: "n1", State: fencing.Failed, Delegate: "n1", ExitReason: "device ipmi: login failed", Completed: at(5)},
		{ID: "5", Target: "n3", Action: fencing.On, Client: "stonith_admin", Origin: "n1", State: fencing.Failed, Completed: at(40)},
	}, more...)
	for i, e := range events {
		e.Requested = at(i)
		next, _, err := snap.Apply(cib.Command{Ops: fencing.RecordOps(snap, e)})
		if err != nil {
			t.Fatal(err)
		}
		snap = next
	}
	return snap
}

var refused = fencing.Event{ID: "6", Target: "n2", Action: fencing.Reboot, Client: "pacemaker-controld", Origin: "n1", State: fencing.Pending,
	Device: "ipmi-n2", ExitReason: "device ipmi-n2: authentication failed", Attempts: 2, Next: at(67)}

func fenceScreen(t *testing.T, snap *cib.Snapshot, args ...string) string {
	t.Helper()
	o, err := Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	v := Read(snap, &api.Status{Node: "n1", Quorate: true, DC: "n1", Protected: true, Protection: "fencing"}, at(60))
	if o.XML() {
		return string(Document(o, v, args, 0, nil).XML())
	}
	var out bytes.Buffer
	Text(&out, o, v)
	return out.String()
}

func TestFenceHistory(t *testing.T) {
	failed := []string{
		"unfencing of n3 for stonith_admin@n1%s failed at " + shown(40),
		"reboot of n2 by n1 for pacemaker-controld@n1%s failed (device ipmi: login failed) at " + shown(5) + " (a later attempt from n1 succeeded)",
	}
	pending := "reboot of n2 for pacemaker-controld@n1%s pending"
	successes := []string{
		"reboot of n2 by n3 for stonith_admin@n1%s successful at " + shown(30),
		"turning off of n3 by a human for stonith_admin@n1%s successful at " + shown(20),
		"reboot of n2 by n1 for stonith_admin@n1%s successful at " + shown(10),
	}
	section := func(title, last string, lines ...string) string {
		text := title + ":\n"
		for _, l := range lines {
			text += "  * " + fmt.Sprintf(l, last) + "\n"
		}
		return text
	}
	brief := section("Failed Fencing Actions", " last", failed...) + "\n" + section("Pending Fencing Actions", " last", pending)
	reduced := section("Failed Fencing Actions", "", failed...) + "\n" + section("Fencing History", "", append([]string{pending}, successes[:2]...)...)
	all := section("Failed Fencing Actions", "", failed...) + "\n" + section("Fencing History", "", append([]string{pending}, successes...)...)
	for _, tc := range []struct{ args, want string }{
		{"--include=none,fencing-failed,fencing-pending", brief},
		{"-D -m1 --exclude=nodes,resources,failures", brief},
		{"-D --exclude=nodes,resources,failures", brief},
		{"--include=none,fencing", reduced},
		{"-m2 --include=none,fencing", reduced},
		{"-m3 --include=none,fencing", all},
		{"--include=none,fencing-failed", section("Failed Fencing Actions", " last", failed...)},
		{"--include=none,fencing-pending", section("Pending Fencing Actions", " last", pending)},
		{"--include=none,fencing-succeeded", section("Fencing History", " last", append([]string{pending}, successes[:2]...)...)},
		{"--include=none,fencing -m0", ""},
		{"--include=none", ""},
	} {
		got := fenceScreen(t, fenced(t, refused), strings.Fields("-1 "+tc.args)...)
		// What cannot be done is told whatever is asked for.
		if _, rest, ok := strings.Cut(got, "stonith_admin --confirm n2\n"); ok {
			got = strings.TrimPrefix(rest, "\n")
		} else {
			t.Errorf("crm_mon -1 %s does not say that n2 cannot be fenced:\n%s", tc.args, got)
		}
		if got != tc.want {
			t.Errorf("crm_mon -1 %s shows\n%s\nwant\n%s", tc.args, got, tc.want)
		}
	}
}

func TestFenceHistoryWithDetail(t *testing.T) {
	got := fenceScreen(t, fenced(t, refused), "-1", "-R", "-m3")
	for _, want := range []string{
		"reboot of n2 failed (device ipmi: login failed): delegate=n1, client=pacemaker-controld, origin=n1, completed='" + shown(5) + "' (a later attempt from n1 succeeded)\n",
		"reboot of n2 pending: client=pacemaker-controld, origin=n1\n",
		"turning off of n3 successful: delegate=a human, client=stonith_admin, origin=n1, completed='" + shown(20) + "'\n",
	} {
		if !strings.Contains(got, "  * "+want) {
			t.Errorf("crm_mon -1R -m3 shows\n%s\nwant in it %q", got, want)
		}
	}
}

func TestFenceHistoryXML(t *testing.T) {
	want := []string{
		`<fence_event action="reboot" target="n2" client="pacemaker-controld" origin="n1" status="pending" extended-status="0"/>`,
		`<fence_event action="on" target="n3" client="stonith_admin" origin="n1" status="failed" exit-reason="" completed="` + shown(40) + `"/>`,
		`<fence_event action="reboot" target="n2" client="stonith_admin" origin="n1" status="success" delegate="n3" completed="` + shown(30) + `"/>`,
	}
	want[1] = strings.Replace(want[1], ` exit-reason=""`, "", 1)
	for _, level := range []string{"-m1", "-m3", "--include=fencing"} {
		got := fenceScreen(t, fenced(t, refused), "-1", "--output-as=xml", level)
		before := 0
		for _, w := range want {
			i := strings.Index(got, w)
			if i < before {
				t.Errorf("crm_mon --output-as=xml %s: %s is not there, or not in its place, in\n%s", level, w, got)
			}
			before = max(before, i)
		}
		if n := strings.Count(got, "<fence_event "); n != 6 {
			t.Errorf("crm_mon --output-as=xml %s shows %d requests, want 6", level, n)
		}
	}
	for _, tc := range []struct {
		snap *cib.Snapshot
		arg  string
	}{{fenced(t), "-m0"}, {fenced(t), "--exclude=fencing"}, {mustParse(t, example), "-m3"}} {
		if got := fenceScreen(t, tc.snap, "-1", "--output-as=xml", tc.arg); strings.Contains(got, "fence_history") {
			t.Errorf("crm_mon --output-as=xml %s shows a fence history:\n%s", tc.arg, got)
		}
	}
}

func mustParse(t *testing.T, text string) *cib.Snapshot {
	t.Helper()
	s, err := cib.ParseSnapshot([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What cannot be fenced is told first, with the reason, with what waits and what to do.
func TestCannotFence(t *testing.T) {
	for _, tc := range []struct {
		name  string
		event fencing.Event
		want  string
	}{
		{"refused", refused, "cannot fence n2: device ipmi-n2: authentication failed; resources wait: b; trying again in 7s; repair the device, or make sure that n2 is off and say so: stonith_admin --confirm n2"},
		{"no device", fencing.Event{ID: "6", Target: "n2", Action: fencing.Off, State: fencing.Pending, Attempts: 1, ExitReason: "no device can fence it"},
			"cannot fence n2: no device can fence it; resources wait: b; trying again now; repair the device, or make sure that n2 is off and say so: stonith_admin --confirm n2"},
		{"unfencing", fencing.Event{ID: "6", Target: "n2", Action: fencing.On, State: fencing.Pending, Attempts: 1, Device: "scsi", ExitReason: "device scsi: timed out", Next: at(10)},
			"cannot unfence n2: device scsi: timed out; resources wait: b; trying again now"},
		{"under way", fencing.Event{ID: "6", Target: "n2", Action: fencing.Reboot, State: fencing.Pending}, ""},
	} {
		snap := fenced(t, tc.event)
		v := Read(snap, &api.Status{Node: "n1", Quorate: true, DC: "n1", Protected: true}, at(60))
		got := strings.Join(Blocked(v), "\n")
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		if v.Trouble = []string{"the DC knows better"}; !slices.Equal(Blocked(v), v.Trouble) {
			t.Errorf("%s: %q, want what the DC says", tc.name, Blocked(v))
		}
		if line := Simple(v); tc.want != "" && !strings.HasPrefix(line, "CLUSTER WARN: "+tc.want) {
			t.Errorf("%s: crm_mon -s says %q", tc.name, line)
		}
	}
}

func TestProtectionIsShown(t *testing.T) {
	snap := fenced(t)
	for _, tc := range []struct {
		st   api.Status
		want string
	}{
		{api.Status{Protected: true, Protection: "fencing"}, "  * Protected by: fencing\n"},
		{api.Status{Protected: false, Protection: "nothing"}, "  * UNPROTECTED: "},
		{api.Status{Protected: true, Protection: "quorum alone: a node that hangs may still run what starts elsewhere"}, "  * Protected by: quorum alone: a node"},
	} {
		o, _ := Parse([]string{"-1"})
		var out bytes.Buffer
		Text(&out, o, Read(snap, &tc.st, at(60)))
		if !strings.Contains(out.String(), tc.want) {
			t.Errorf("status %+v shows\n%s\nwant %q", tc.st, out.String(), tc.want)
		}
	}
}
