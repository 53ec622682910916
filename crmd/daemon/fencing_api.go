package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// Fence writes a request for fencing down; whoever leads the cluster carries it out, now
// or, if the DC dies meanwhile, the next one.
func (b *backend) Fence(ctx context.Context, req api.FenceRequest, user string) (api.FenceEvent, error) {
	snap := b.replica.Current()
	if !knownTarget(snap, req.Target) {
		return api.FenceEvent{}, &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("No such device (node %s is not known to the cluster)", req.Target)}
	}
	client := req.Client
	if client == "" {
		client = fencing.ClientOperator
	}
	reason := req.Reason
	if reason == "" {
		reason = "asked for by " + user
	}
	e := fencing.Event{ID: b.requestID(), Target: req.Target, Action: fencing.Action(req.Action), Client: client, Origin: b.cfg.Self.Name,
		Reason: reason, Requested: time.Now(), Delay: req.Delay, Timeout: req.Timeout, Tolerance: req.Tolerance, Once: true, State: fencing.Pending}
	err := b.fencingChange(ctx, client, user, fencing.RecordOps(snap, e))
	return fenceEvent(e, time.Now()), err
}

func (b *backend) requestID() string {
	return fmt.Sprintf("%s.%s.%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1))
}

// fencingChange commits a change of the record.
func (b *backend) fencingChange(ctx context.Context, client, user string, ops []cib.Op) error {
	if len(ops) == 0 {
		return nil
	}
	r, err := b.commit(ctx, cib.Command{ID: fmt.Sprintf("%s/%s/api/%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1)),
		Origin: b.cfg.Self.Name, Client: client, User: user, Now: time.Now(), Ops: ops})
	if err == nil && r.ExitCode != 0 {
		err = &api.RemoteError{ExitCode: r.ExitCode, Message: r.Error}
	}
	return err
}

// knownTarget tells nodes of the configuration or the status from typing errors.
func knownTarget(snap *cib.Snapshot, name crm.NodeName) bool {
	return snap.Section(cib.TagNodes).ChildWith(cib.TagNode, cib.AttrUname, string(name)) != nil ||
		snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrUname, string(name)) != nil
}

// FenceEvent is a request as it is now. One that is gone was closed and forgotten since.
func (b *backend) FenceEvent(ctx context.Context, id string) (api.FenceEvent, error) {
	b.recency.await(ctx)
	snap := b.replica.Current()
	e, ok := fencing.Find(snap, id)
	if !ok {
		return api.FenceEvent{}, &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("request %s is not on record: it was closed and cleaned up, or never made", id)}
	}
	return fenceEvent(e, time.Now()), nil
}

func fenceEvent(e fencing.Event, now time.Time) api.FenceEvent {
	return api.FenceEvent{ID: e.ID, Target: e.Target, Action: string(e.Action), Client: e.Client, Origin: e.Origin, Reason: e.Reason, Status: string(e.State),
		Delegate: string(e.Delegate), Device: e.Device, ExitReason: e.ExitReason, Attempts: e.Attempts, Requested: e.Requested, Next: e.Next, Completed: e.Completed, Trouble: e.Trouble(nil, now)}
}

// CleanFencing forgets closed requests, of one node or of all.
func (b *backend) CleanFencing(ctx context.Context, node crm.NodeName) (api.FenceCleanup, error) {
	snap := b.replica.Current()
	ops := fencing.CleanupOps(snap, node)
	open := 0
	for _, e := range fencing.Requests(snap) {
		if node == "" || e.Target == node {
			open++
		}
	}
	return api.FenceCleanup{Removed: len(ops), Open: open}, b.fencingChange(ctx, "crm_mon", "root", ops)
}

