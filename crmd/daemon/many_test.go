package daemon_test

import (
	"fmt"
	"strings"
	"testing"
)

// A hundred resources start in one transition and are gone as fast.
func TestHundredResources(t *testing.T) {
	c := start(t, "server1", "server2", "server3")
	c.formed("server1", "server2", "server3")
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-stonith" name="stonith-enabled" value="false"/></cluster_property_set>`)
	var b strings.Builder
	b.WriteString("<resources>")
	for i := range 100 {
		fmt.Fprintf(&b, `<primitive id="d%d" class="ocf" provider="tactus" type="Dummy"><operations><op id="d%d-m" name="monitor" interval="10s"/></operations></primitive>`, i, i)
	}
	b.WriteString("</resources>")
	c.configure("server1", "resources", b.String())
	running := func() int { return len(c.placement("server2")) }
	idle := func() bool { s := c.status("server1"); return c.status(string(s.DC)).State == "S_IDLE" }
	c.until("100 resources run and the DC is idle", func() bool { return idle() && running() == 100 })
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-stop" name="stop-all-resources" value="true"/></cluster_property_set>`)
	c.until("all are stopped", func() bool { return idle() && running() == 0 })
}
