package crmd

import (
	"crypto/md5"
	"fmt"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
)

// originFenced is the crm-debug-origin of a node state that fencing wrote.
const originFenced = "send_stonith_update"

// shotPatience is how long a node may still be heard after it was fenced before somebody
// is told.
const shotPatience = 30 * time.Second

// fencedOps are what it means for a node's entry that it was switched off: it runs
// nothing, and its history and transient attributes are those of a life that is over.
func fencedOps(p Peer) []cib.Op {
	return []cib.Op{
		modify(cib.New(cib.TagNodeState, cib.AttrID, p.UUID(), cib.AttrUname, string(p.Name), "in_ccm", "false", "crmd", "offline",
			"crm-debug-origin", originFenced, "join", "down", "expected", "down")),
		remove(statePath(p) + "/lrm"), remove(statePath(p) + "/transient_attributes"),
	}
}

// unfencedOps note that a node was unfenced, and with which parameters of the devices.
func (c *Controller) unfencedOps(p Peer, ev fencing.Event) []cib.Op {
	attrs := []attribute{{"#node-unfenced", strconv.FormatInt(c.now.Unix(), 10)}}
	if d := c.duty; d != nil && d.walk != nil {
		for _, id := range d.fencing.actions[ev.ID] {
			if a, _, ok := d.walk.Action(id); ok {
				for _, name := range []string{"all", "secure"} {
					if v := a.Attributes["CRM_meta_digests_"+name]; v != "" {
						attrs = append(attrs, attribute{"#digests-" + name, v})
					}
				}
			}
		}
	}
	return []cib.Op{modify(transient(p, "", attrs...))}
}

// provenOps write what a survivor of two nodes did before it could write. Nil: it is written.
func (c *Controller) provenOps(p Peer, ev fencing.Event) []cib.Op {
	if old, ok := fencing.Find(c.snap, ev.ID); ok && old.State == fencing.Success {
		return nil
	}
	return append(fencing.RecordOps(c.snap, ev), fencedOps(p)...)
}

// fencedAsPlanned reports whether a node's entry changed because the transition under way
// had it fenced: that needs no new decision.
func (c *Controller) fencedAsPlanned(p Peer, y *cib.Element) bool {
	d := c.duty
	if y.Get("crm-debug-origin") != originFenced || d.walk == nil {
		return false
	}
	for _, a := range d.walk.Flying() {
		if a.Operation == "stonith" && a.Node == p.Name {
			return true
		}
	}
	return false
}

// cameBack forgets that a node was fenced: membership has noticed, or it lives again.
func (c *Controller) cameBack(id crm.NodeID) {
	delete(c.shot, id)
	if c.presence[id] == Alive {
		delete(c.proven, id)
	}
}

// shotStillHeard tells that a device said "done" and did nothing.
func (c *Controller) shotStillHeard(uuid string) {
	for _, p := range c.cfg.Peers {
		if p.UUID() == uuid && c.shot[p.ID] {
			delete(c.shot, p.ID)
			c.say(Error, "fence", "the node was reported to be fenced, and its heartbeats still arrive: its fence device does not do what it says, repair it", "node", string(p.Name))
		}
	}
}

// fencedMyself ends this machine when the others say that it was switched off, and it was
// not: they go on without it, and start what runs here.
func (c *Controller) fencedMyself(old, snap *cib.Snapshot) {
	if old == nil || !c.join.done || c.leaving.wanted {
		return
	}
	before, after := stateIn(old, c.cfg.Self), stateIn(snap, c.cfg.Self)
	if Joined(before) && after.Get("crm-debug-origin") == originFenced && after.Get("expected") == "down" {
		c.join.done = false
		c.do(Reset{Reason: "the other nodes say that this one was fenced"})
	}
}

func stateIn(snap *cib.Snapshot, p Peer) *cib.Element {
	return snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, p.UUID())
}

// seconds reads a number of seconds.
func seconds(text string) time.Duration {
	n, _ := strconv.Atoi(text)
	return time.Duration(n) * time.Second
}

func digest8(text string) string {
	h := md5.Sum([]byte(text))
	return fmt.Sprintf("%x", h[:4])
}
