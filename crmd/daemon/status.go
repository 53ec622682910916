package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// lookBound is how long a look at the controller may take: it never waits for anybody.
const lookBound = time.Second

// controllerView is what status needs of the controller.
type controllerView struct {
	state    string
	progress crmd.Progress
	alone    string
	trouble  []string
}

// Status is this node's view of the cluster.
func (d *Daemon) Status(ctx context.Context) (api.Status, error) {
	a := d.agreement.Status()
	snap := d.replica.Current()
	s := api.Status{Cluster: d.cfg.Cluster.ClusterName, Node: d.cfg.Self.Name, NodeID: d.cfg.Self.ID, Version: d.cfg.Version,
		Stamp: a.Stamp, Quorate: a.Quorate, QuorumReason: a.QuorumReason, Protected: a.Protected,
		Votes:      d.votesOf(a.Votes),
		CIBVersion: snap.Version().String(), DiskError: a.DiskError, Stale: d.recency.stale(time.Now())}
	s.Protection = d.protection(snap, time.Now()).Text
	if n, ok := d.cfg.Cluster.NodeByID(a.Leader); ok {
		s.DC = n.Name
	}
	ctx, cancel := context.WithTimeout(ctx, lookBound)
	defer cancel()
	v, err := look(ctx, d, func(c *crmd.Controller) controllerView {
		reason, _ := c.Alone()
		return controllerView{c.State(), c.Progress(), reason, c.FencingTrouble()}
	})
	if err != nil {
		s.Partial = "the controller did not answer"
	}
	s.State, s.FencingTrouble = v.state, v.trouble
	if d.cfg.Witness {
		s.State = "witness"
	}
	if v.alone != "" {
		s.Partial = "this node acts alone: " + v.alone
	}
	s.Transition = transitionStatus(v.progress)
	s.Members, s.Refused = d.members(a), d.refusals()
	return s, nil
}

func transitionStatus(p crmd.Progress) api.TransitionStatus {
	t := api.TransitionStatus{ID: p.ID, State: p.State, Pending: p.Summary.Pending, Done: p.Summary.Done, Total: p.Summary.Total, Reason: p.Reason, RecheckAt: p.Recheck}
	for _, s := range p.InFlight {
		t.InFlight = append(t.InFlight, fmt.Sprintf("%s %s on %s (%.1f s)", s.Action.Operation, s.Action.Resource.ID, s.Action.Node, time.Since(s.Since).Seconds()))
	}
	return t
}

// members joins what membership, agreement and the CIB say about each configured node.
func (d *Daemon) members(a consensus.Status) (list []api.MemberStatus) {
	alive, links, said := d.heartbeats.Alive(), d.heartbeats.Links(), d.heartbeats.Metas()
	states := d.replica.Current().Section("status")
	for _, n := range d.cfg.Cluster.Nodes {
		m := api.MemberStatus{Name: n.Name, ID: n.ID, Alive: alive[n.ID] || n.ID == d.cfg.Self.ID, Role: "out", Witness: n.Witness}
		p := crmd.Peer{ID: n.ID, Name: n.Name}
		st := states.ChildWith("node_state", "id", p.UUID())
		m.Joined = crmd.Joined(st)
		m.ExecutorLost, m.Stalled = said[n.ID].ExecutorLost, said[n.ID].Stalled
		if n.ID == d.cfg.Self.ID && !n.Witness {
			m.ExecutorLost = d.connected() == nil
		}
		for _, info := range a.Members {
			if info.ID == n.ID {
				m.Incarnation, m.Votes = info.Incarnation, info.Votes
				if a.Votes.TieBreaker == n.ID {
					m.Votes-- // the additional one is nobody's by configuration
				}
				if info.Role != "" {
					m.Role = info.Role
				}
			}
		}
		if n.ID == a.Leader {
			m.Role = "leader"
		}
		for _, l := range links {
			if l.ID == n.ID {
				heard := time.Duration(0)
				if !l.LastHeard.IsZero() {
					heard = time.Since(l.LastHeard)
				}
				m.Links = append(m.Links, api.LinkStatus{Number: l.Number, Kind: fmt.Sprint(l.Kind), Local: l.Local, Remote: l.Remote, Up: l.Up, LastHeard: heard, RTT: l.RTT, LossPermille: l.LossPermille, Error: l.Error})
			}
		}
		list = append(list, m)
	}
	return list
}

// Timing is what follows from token or deadtime.
func (d *Daemon) Timing() api.Timing {
	t := d.cfg.Cluster.Timing
	lines := t.Lines()
	if len(d.cfg.Cluster.Nodes) == 2 && d.cfg.Cluster.Witnesses() == 0 {
		lines = append(lines, "", fmt.Sprintf("Two nodes with fencing, and no delay configured (pcmk_delay_base, pcmk_delay_max, priority-fencing-delay): the one that runs less waits %.2f s before it fences the other one.", crmd.LoneDelay.Seconds()))
	}
	return api.Timing{Source: t.Source, Heartbeat: t.Heartbeat, Warn: t.Warn, Dead: t.Dead, Election: t.Election, InitDead: t.InitDead, Failover: t.Failover(), Lines: lines}
}

// explain translates what the controller remembers of its transitions. Of a single one it
// gives the reasons, too.
func explain(records []crmd.Record, which int) (list []api.Transition) {
	for _, r := range records {
		if which >= 0 && r.ID != which {
			continue
		}
		t := api.Transition{ID: r.ID, UUID: r.UUID, At: r.At, Ended: r.Ended, Reason: r.Reason, Aborted: r.Aborted, Input: r.Input, CIBVersion: r.CIBVersion, Summary: r.Summary.String(), Actions: []api.TransitionAction{}}
		for _, f := range r.Findings {
			t.Findings = append(t.Findings, api.Finding{Level: f.Level, Message: f.Msg})
		}
		for _, s := range r.Steps {
			t.Actions = append(t.Actions, explainStep(s))
		}
		if which >= 0 {
			giveReasons(&t, r)
		}
		list = append(list, t)
	}
	return list
}

func explainStep(s transition.Step) api.TransitionAction {
	a := s.Action
	return api.TransitionAction{ID: a.ID, Operation: a.Operation, Key: a.Key, Resource: a.Resource.ID, Node: a.Node, Pseudo: a.Kind == graph.PseudoEvent,
		Reason: a.Reason, State: s.State.String(), Result: s.Text, Since: s.Since}
}
