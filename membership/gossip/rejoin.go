package gossip

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/tactus-ha/tactus/crm"
)

// rejoinEvery is how often the rejoin loop looks, beside when a peer comes up.
const rejoinEvery = 10 * time.Second

// cameUp wakes the rejoin loop.
func (g *Gossip) cameUp(id crm.NodeID) {
	g.mu.Lock()
	g.returned[id] = g.met[id]
	g.met[id] = true
	g.mu.Unlock()
	select {
	case g.rejoin <- struct{}{}:
	default:
	}
}

// rejoinLoop joins every peer that is heard but that memberlist does not know, for ever:
// memberlist itself forgets who was dead for a while. It joins who came back, too: what
// either said about itself meanwhile was told to the other in vain.
func (g *Gossip) rejoinLoop(ctx context.Context) {
	ticker := time.NewTicker(rejoinEvery)
	defer ticker.Stop()
	for {
		regular := false
		select {
		case <-ctx.Done():
			return
		case <-g.rejoin:
		case <-ticker.C:
			regular = true
		}
		known := map[string]bool{}
		for _, m := range g.list.Members() {
			known[m.Name] = m.State == memberlist.StateAlive
		}
		alive := g.Alive()
		for _, n := range g.cfg.Cluster.Peers() {
			if alive[n.ID] && g.calls(n.ID, known[string(n.Name)], regular) {
				g.join(n.Name, n.ID)
			}
		}
	}
}

// calls reports whether this node joins a living peer now. When two meet, the one with the
// lower id calls; the other looks later.
func (g *Gossip) calls(id crm.NodeID, known, regular bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id < g.self.ID {
		delete(g.returned, id)
		return regular && !known
	}
	return !known || g.returned[id]
}

// join exchanges with a peer all that either knows. Who could not be reached is called again.
func (g *Gossip) join(name crm.NodeName, id crm.NodeID) {
	remote, _ := g.set.Addrs(id)
	if len(remote) == 0 {
		return
	}
	// The address is for memberlist's syntax; the transport goes by the name.
	at := net.JoinHostPort(remote[0].String(), strconv.Itoa(g.cfg.Cluster.Port))
	if _, err := g.list.Join([]string{string(name) + "/" + at}); err != nil {
		g.log.Debug("gossip not joined yet", "node", name, "error", err)
		return
	}
	g.mu.Lock()
	delete(g.returned, id)
	g.mu.Unlock()
}

// memberlistConfig is set for little work when idle: liveness is not memberlist's job.
func (g *Gossip) memberlistConfig() *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.Name = string(g.self.Name)
	c.Transport = g.tr
	c.BindPort, c.AdvertisePort = g.cfg.Cluster.Port, g.cfg.Cluster.Port
	c.Delegate, c.Events, c.Alive = delegate{g}, delegate{g}, delegate{g}
	c.ProbeInterval, c.ProbeTimeout = 20*time.Second, time.Second
	c.AwarenessMaxMultiplier = 1
	c.SuspicionMult, c.SuspicionMaxTimeoutMult = 3, 1
	c.GossipInterval = 2 * time.Second
	c.GossipToTheDeadTime = 30 * time.Second
	c.DeadNodeReclaimTime = time.Second
	c.PushPullInterval = 60 * time.Second
	c.TCPTimeout = 3 * time.Second
	c.RequireNodeNames = true
	c.EnableCompression = false
	c.UDPBufferSize = maxPacket
	c.Logger = log.New(&logAdapter{g.log}, "", 0)
	return c
}

// logAdapter turns memberlist's lines into debug records: none of them is for operators.
type logAdapter struct{ log *slog.Logger }

var _ io.Writer = (*logAdapter)(nil)

func (a *logAdapter) Write(line []byte) (int, error) {
	a.log.Debug("memberlist", "detail", strings.TrimSpace(string(line)))
	return len(line), nil
}
