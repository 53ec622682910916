package state

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// status reads the status section: tickets, then node states, then histories (those of
// nodes that are up first, so that active clone instances get the low numbers).
func (r *reader) status(section *cib.Element) {
	for e := range section.All("") {
		switch e.Name {
		case "tickets":
			for t := range e.All("ticket_state") {
				r.ticket(t)
			}
		case "node_state":
			r.nodeState(e)
		}
	}
	for r.nodeHistories(section, false) {
	}
	r.nodeHistories(section, r.c.Options.FencingEnabled)
	for _, container := range slices.Backward(r.stopNeeded) {
		if n := container.CurrentNode(); n != nil {
			r.stopOn(container, n)
		}
	}
	for _, n := range r.c.Nodes {
		if n.Kind == ClusterNode {
			continue
		}
		if n.Shutdown && n.Remote != nil {
			n.Remote.Target = crm.RoleStopped
		}
		if !n.Unpacked {
			r.remoteOnline(n)
		}
	}
}

func (r *reader) ticket(e *cib.Element) {
	if e.ID() == "" {
		return
	}
	t := &Ticket{ID: e.ID(), State: map[string]string{}}
	for _, a := range e.Attrs {
		if a.Name != "id" {
			t.State[a.Name] = a.Value
		}
	}
	t.Granted, t.Standby = isTrue(t.State["granted"]), isTrue(t.State["standby"])
	if s, err := strconv.ParseInt(t.State["last-granted"], 10, 64); err == nil {
		t.LastGranted = time.Unix(s, 0).In(r.c.Now.Location())
	}
	r.c.Tickets[t.ID] = t
}

func (r *reader) nodeOf(e *cib.Element) *Node {
	if n := r.c.NodeByID(e.ID()); n != nil {
		return n
	}
	if name, ok := e.Lookup("uname"); ok {
		return r.c.Node(crm.NodeName(name))
	}
	return nil
}

func (r *reader) nodeState(e *cib.Element) {
	if _, ok := e.Lookup("id"); !ok {
		r.finding("error", "Ignoring invalid node_state entry without id")
		return
	}
	n := r.nodeOf(e)
	if n == nil {
		return
	}
	if n.Kind != ClusterNode {
		n.RemoteFenced = positive(e.Get("node_fenced"))
		return
	}
	r.nodeAttrs(e.Child("transient_attributes"), n, true)
	n.Standby = n.Standby || isTrue(n.Attrs["standby"])
	n.Maintenance = n.Maintenance || isTrue(n.Attrs["maintenance"])
	n.Unclean, n.Seen = false, true
	r.online(e, n)
	if !r.c.Quorate && n.Online && r.c.Options.NoQuorum == QuorumFence {
		r.fence(n, "cluster does not have quorum", false)
	}
}

func positive(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > 0
}

// shutdownRequested reports whether the node asked to leave.
func (n *Node) shutdownRequested() bool {
	v, ok := n.Attrs["shutdown"]
	return ok && v != "0"
}

// online works out what a cluster node's state entry says.
func (r *reader) online(e *cib.Element, n *Node) {
	n.Shutdown = n.shutdownRequested()
	if !n.Shutdown && equalFold(e.Get("expected"), "member") {
		n.ExpectedUp = true
	}
	if r.c.Options.FencingEnabled {
		n.Online = r.onlineFencing(e, n)
	} else {
		n.Online = r.onlineNoFencing(e, n)
	}
	if !n.Online || n.Shutdown {
		n.Score = -crm.Infinity
	}
	if n.Unclean {
		r.finding("warning", n.Label()+" is unclean")
	}
}

