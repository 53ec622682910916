package mon

import (
	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

// leaderless is a document as a node without quorum has to show it: nobody can change
// the CIB any more, so it still has the DC, and online the nodes, that were lost with
// the quorum.
func leaderless(snap *cib.Snapshot, st api.Status) *cib.Snapshot {
	if st.Quorate {
		return snap
	}
	head := cib.New(cib.TagCIB, cib.AttrHaveQuorum, "0")
	if st.DC == "" {
		head = head.With(cib.AttrDCUUID, "")
	}
	ops := []cib.Op{{Kind: cib.Modify, Data: head}}
	for _, m := range st.Members {
		ns := snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrUname, string(m.Name))
		if ns == nil || m.Alive || m.Name == st.Node {
			continue
		}
		ops = append(ops, cib.Op{Kind: cib.Modify, Scope: cib.TagStatus,
			Data: cib.New(cib.TagNodeState, cib.AttrID, ns.ID(), cib.AttrUname, string(m.Name), "in_ccm", "false", "crmd", "offline")})
	}
	next, _, err := snap.Apply(cib.Command{Ops: ops})
	if err != nil {
		return snap // better the last known than nothing
	}
	return next
}
