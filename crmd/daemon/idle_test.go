package daemon_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestIdleCost prints what an idle node costs. It asserts nothing: the machine decides.
func TestIdleCost(t *testing.T) {
	if os.Getenv("TACTUS_IDLE") == "" {
		t.Skip("a minute of waiting: set TACTUS_IDLE=1")
	}
	c := start(t, "server1", "server2", "server3")
	c.formed("server1", "server2", "server3")
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	read := func() string {
		var b strings.Builder
		for _, n := range c.Nodes {
			out, err := n.Run(c.ctx, "", "/bin/sh", "-c", `for p in /proc/[0-9]*; do n=$(cat $p/comm); case $n in crmd|lrmd) echo -n "$n $(cut -d' ' -f14,15 $p/stat) $(grep ^Pss: $p/smaps_rollup) ;";; esac; done`)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(n.Name + ": " + out.Stdout + "\n")
		}
		return b.String()
	}
	t.Log("\n" + read())
	time.Sleep(30 * time.Second)
	t.Log("\n" + read())
}
