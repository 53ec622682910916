package tools

import (
	"context"
	"os"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools/store"
)

// nodeID finds the CIB id of a node by name (or id), in the configuration, then in the
// status.
func nodeID(s *cib.Snapshot, name string) (id string, ok bool) {
	for _, place := range []struct{ section, tag string }{{cib.TagNodes, cib.TagNode}, {cib.TagStatus, cib.TagNodeState}} {
		for n := range s.Section(place.section).All(place.tag) {
			if strings.EqualFold(n.Get(cib.AttrUname), name) {
				return n.ID(), true
			}
		}
	}
	for n := range s.Section(cib.TagNodes).All(cib.TagNode) {
		if n.ID() == name {
			return name, true
		}
	}
	return "", false
}

// localNode is the name of the node this tool runs on: what an agent was told, else what
// the cluster says, else the host name.
func localNode(ctx context.Context, env Env, st store.Store) (string, error) {
	if n := env.Getenv("OCF_RESKEY_CRM_meta_on_node"); n != "" {
		return n, nil
	}
	if st != nil && st.Live() {
		status, err := st.API().Status(ctx)
		if err != nil {
			return "", err
		}
		return string(status.Node), nil
	}
	return os.Hostname()
}
