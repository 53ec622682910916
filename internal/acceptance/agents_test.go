package acceptance

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNativeAgentsAreAWish: a script of the administrator serves until the cluster
// property says that native agents are preferred.
func TestNativeAgentsAreAWish(t *testing.T) {
	w := trio(t, nil)
	const script = `#!/bin/sh
echo "$OCF_RESOURCE_INSTANCE $1" >> "$HA_VARRUN/script-calls"
case "$1" in
start) : > "$HA_VARRUN/script-$OCF_RESOURCE_INSTANCE";;
stop) rm -f "$HA_VARRUN/script-$OCF_RESOURCE_INSTANCE";;
monitor) [ -e "$HA_VARRUN/script-$OCF_RESOURCE_INSTANCE" ] || exit 7;;
meta-data) echo '<resource-agent name="Dummy"><version>1.1</version><parameters/><actions/></resource-agent>';;
*) exit 3;;
esac
`
	for _, n := range w.Nodes {
		path := filepath.Join(n.Root, "usr/lib/ocf/resource.d/heartbeat/Dummy")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
			w.Fatal(err)
		}
	}
	ran := func(resource string) (script, native bool) {
		for _, n := range w.Nodes {
			_, err := os.Stat(n.Path("run/script-" + resource))
			script = script || err == nil
			_, err = os.Stat(n.Path("run/Dummy-" + resource + ".state"))
			native = native || err == nil
		}
		return script, native
	}
	w.must("server1", "", "crm", "configure", "primitive", "first", "ocf:heartbeat:Dummy")
	w.until("first runs", func() bool { return w.where("server1", "first") != "" })
	if script, native := ran("first"); !script || native {
		w.Errorf("first: script %v, native %v; want the script", script, native)
	}
	w.must("server1", "", "crm", "configure", "property", "prefer-native-agents=true")
	w.must("server1", "", "crm", "configure", "primitive", "second", "ocf:heartbeat:Dummy")
	w.until("second runs", func() bool { return w.where("server1", "second") != "" })
	if script, native := ran("second"); script || !native {
		w.Errorf("second: script %v, native %v; want the native agent", script, native)
	}
}
