package gossip

import (
	"testing"

	"github.com/hashicorp/memberlist"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// FuzzMeta: what a node says about itself is data: it is shown under the name that is
// configured for it, or not at all.
func FuzzMeta(f *testing.F) {
	f.Add("n2", Meta{Name: "n2", ID: 2, Version: "1"}.encode(512))
	f.Add("n2", Meta{Name: "n1", ID: 1}.encode(512))
	f.Add("n9", []byte(`{"n":"n9","i":9}`))
	f.Add("n2", []byte(`{"n":"\u0000","i":2,"p":-1,"c":18446744073709551615}`))
	f.Fuzz(func(t *testing.T, name string, meta []byte) {
		c := cluster(3, 1, 0, 1)
		c.Local = "n1"
		g := &Gossip{cfg: Config{Cluster: c}, self: c.LocalNode(), events: newQueue(), metas: map[crm.NodeID]Meta{}}
		d := delegate{g}
		n := &memberlist.Node{Name: name, Meta: meta}
		if d.NotifyAlive(n) == nil {
			d.NotifyJoin(n)
		}
		for id, m := range g.Metas() {
			if want, ok := configured(c, id); !ok || (id != 1 && (m.Name != want || m.ID != id)) {
				t.Errorf("node %d is shown as %+v", id, m)
			}
		}
	})
}

func configured(c membership.Config, id crm.NodeID) (crm.NodeName, bool) {
	for _, n := range c.Nodes {
		if n.ID == id {
			return n.Name, true
		}
	}
	return "", false
}
