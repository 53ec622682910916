package gossip

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/membership"
)

// TestBusyMachine keeps every core busy with other programs and asks that nobody is
// declared dead at the fast profile. TACTUS_SOAK=10m makes it as long as the promise.
func TestBusyMachine(t *testing.T) {
	soak := 4 * time.Second
	if v := os.Getenv("TACTUS_SOAK"); v != "" {
		d, err := time.ParseDuration(v)
		must(t, err)
		soak = d
	}
	for range runtime.NumCPU() {
		cmd := exec.Command("/bin/sh", "-c", "while :; do :; done")
		must(t, cmd.Start())
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	}
	network(t, 1, 3)
	c := wired(3, 1, 300*time.Millisecond)
	var all []*Gossip
	for _, n := range c.Nodes {
		local := c
		local.Local = n.Name
		g, err := Start(t.Context(), Config{Cluster: local, Realtime: true})
		must(t, err)
		defer g.Close()
		all = append(all, g)
	}
	for _, g := range all {
		waitLinks(t, g, true, true)
	}
	late := 0
	end := time.After(soak)
	for {
		var e membership.Event
		select {
		case e = <-all[0].Events():
		case e = <-all[1].Events():
		case e = <-all[2].Events():
		case <-end:
			t.Logf("%v with all cores busy: %d late heartbeats, nobody declared dead", soak, late)
			return
		}
		switch e.Kind {
		case membership.NodeDown:
			t.Fatalf("%s: %v %s: %s", e.At.Format(time.TimeOnly), e.Kind, e.Node, e.Detail)
		case membership.NodeLate, membership.SelfPaused:
			t.Log(e.At.Format("15:04:05.000"), e.Kind, e.Node, e.Detail)
			late++
		}
	}
}
