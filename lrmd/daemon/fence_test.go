package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// hangingDevice is a fence agent whose monitor hangs for as long as the file "hang" is
// beside it.
const hangingDevice = `#!/bin/sh
dir=$(dirname "$0")
input=$(cat)
echo "$input" | tr '\n' ' ' >> "$dir/asked"
echo >> "$dir/asked"
case $input in
*action=metadata*) echo '<resource-agent name="fence_hang"><parameters><parameter name="port"/></parameters></resource-agent>' ;;
*action=monitor*) if [ -e "$dir/hang" ]; then echo $$ > "$dir/monitor"; sleep 600; fi ;;
esac
`

// A monitor that hangs does not keep a node from being fenced, is not reported as
// failed, and is asked again when the node is off.
func TestFencingDoesNotWaitForAMonitorThatHangs(t *testing.T) {
	root := newRoot(t, nil)
	dir := filepath.Join(root, "usr/sbin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fence_hang"), []byte(hangingDevice), 0o755); err != nil {
		t.Fatal(err)
	}
	c := launch(t, root).dial()
	c.Results()
	device := func(op string, interval time.Duration, target crm.NodeName) lrmd.Order {
		o := order("st", op, interval, "")
		o.Agent, o.Timeout, o.Params = lrmd.Agent{Class: "stonith", Type: "fence_hang"}, 10*time.Minute, map[string]string{"password": "never-told"}
		if target != "" {
			o.Fence = &lrmd.FenceCall{Target: target}
		}
		return o
	}
	submit(t, c, device("monitor", 0, ""))
	expectResult(t, c, "st_monitor_0", crm.NotRunning)
	submit(t, c, device("start", 0, ""))
	expectResult(t, c, "st_start_0", crm.OK)
	submit(t, c, device("monitor", 0, ""))
	expectResult(t, c, "st_monitor_0", crm.OK)
	hang := filepath.Join(dir, "hang")
	if err := os.WriteFile(hang, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	submit(t, c, device("monitor", time.Hour, ""))
	for _, err := os.Stat(filepath.Join(dir, "monitor")); err != nil; _, err = os.Stat(filepath.Join(dir, "monitor")) {
		time.Sleep(10 * time.Millisecond) // until it hangs
	}
	_ = os.Remove(hang)
	submit(t, c, device("off", 0, "n2"))
	r := expectResult(t, c, "st_off_0", crm.OK)
	if r.Fence == nil || r.Fence.Target != "n2" {
		t.Errorf("result %+v, want one that says whom it fenced", r)
	}
	expectResult(t, c, "st_monitor_3600000", crm.OK)
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(asked)), "\n")
	last := lines[len(lines)-2:]
	if last[0] != "action=off nodename=n2 password=never-told port=n2 " && last[0] != "action=off nodename=n2 password=never-told port=n2" {
		t.Errorf("before the monitor the device was asked %q, want off of n2", last[0])
	}
	for _, s := range lines {
		if strings.Contains(s, "action=start") || strings.Contains(s, "action=stop") {
			t.Errorf("the device was asked %q", s)
		}
	}
}
