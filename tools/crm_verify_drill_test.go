package tools

import (
	"strings"
	"testing"
)

// A device for drills is never taken for protection, however quiet the check.
func TestVerifyWarnsOfDrills(t *testing.T) {
	const cib = `<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config/><nodes/><resources>` +
		`<primitive id="d" class="stonith" type="fence_drill"><instance_attributes id="d-a"><nvpair id="d-r" name="result" value="pretend"/></instance_attributes></primitive>` +
		`</resources><constraints/></configuration><status/></cib>`
	r := tool(t, "", nil, "crm_verify", "--xml-text", cib)
	if r.code != ExitOK || !strings.Contains(r.errors, "warning: fence device d (stonith:fence_drill) switches nothing off and says that it did") {
		t.Errorf("crm_verify = %d %q, want a warning of d", r.code, r.errors)
	}
}