// Fencing is what this node knows about fencing.
func (b *backend) Fencing(ctx context.Context) (api.Fencing, error) {
	b.recency.await(ctx)
	snap, now := b.replica.Current(), time.Now()
	e, agents := fencing.Read(snap, now), b.fenceAgents(ctx)
	f := api.Fencing{Enabled: fencing.Enabled(snap, now), Protection: b.protection(snap, now).Text,
		Devices: []api.FenceDevice{}, Nodes: []api.FenceTarget{}, Events: []api.FenceEvent{}}
	for _, d := range e.Devices {
		f.Devices = append(f.Devices, fenceDevice(snap, d, agents))
	}
	for n := range snap.Section(cib.TagNodes).All(cib.TagNode) {
		f.Nodes = append(f.Nodes, fenceTarget(e, crm.NodeName(n.Get(cib.AttrUname)), agents))
	}
	for _, x := range slices.Backward(fencing.History(snap)) {
		f.Events = append(f.Events, fenceEvent(x, now))
	}
	return f, nil
}

// fenceAgents asks the agents of the configured devices what they can do. Of one that
// does not answer it is assumed that it can do anything.
func (b *backend) fenceAgents(ctx context.Context) map[string]fencing.Agent {
	agents := map[string]fencing.Agent{}
	for _, d := range fencing.Read(b.replica.Current(), time.Now()).Devices {
		if _, ok := agents[d.Agent]; ok {
			continue
		}
		agents[d.Agent] = fencing.Agent{}
		text, err := b.Metadata(ctx, lrmd.Agent{Class: "stonith", Type: d.Agent})
		if err != nil {
			continue
		}
		if m, err := ocf.ParseMetadata(text); err == nil {
			agents[d.Agent] = fencing.AgentOf(m)
		}
	}
	return agents
}

func fenceDevice(snap *cib.Snapshot, d fencing.Device, agents map[string]fencing.Agent) api.FenceDevice {
	out := api.FenceDevice{ID: d.ID, Agent: d.Agent, Check: string(d.Check(agents[d.Agent])), Targets: []crm.NodeName{}, Active: []crm.NodeName{}}
	out.Active = append(out.Active, fencing.ActiveOn(snap, d.ID)...)
	for n := range snap.Section(cib.TagNodes).All(cib.TagNode) {
		if name := crm.NodeName(n.Get(cib.AttrUname)); d.Check(agents[d.Agent]) != fencing.StaticList || d.Names(name) {
			out.Targets = append(out.Targets, name)
		}
	}
	switch {
	case len(out.Active) == 0:
		out.Problem = "it is started nowhere: nobody watches whether it works"
	case len(out.Targets) == 0:
		out.Problem = "it can fence no node of the cluster"
	}
	return out
}

func fenceTarget(e *fencing.Equipment, node crm.NodeName, agents map[string]fencing.Agent) api.FenceTarget {
	out := api.FenceTarget{Node: node, Levels: [][]crm.ResourceID{}}
	if levels := e.Levels(node); levels != nil {
		out.Levels = levels
		return out
	}
	asked := false
	for _, d := range e.Devices {
		if check := d.Check(agents[d.Agent]); check != fencing.StaticList || d.Names(node) {
			out.Levels = append(out.Levels, []crm.ResourceID{d.ID})
			asked = asked || check == fencing.DynamicList || check == fencing.ByStatus
		}
	}
	switch {
	case len(out.Levels) == 0:
		out.Doubt = "no device can fence it"
	case asked:
		out.Doubt = "devices that tell themselves whom they can fence are asked only then"
	}
	return out
}

// collectFencing reads the record of requests for fencing.
func (m *metrics) collectFencing(gauge func(*prometheus.Desc, float64, ...string)) {
	snap := m.d.replica.Current()
	counts := map[[2]string]float64{}
	for _, e := range fencing.History(snap) {
		counts[[2]string{string(e.Target), string(e.State)}]++
	}
	for k, n := range counts { // the registry orders them
		gauge(m.fencing, n, k[0], k[1])
	}
	level := m.d.protection(snap, time.Now()).Level
	for _, l := range []fencing.Level{fencing.ByFencing, fencing.ByWatchdog, fencing.ByOperator, fencing.ByWitness, fencing.ByQuorum, fencing.ByNothing} {
		gauge(m.protection, number(l == level), string(l))
	}
}

// protection tells what keeps resources from running twice.
func (d *Daemon) protection(snap *cib.Snapshot, now time.Time) fencing.Protection {
	return fencing.ProtectionOf(snap, now, fencing.Shield{Witness: d.cfg.Cluster.Witnesses() > 0, Voters: len(d.cfg.Cluster.Nodes)})
}
