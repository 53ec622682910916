package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// byHand is a patient operator: asked to make sure that a node is off, he turns it off and
// says so to the node that asked.
func (p *controller) byHand(target crm.NodeName) {
	h, s := p.h.s.host(target), p.h.s
	if h == nil || h.handled {
		return
	}
	h.handled = true
	s.w.After(s.w.Between(200*time.Millisecond, 2*time.Second), func() {
		h.handled = false
		h.powerOff("fenced")
		s.counts.Fences++
		s.w.After(s.w.Between(time.Second, 4*time.Second), h.boot)
		p.awake(func() {
			uuid := h.peer().UUID()
			path := "/cib/status/node_state[@id='" + uuid + "']"
			state := cib.New(cib.TagNodeState, cib.AttrID, uuid, cib.AttrUname, string(target), "in_ccm", "false", "crmd", "offline", "join", "down", "expected", "down")
			p.commits.put(crmd.Commit{Tag: fmt.Sprintf("hand#%d", s.counts.Fences), Ops: []cib.Op{
				{Kind: cib.Modify, Scope: cib.TagStatus, AllowCreate: true, Data: state},
				{Kind: cib.Delete, XPath: path + "/lrm", Force: true}, {Kind: cib.Delete, XPath: path + "/transient_attributes", Force: true}}})
			p.h.input(func() { p.h.d.core.Confirm(h.id, "fenced") })
		})
	})
}