// member is since when the node is a member, in seconds: negative when that is not
// recorded, 0 when it is none.
func (r *reader) member(e *cib.Element) int64 {
	text, ok := e.Lookup("in_ccm")
	if !ok {
		return -1
	}
	if v, ok := parseBool(text); ok {
		if v {
			return r.c.Now.Unix()
		}
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// peerSince is since when the node's controller is there; 0: it is not.
func peerSince(e *cib.Element) int64 {
	text := e.Get("crmd")
	switch {
	case text == "", equalFold(text, "offline"):
		return 0
	case equalFold(text, "online"):
		return 1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (r *reader) onlineNoFencing(e *cib.Element, n *Node) bool {
	switch {
	case r.member(e) <= 0:
		return false
	case peerSince(e) > 0:
		return equalFold(e.Get("join"), "member")
	case n.ExpectedUp:
		r.fence(n, "peer is unexpectedly down", false)
	}
	return false
}

func (r *reader) onlineFencing(e *cib.Element, n *Node) bool {
	member, peer := r.member(e), peerSince(e)
	join := e.Get("join")
	expected, hasExpected := e.Lookup("expected")
	if n.Shutdown {
		return peer > 0
	}
	if member < 0 {
		r.fence(n, "peer has not been seen by the cluster", false)
		return false
	}
	notReady := func() { n.Standby, n.Pending = true, true }
	switch {
	case join == "banned":
		r.fence(n, "peer failed Pacemaker membership criteria", false)
	case terminateRequested(n):
		if member <= 0 && peer <= 0 && join == "down" {
			return false
		}
		r.fence(n, "fencing was requested", false)
	case !hasExpected || expected == "down":
		if r.pendingTooLong(member, peer) {
			r.fence(n, "peer pending timed out on joining the process group", false)
		} else if member > 0 || peer > 0 {
			notReady()
		}
	case member <= 0:
		r.fence(n, "peer is no longer part of the cluster", true)
	case peer <= 0:
		r.fence(n, "peer process is no longer available", false)
	case join == "member":
	case join == "pending" || join == "down":
		notReady()
	default:
		r.fence(n, "peer was in an unknown state", false)
	}
	return member > 0
}

func terminateRequested(n *Node) bool {
	text := n.Attrs["terminate"]
	if v, ok := parseBool(text); ok {
		return v
	}
	return positive(text)
}

func (r *reader) pendingTooLong(member, peer int64) bool {
	limit := r.c.Options.NodePendingTimeout
	if limit <= 0 || member <= 0 || peer > 0 {
		return false
	}
	end := time.Unix(member, 0).Add(WholeSeconds(limit))
	if !r.c.Now.Before(end) {
		return true
	}
	r.recheck(end)
	return false
}

// remoteOnline works out whether a remote or guest node is up, from its connection.
func (r *reader) remoteOnline(n *Node) {
	rsc := n.Remote
	if rsc == nil {
		n.Online = false
		return
	}
	by := rsc.Launcher
	var host *Node
	if by != nil && len(rsc.RunningOn) == 1 {
		host = rsc.RunningOn[0]
	}
	if rsc.Role == crm.RoleStarted {
		n.Online = true
		if rsc.Target == crm.RoleStopped {
			n.Shutdown = true
		}
	}
	switch {
	case by != nil && by.Failed:
		n.Online, n.RemoteReset = false, true
	case rsc.Failed:
		n.Online = false
	case rsc.Role == crm.RoleStopped || by != nil && by.Role == crm.RoleStopped:
		n.Online, n.RemoteReset = false, false
	case host != nil && !host.Online && host.Unclean:
		n.Online, n.RemoteReset = false, true
	}
}

// remoteAttrs overlays the transient attributes of a remote node.
func (r *reader) remoteAttrs(e *cib.Element, n *Node) {
	n.RemoteMaintenance = positive(e.Get("node_in_maintenance"))
	if !n.RemoteReset {
		n.Unclean, n.Seen = false, true
	}
	r.nodeAttrs(e.Child("transient_attributes"), n, true)
	if n.shutdownRequested() {
		n.Shutdown = true
	}
	n.Standby = n.Standby || isTrue(n.Attrs["standby"])
	if isTrue(n.Attrs["maintenance"]) || n.Remote != nil && !n.Remote.Managed {
		n.Maintenance = true
	}
	if v, ok := n.Attrs["resource-discovery-enabled"]; ok && !isTrue(v) {
		if n.guest() || r.c.Options.FencingEnabled {
			n.ProbesAllowed = false
		}
	}
}

// nodeHistories reads the histories that can be read by now, or of all nodes that are
// left; it reports whether it read one of a node that others may depend on.
func (r *reader) nodeHistories(section *cib.Element, all bool) (again bool) {
	for e := range section.All("node_state") {
		name, ok := e.Lookup("uname")
		if e.ID() == "" || !ok {
			continue
		}
		n := r.nodeOf(e)
		if n == nil || n.Unpacked || !all && !r.historyReady(n) {
			continue
		}
		if n.Kind != ClusterNode {
			r.remoteOnline(n)
			r.remoteAttrs(e, n)
		}
		n.Unpacked = true
		r.nodeHistory(n, strings.TrimSpace(name), e)
		again = true
	}
	return again
}

// historyReady reports whether what a node's history depends on is known.
func (r *reader) historyReady(n *Node) bool {
	switch {
	case n.guest():
		return n.Remote.Role == crm.RoleStarted && n.Remote.Launcher.Role == crm.RoleStarted
	case n.Kind != ClusterNode:
		return n.Remote != nil && (r.c.Options.ShutdownLock || n.Remote.Role == crm.RoleStarted)
	}
	return n.Online || r.c.Options.FencingEnabled || r.c.Options.ShutdownLock
}
