package exec

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// TestDrillDevice runs the agent that is for drills as we ship it.
func TestDrillDevice(t *testing.T) {
	r := place(t, nil)
	dir, err := filepath.Abs("../../agents/fence")
	if err != nil {
		t.Fatal(err)
	}
	r.Dirs.Fence = []string{dir}
	run := func(action string, call *lrmd.FenceCall, timeout time.Duration, params ...string) lrmd.Outcome {
		o := fenceOrder(action, call, map[string]string{})
		o.Agent.Type, o.Timeout = "fence_drill", timeout
		for i := 0; i < len(params); i += 2 {
			o.Params[params[i]] = params[i+1]
		}
		return r.Run(t.Context(), o)
	}
	const long, short = time.Minute, time.Second
	n2 := &lrmd.FenceCall{Target: "n2"}
	const warning = "fence_drill switches nothing off"
	for _, tc := range []struct {
		name   string
		got    lrmd.Outcome
		rc     crm.ExitCode
		status crm.ExecStatus
		says   string
	}{
		{"start", run("start", nil, long), 0, crm.ExecDone, ""},
		{"status", run("status", n2, long), 0, crm.ExecDone, "Status: ON"},
		{"list", run("list", &lrmd.FenceCall{}, long, "hosts", "n1 n2,n3"), 0, crm.ExecDone, "n1,n1\nn2,n2\nn3,n3\n"},
		{"off fails unless configured", run("off", n2, long), 1, crm.ExecError, warning + ": it is for drills (result=fail)"},
		{"off hangs", run("off", n2, short, "result", "hang"), 1, crm.ExecTimeout, "did not complete"},
		{"off is pretended", run("off", n2, long, "result", "pretend"), 0, crm.ExecDone, warning + ": it is for drills; it pretends that off of n2 was done"},
		{"monitor fails", run("monitor", nil, long, "monitor", "fail"), 1, crm.ExecError, warning},
		{"unknown result", run("off", n2, long, "result", "yes"), 1, crm.ExecError, "want fail, hang or pretend"},
		{"validate", run("validate-all", nil, long, "delay", "soon"), 1, crm.ExecError, "delay=soon: want a number of seconds"},
		{"no such action", run("cycle", n2, long), 1, crm.ExecError, "no action cycle"},
	} {
		if tc.got.RC != tc.rc || tc.got.Status != tc.status || !strings.Contains(tc.got.ExitReason+tc.got.Output, tc.says) {
			t.Errorf("%s: %+v, want %d %v and %q", tc.name, tc.got, tc.rc, tc.status, tc.says)
		}
	}
	text, err := r.Metadata(t.Context(), lrmd.Agent{Class: "stonith", Type: "fence_drill"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ocf.ParseMetadata(text)
	if err != nil || !strings.Contains(m.ShortDesc, "PROTECTS NOTHING") || !strings.Contains(m.LongDesc, "IT SWITCHES NOTHING OFF") {
		t.Errorf("metadata = %+v, %v; want a warning", m, err)
	}
}
