package daemon

import (
	"context"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/gossip"
)

// Agreement is what the daemon needs of consensus.
type Agreement interface {
	Submit(ctx context.Context, command []byte) (response []byte, err error)
	ReadBarrier(ctx context.Context) error
	Status() consensus.Status
	Pulse(ctx context.Context) error
	Changes() <-chan struct{}
	Alive(id crm.NodeID, alive bool)
	Restarted(id crm.NodeID)
	SetPolicy(consensus.Policy)
	SetPeers([]consensus.Peer)
	SetKeys(keys [][]byte) error
	Confirm(id crm.NodeID, proof string) error
	Yielded() <-chan consensus.Yield
	Rejoin()
	Handle(kind string, fn func(ctx context.Context, from crm.NodeID, payload []byte) ([]byte, error))
	Call(ctx context.Context, to crm.NodeID, kind string, payload []byte) ([]byte, error)
	TransferLeadership(ctx context.Context)
	Leave(ctx context.Context)
	Stop()
}

// Heartbeats is what the daemon needs of gossip.
type Heartbeats interface {
	Events() <-chan membership.Event
	Alive() map[crm.NodeID]bool
	Links() []membership.LinkState
	Metas() map[crm.NodeID]gossip.Meta
	SetMeta(gossip.Meta) error
	SetKeys(keys [][]byte) error
	Leave(ctx context.Context)
	Close() error
}

// Told is whom membership tells at once, from its own threads. The functions must not block.
type Told struct {
	// Heard: a peer has heard what this node sent at that time.
	Heard func(by crm.NodeID, sent time.Time)
	// Beat: this node is about to send heartbeats.
	Beat func(now time.Time)
}

// Executor is a connection to lrmd.
type Executor interface {
	Submit(ctx context.Context, o lrmd.Order) (call int, err error)
	Cancel(ctx context.Context, s crm.Stamp, key crm.OpKey) (found bool, err error)
	Forget(ctx context.Context, s crm.Stamp, id crm.ResourceID) error
	Announce(ctx context.Context) error
	State(ctx context.Context) ([]lrmd.ResourceState, error)
	Stats(ctx context.Context) (lrmd.Stats, error)
	Metadata(ctx context.Context, a lrmd.Agent) (string, error)
	Agents(ctx context.Context, class, provider string) ([]string, error)
	Providers(ctx context.Context, agent string) ([]string, error)
	Standards(ctx context.Context) ([]string, error)
	Results() <-chan lrmd.Result
	Scores() <-chan lrmd.PromotionScore
	Done() <-chan struct{}
	Close() error
}

// Dialer connects to lrmd. Fresh says that it is another lrmd than the one before: the
// machine, or lrmd, began anew.
type Dialer func(ctx context.Context) (e Executor, fresh bool, err error)

// Scheduler is the policy engine. Once stop reports true the decision is not wanted any
// more, and what is returned does not matter.
type Scheduler func(snap *cib.Snapshot, now time.Time, stop func() bool) crmd.Plan
