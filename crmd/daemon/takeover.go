package daemon

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

// takeOverBound is how long a node may take to go on after an operator's word.
const takeOverBound = 15 * time.Second

// TakeOver lets this node go on without those that are missing, on an operator's word
// that they are off. Without the phrase nothing is done: the answer tells what would be.
func (b *backend) TakeOver(ctx context.Context, phrase, user string) (api.TakeOver, error) {
	s := b.agreement.Status()
	t := api.TakeOver{Node: b.cfg.Self.Name, Missing: b.missing(), Incarnation: s.Incarnation, Reason: s.QuorumReason}
	if why := b.noTakeOver(s, t.Missing); why != "" {
		return t, &api.RemoteError{ExitCode: 1, Message: "take-over refused: " + why}
	}
	if phrase != api.TakeOverPhrase {
		return t, nil
	}
	b.log.Warn("an operator says that nodes are off and that this node shall go on without them", "node", t.Node, "missing", t.Missing, "user", user)
	for _, name := range t.Missing {
		id, _ := b.peerID(name)
		if err := b.agreement.Confirm(id, consensus.OperatorProof+" "+user+" at "+time.Now().UTC().Format(time.RFC3339)); err != nil {
			return t, err
		}
	}
	s, err := b.awaitQuorum(ctx)
	t.Incarnation, t.Reason = s.Incarnation, s.QuorumReason
	if err != nil {
		return t, err
	}
	t.Done = true
	for _, name := range t.Missing {
		if id, _ := b.peerID(name); b.isWitness(id) {
			continue
		}
		if err := b.ConfirmOff(ctx, name, user); err != nil {
			return t, fmt.Errorf("this node goes on, but that %s is off could not be written into the CIB (say it with crm -F node clearstate %s): %w", name, name, err)
		}
	}
	return t, nil
}

// missing lists the configured nodes that are not heard.
func (b *backend) missing() (names []crm.NodeName) {
	alive := b.heartbeats.Alive()
	for _, n := range b.cfg.Cluster.Nodes {
		if n.ID != b.cfg.Self.ID && !alive[n.ID] {
			names = append(names, n.Name)
		}
	}
	return names
}

// noTakeOver says why this node may not take over; "" when it may.
func (b *backend) noTakeOver(s consensus.Status, missing []crm.NodeName) string {
	here := b.others(s)
	switch {
	case b.cfg.Witness:
		return "this is a witness, which runs nothing; say it on a node"
	case s.Quorate:
		return "it is not needed: this node has quorum (" + s.QuorumReason + ")"
	case s.DiskError != "":
		return "this node cannot write its disk: " + s.DiskError
	case s.Phase != consensus.Joined:
		return "this node has no state of the cluster that it could go on with: " + s.QuorumReason
	case len(missing) == 0:
		return "no node is missing: the heartbeats of all arrive (" + s.QuorumReason + ")"
	case s.Leader == 0 && len(here) > 0:
		return fmt.Sprintf("%s can be heard, too, and may know more than this node; stop the cluster there first, or say it on the node that knows most (crm cluster status)", strings.Join(here, ", "))
	}
	return ""
}

// others lists the voters beside this one that are heard and are no witnesses.
func (b *backend) others(s consensus.Status) (names []string) {
	alive := b.heartbeats.Alive()
	for _, m := range s.Members {
		if n, ok := b.cfg.Cluster.NodeByID(m.ID); ok && m.ID != b.cfg.Self.ID && alive[m.ID] && m.Role == "voter" {
			names = append(names, string(n.Name))
		}
	}
	return names
}

// awaitQuorum waits until the operator's word has had its effect.
func (b *backend) awaitQuorum(ctx context.Context) (consensus.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, takeOverBound)
	defer cancel()
	for {
		s := b.agreement.Status()
		if s.Quorate && s.Leader != 0 {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, &api.RemoteError{ExitCode: 1, Message: "the nodes are taken to be off, but this node still has no quorum: " + s.QuorumReason}
		case <-time.After(20 * time.Millisecond):
		}
	}
}
