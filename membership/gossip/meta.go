package gossip

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// Meta is what a node says about itself. It travels by gossip and may be some seconds
// old: for display and hints, never for decisions.
type Meta struct {
	Name        crm.NodeName `json:"n"`
	ID          crm.NodeID   `json:"i"`
	Incarnation uint64       `json:"c,omitempty"`
	Term        uint64       `json:"t,omitempty"`
	Version     string       `json:"v,omitempty"` // of Tactus
	FeatureSet  string       `json:"f,omitempty"`
	CIBVersion  string       `json:"b,omitempty"`
	CIBDigest   string       `json:"d,omitempty"`
	APIPort     int          `json:"p,omitempty"`
	// ExecutorLost says that its crmd cannot reach its lrmd.
	ExecutorLost bool `json:"x,omitempty"`
	// Stalled says that its controller hangs.
	Stalled bool   `json:"s,omitempty"`
	Config  string `json:"g,omitempty"` // digest of its configuration file
}

// metaPause is the shortest time between two announcements of new metadata.
const metaPause = 2 * time.Second

func (m Meta) of(self membership.Node, c membership.Config) Meta {
	m.Name, m.ID, m.Config = self.Name, self.ID, c.Digest()
	return m
}

func (m Meta) encode(limit int) []byte {
	b, err := json.Marshal(m)
	if err != nil || len(b) > limit {
		// Only overlong texts can do that; who it is must always fit.
		b, _ = json.Marshal(Meta{ID: m.ID, Incarnation: m.Incarnation, Term: m.Term})
	}
	return b
}

// SetMeta changes what this node says about itself. It may be called often; peers hear
// of it every few seconds.
func (g *Gossip) SetMeta(m Meta) error {
	m = m.of(g.self, g.cfg.Cluster)
	if b, err := json.Marshal(m); err != nil || len(b) > memberlist.MetaMaxSize {
		return fmt.Errorf("gossip: metadata of %d bytes, at most %d fit", len(b), memberlist.MetaMaxSize)
	}
	g.mu.Lock()
	changed := g.meta != m
	g.meta = m
	g.mu.Unlock()
	if changed {
		select {
		case g.fresh <- struct{}{}:
		default:
		}
	}
	return nil
}

// Metas returns what each node said last, this one included.
func (g *Gossip) Metas() map[crm.NodeID]Meta {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := map[crm.NodeID]Meta{g.self.ID: g.meta}
	for id, m := range g.metas {
		all[id] = m
	}
	return all
}

// metaLoop announces new metadata, not too often.
func (g *Gossip) metaLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.fresh:
		}
		// It goes on spreading after that time, also when an error says that it did not
		// yet reach anybody. Without a limit it would wait for ever on a lonely node.
		_ = g.list.UpdateNode(metaPause / 20)
		select {
		case <-ctx.Done():
			return
		case <-time.After(metaPause):
		}
	}
}

// delegate is memberlist's view of us. Its methods run on memberlist's own goroutines
// and never block.
type delegate struct{ g *Gossip }

var (
	_ memberlist.Delegate      = delegate{}
	_ memberlist.EventDelegate = delegate{}
	_ memberlist.AliveDelegate = delegate{}
)

func (d delegate) NodeMeta(limit int) []byte {
	d.g.mu.Lock()
	defer d.g.mu.Unlock()
	return d.g.meta.encode(limit)
}

func (delegate) NotifyMsg([]byte)                {}
func (delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (delegate) LocalState(bool) []byte          { return nil }
func (delegate) MergeRemoteState([]byte, bool)   {}

func (d delegate) NotifyJoin(n *memberlist.Node)   { d.note(n) }
func (d delegate) NotifyUpdate(n *memberlist.Node) { d.note(n) }
func (delegate) NotifyLeave(*memberlist.Node)      {} // the detector decides

// NotifyAlive keeps nodes out that are not configured here.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	if _, ok := d.g.cfg.Cluster.Node(crm.NodeName(n.Name)); !ok {
		return fmt.Errorf("node %q is not configured here", n.Name)
	}
	return nil
}

func (d delegate) note(n *memberlist.Node) {
	node, ok := d.g.cfg.Cluster.Node(crm.NodeName(n.Name))
	var m Meta
	if !ok || node.ID == d.g.self.ID || json.Unmarshal(n.Meta, &m) != nil || m.ID != node.ID {
		return
	}
	m.Name = node.Name
	d.g.mu.Lock()
	changed := d.g.metas[node.ID] != m
	d.g.metas[node.ID] = m
	d.g.mu.Unlock()
	if changed {
		d.g.tell(membership.Event{Kind: membership.NodeMeta, Node: node.Name, ID: node.ID, At: time.Now()})
	}
}
