package daemon

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
)

// history is one resource's history on one node.
type history struct {
	node     crm.NodeName
	resource crm.ResourceID
	failed   bool
}

// Cleanup forgets histories and failures, so that the cluster probes again. Without
// Refresh only those with failures are forgotten.
func (b *backend) Cleanup(ctx context.Context, req api.Cleanup) (reply api.CleanupReply, err error) {
	if req.Node != "" {
		if _, ok := b.peerID(req.Node); !ok {
			return reply, &api.RemoteError{ExitCode: 68, Message: fmt.Sprintf("node %q is not a member of the cluster", req.Node)}
		}
	}
	snap := b.replica.Current()
	wanted, err := named(snap, req.Resource)
	if err != nil {
		return reply, err
	}
	for _, h := range histories(snap) {
		if (req.Node != "" && h.node != req.Node) || (wanted != nil && !wanted[baseName(h.resource)]) || (!req.Refresh && !h.failed) {
			continue
		}
		if err := b.forgetOn(ctx, h.node, h.resource); err != nil {
			return reply, fmt.Errorf("cleaning up %s on %s: %w", h.resource, h.node, err)
		}
		reply.Cleaned = append(reply.Cleaned, api.CleanedUp{Resource: h.resource, Node: h.node})
	}
	// Other nodes answered when their copies of the CIB showed it: who asked here looks here.
	if len(reply.Cleaned) > 0 {
		err = b.agreement.ReadBarrier(ctx)
	}
	return reply, err
}

// named lists the primitives that a resource consists of; nil means all.
func named(snap *cib.Snapshot, id crm.ResourceID) (map[crm.ResourceID]bool, error) {
	if id == "" {
		return nil, nil
	}
	e := snap.ByID(string(baseName(id)))
	if e == nil || !isResource(e.Name) {
		return nil, &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("resource %q not found", id)}
	}
	set := map[crm.ResourceID]bool{}
	for sub := range e.Walk() {
		if sub.Name == cib.TagPrimitive {
			set[crm.ResourceID(sub.ID())] = true
		}
	}
	return set, nil
}

func isResource(tag string) bool {
	return tag == cib.TagPrimitive || tag == cib.TagGroup || tag == cib.TagClone || tag == cib.TagMaster || tag == cib.TagBundle
}

// baseName drops the instance number.
func baseName(id crm.ResourceID) crm.ResourceID {
	base, _, _ := strings.Cut(string(id), ":")
	return crm.ResourceID(base)
}

// histories lists what every node remembers of every resource.
func histories(snap *cib.Snapshot) (list []history) {
	for st := range snap.Section(cib.TagStatus).All(cib.TagNodeState) {
		node := crm.NodeName(st.Get(cib.AttrUname))
		failures := map[crm.ResourceID]bool{}
		for set := range st.Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
			for nv := range set.All(cib.TagNvpair) {
				if rest, ok := strings.CutPrefix(nv.Get(cib.AttrName), "fail-count-"); ok {
					rsc, _, _ := strings.Cut(rest, "#")
					failures[crm.ResourceID(rsc)] = true
				}
			}
		}
		for rsc := range st.Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
			id := crm.ResourceID(rsc.ID())
			failed := failures[id] || rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, rsc.ID()+"_last_failure_0") != nil
			delete(failures, id)
			list = append(list, history{node, id, failed})
		}
	}
	return list
}

// forgetOn makes a node forget a resource. For a node that is gone the CIB is changed.
func (b *backend) forgetOn(ctx context.Context, node crm.NodeName, id crm.ResourceID) error {
	peer, ok := b.peerID(node)
	switch {
	case peer == b.cfg.Self.ID:
		return b.forgetHere(ctx, id)
	case ok && b.heartbeats.Alive()[peer]:
		_, err := b.agreement.Call(ctx, peer, callForget, []byte(id))
		return err
	}
	path := "/cib/status/node_state[@uname='" + string(node) + "']"
	r, err := b.commit(ctx, cib.Command{ID: fmt.Sprintf("%s/%s/api/%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1)), Origin: b.cfg.Self.Name, Client: "crm_resource", Now: time.Now(), Ops: []cib.Op{
		{Kind: cib.Delete, XPath: path + "/lrm/lrm_resources/lrm_resource[@id='" + string(id) + "']", Force: true},
		{Kind: cib.Delete, XPath: path + "/transient_attributes/instance_attributes/nvpair[starts-with(@name,'fail-count-" + string(id) + "#') or starts-with(@name,'last-failure-" + string(id) + "#')]", Force: true}}})
	if err == nil && r.ExitCode != 0 {
		err = &api.RemoteError{ExitCode: r.ExitCode, Message: r.Error}
	}
	return err
}

// failHere records a made-up failure of a resource on this node.
func (d *Daemon) failHere(id crm.ResourceID) {
	var agent lrmd.Agent
	if e := d.replica.Current().ByID(string(baseName(id))); e != nil {
		agent = lrmd.Agent{Class: e.Get(cib.AttrClass), Provider: e.Get(cib.AttrProvider), Type: e.Get(cib.AttrType)}
	}
	now := time.Now()
	d.mail.put(crmd.OpResult{Result: lrmd.Result{Call: d.lastCall(id), Op: crm.OpKey{Resource: id, Name: "asyncmon"}, Agent: agent, RC: crm.GenericError, Status: crm.ExecDone,
		ExitReason: "Simulated failure", LastRun: now, LastChange: now,
		UserData: crm.TransitionKey{Action: int(now.UnixMilli() & 0x7fffffff), Transition: -1, TargetRC: crm.OK, UUID: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"}.String(), Params: map[string]string{}}})
}

// lastCall is the highest call number in a resource's history on this node: a made-up
// result takes it, so that it is newer by its time than what was, and older than the
// recovery it causes.
func (d *Daemon) lastCall(id crm.ResourceID) (last int) {
	state := d.replica.Current().Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrUname, string(d.cfg.Self.Name))
	for op := range state.Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, string(id)).All(cib.TagLRMRscOp) {
		if n, err := strconv.Atoi(op.Get("call-id")); err == nil {
			last = max(last, n)
		}
	}
	return last
}
