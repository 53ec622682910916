package state

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// settle draws the consequences of a resource's whole history on a node.
func (r *reader) settle(rsc *Resource, n *Node, onFail OnFail) {
	active := rsc.Role > crm.RoleStopped
	if rsc.Role != crm.RoleUnknown {
		for x := rsc; x != nil; x = x.Parent {
			if !slices.Contains(x.ProbedOn, n) {
				x.ProbedOn = append(x.ProbedOn, n)
			}
			if x.Unique {
				break
			}
		}
	}
	if active && !n.Online && !n.Maintenance && rsc.Managed {
		r.activeOnDownNode(rsc, n)
	}
	saved := onFail
	if n.Unclean {
		onFail = FailIgnore
	}
	r.applyFailure(rsc, n, onFail, active)
	if rsc.Failed && rsc.RemoteConnection {
		if remote := r.c.Node(crm.NodeName(rsc.ID)); remote != nil && remote.Unclean {
			remote.Seen = true
		}
	}
	switch {
	case active:
		r.addRunning(rsc, n, saved != FailIgnore)
		switch onFail {
		case FailIgnore:
		case FailDemote, FailBlock:
			rsc.Failed = true
		default:
			rsc.Failed, rsc.StopIfFailed = true, true
		}
	case strings.Contains(string(rsc.HistoryID), ":"):
		if r.byHistory[string(rsc.HistoryID)] == rsc {
			delete(r.byHistory, string(rsc.HistoryID))
		}
		rsc.HistoryID = ""
	case rsc.stopAsked:
		r.effect(Effect{Kind: OptionalStops, Resource: rsc, Node: n})
	}
	// A stop on the source after migrate_to does not stop it on the target.
	if rsc.Role == crm.RoleStopped && len(rsc.RunningOn) > 0 && rsc.PartialTarget != nil && rsc.PartialSource == n {
		rsc.Role = crm.RoleStarted
	}
}

func (r *reader) activeOnDownNode(rsc *Resource, n *Node) {
	reason := ""
	switch {
	case n.guest():
		rsc.Failed, rsc.StopIfFailed = true, true
	case !r.c.Options.FencingEnabled:
		return
	case n.Kind != ClusterNode && n.Remote != nil && !n.Remote.Failed:
		n.Seen = false
		reason = string(rsc.ID) + " is active there (fencing will be revoked if remote connection can be re-established elsewhere)"
	}
	if reason == "" {
		reason = string(rsc.ID) + " is thought to be active there"
	}
	r.fence(n, reason, false)
}

// stopOn demands that a resource stops on a node. A node that is down, and not known to be
// dirty, becomes so: nobody can stop it there.
func (r *reader) stopOn(rsc *Resource, n *Node) {
	r.effect(Effect{Kind: StopResource, Resource: rsc, Node: n})
	if rsc.Variant == Primitive && rsc.Managed && !n.Online && !n.Unclean && (!n.guest() || n.RemoteReset) {
		r.fence(n, "stop is unrunnable", false)
	}
}

func (r *reader) applyFailure(rsc *Resource, n *Node, onFail OnFail, active bool) {
	failed := func() { rsc.Failed, rsc.StopIfFailed = true, true }
	stop := func(what *Resource) { r.stopOn(what, n) }
	switch onFail {
	case FailDemote:
		rsc.Failed = true
		r.effect(Effect{Kind: DemoteResource, Resource: rsc, Node: n})
	case FailFence:
		r.fence(n, string(rsc.ID)+" failed there", false)
	case FailStandby:
		n.Standby, n.FailedStandby = true, true
	case FailBlock:
		rsc.Managed, rsc.Blocked = false, true
	case FailBan:
		r.locate(rsc, n, -crm.Infinity, "__action_migration_auto__")
	case FailStop:
		rsc.Target = crm.RoleStopped
	case FailRestart:
		if active {
			failed()
			stop(rsc)
		}
	case FailRestartContainer:
		failed()
		switch {
		case rsc.Launcher != nil && rsc.Bundled():
			r.stopNeeded = append(r.stopNeeded, rsc.Launcher)
		case rsc.Launcher != nil:
			stop(rsc.Launcher)
		case active:
			stop(rsc)
		}
	case FailResetRemote:
		failed()
		if r.c.Options.FencingEnabled && rsc.RemoteConnection {
			remote := r.c.Node(crm.NodeName(rsc.ID))
			if remote != nil && remote.Kind != ClusterNode && !remote.guest() && !remote.RemoteFenced {
				r.fence(remote, "remote connection is unrecoverable", false)
			}
		}
		if active {
			stop(rsc)
		}
		if rsc.ReconnectInterval > 0 {
			rsc.Target = crm.RoleStopped
		}
	}
}
