package chaos

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestField(t *testing.T) {
	const text = `level=INFO msg="start of \"db\": ok" reason="a=b c" resource=db op=start order=3:12:0:u empty="" last=x`
	for name, want := range map[string]string{"level": "INFO", "msg": `start of "db": ok`, "reason": "a=b c", "order": "3:12:0:u", "empty": "", "last": "x", "b c": "", "none": ""} {
		if got := field(text, name); got != want {
			t.Errorf("field(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestEveryDeedNeedsAReason: what an executor or a power switch did is traced to who decided it.
func TestEveryDeedNeedsAReason(t *testing.T) {
	const (
		crmd = `time=2026-01-02T03:04:05.000Z level=INFO msg="Calculated transition 7, saving inputs in /x" actions=2 reason="new DC" uuid=dc1
time=2026-01-02T03:04:06.000Z level=INFO msg="Calculated transition 8, saving inputs in /x" actions=2 reason="" uuid=dc1
time=2026-01-02T03:04:07.000Z level=INFO msg="decided alone what to do here" node=n1 actions=2 reason="cut off" uuid=self1
time=2026-01-02T03:04:08.000Z level=WARN msg="reboot of n2 is needed" node=n2 reason="it is lost" request=r1
time=2026-01-02T03:04:08.000Z level=WARN msg="off of n3 is needed" node=n3 reason="" request=r1
`
		over = `time=2026-01-02T03:04:09.000Z level=ERROR msg="this node's right to run resources is over: it was not heard" resources=db
`
	)
	result := func(op, order string) string {
		if order != "" {
			order = " order=" + order
		}
		return "time=2026-01-02T03:04:10.000Z level=INFO msg=result resource=db op=" + op + " status=complete" + order + "\n"
	}
	lines := func(text string) []line {
		return logLines("", []byte(text), time.Time{}, func(string) bool { return true })
	}
	for _, tc := range []struct{ name, lrmd, want string }{
		{"of a transition", result("start", "3:7:0:dc1"), ""},
		{"of a transition without a reason", result("start", "3:8:0:dc1"), "no log tells"},
		{"of an unknown transition", result("stop", "3:9:0:dc1"), "no log tells"},
		{"of an unknown DC", result("promote", "3:7:0:dc2"), "no log tells"},
		{"decided alone", result("stop", "3:0:0:self1"), ""},
		{"without an order", result("stop", ""), "ordered by nobody"},
		{"after the lease", over + result("stop", ""), ""},
		{"a start after the lease", over + result("start", ""), "ordered by nobody"},
		{"a key that is none", result("start", "nonsense"), "no log tells"},
		{"a monitor", result("monitor", ""), ""},
		{"withdrawn", strings.ReplaceAll(result("stop", ""), "complete", "Cancelled"), ""},
	} {
		j := newJournal()
		j.readDecisions(lines(crmd))
		j.readDone("n1", lines(tc.lrmd))
		got := j.unordered()
		if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	j := newJournal()
	j.readWanted(lines(crmd))
	if got, want := slices.Sorted(maps.Keys(j.wanted)), []string{"n2"}; !slices.Equal(got, want) {
		t.Errorf("fencing with a reason: %q, want %q", got, want)
	}
}
