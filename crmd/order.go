package crmd

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// OrderKind is what an order asks of a node.
type OrderKind string

// The kinds of orders. Each is confirmed by what it does to the CIB (or, shutdown, to
// membership), except notifications, which are acknowledged.
const (
	RunOrder      OrderKind = "run"      // an operation; its result is recorded
	CancelOrder   OrderKind = "cancel"   // a recurring operation ends; its history entry goes
	ForgetOrder   OrderKind = "forget"   // a resource's history goes
	ShutdownOrder OrderKind = "shutdown" // leave: everything is stopped
	SyncOrder     OrderKind = "sync"     // a new DC asks that all earlier orders be in the CIB
	FenceOrder    OrderKind = "fence"    // use a fence device; the result is reported to the DC
)

// Order is what a DC asks of a node.
type Order struct {
	Kind        OrderKind         `json:"kind"`
	Stamp       crm.Stamp         `json:"stamp"`
	Key         string            `json:"key,omitempty"`    // transition key
	Action      int               `json:"action,omitempty"` // id in the DC's graph
	Op          crm.OpKey         `json:"op"`
	Agent       lrmd.Agent        `json:"agent"`
	Timeout     time.Duration     `json:"timeout,omitempty"`
	StartDelay  time.Duration     `json:"start_delay,omitempty"`
	Params      map[string]string `json:"params,omitempty"`
	StartOffset string            `json:"start_offset,omitempty"` // failcount after a failed start
	StopOffset  string            `json:"stop_offset,omitempty"`  // failcount after a failed stop
	Fence       *lrmd.FenceCall   `json:"fence,omitempty"`        // of a FenceOrder
}

// Answer says whether a node took an order.
type Answer struct {
	Err     string `json:"err,omitempty"` // "": taken
	Refused bool   `json:"refused,omitempty"`

	// Unjoined answers a SyncOrder: this node's controller was started anew and has not yet
	// joined. What its executor did meanwhile is not in the CIB. With Err it is not, either: the
	// disk is full, say.
	Unjoined bool `json:"unjoined,omitempty"`
}

// orderFor translates an action of the graph.
func orderFor(w *transition.Walk, a graph.Action, stamp crm.Stamp) Order {
	g := w.Graph()
	o := Order{Kind: RunOrder, Stamp: stamp, Key: w.Key(a).String(), Action: a.ID, Timeout: transition.Timeout(a), Params: paramsOf(a),
		Op:          crm.OpKey{Resource: a.Resource.ID, Name: a.Operation, Interval: milliseconds(a.Attributes["CRM_meta_interval"])},
		Agent:       lrmd.Agent{Class: a.Resource.Class, Provider: a.Resource.Provider, Type: a.Resource.Type},
		StartDelay:  milliseconds(a.Attributes["CRM_meta_start_delay"]),
		StartOffset: g.FailedStartOffset, StopOffset: g.FailedStopOffset}
	switch a.Operation {
	case "cancel":
		o.Kind = CancelOrder
		if key, err := crm.ParseOpKey(a.Key); err == nil {
			o.Op = key
		} else {
			o.Op.Name = a.Attributes["CRM_meta_operation"]
		}
	case "delete", "lrm_delete":
		o.Kind = ForgetOrder
	case "do_shutdown":
		o.Kind = ShutdownOrder
	}
	return o
}

// paramsOf gives an action's parameters, with the feature set that agents and histories
// know this cluster by instead of the policy engine's own.
func paramsOf(a graph.Action) map[string]string {
	if a.Attributes["crm_feature_set"] == "" {
		return a.Attributes
	}
	params := maps.Clone(a.Attributes)
	params["crm_feature_set"] = cib.FeatureSet
	return params
}

func milliseconds(text string) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

// ordersCame takes orders of the DC, one after the other.
func (c *Controller) ordersCame(in OrdersCame) {
	answers := make([]Answer, len(in.Orders))
	sync := false
	c.orderedBy = in.From
	defer func() { c.orderedBy = 0 }()
	for i, o := range in.Orders {
		if err := c.accept(o); err != nil {
			answers[i] = Answer{Err: err.Error(), Refused: true}
		}
		if o.Kind == SyncOrder {
			sync, answers[i].Unjoined = true, c.neverJoined()
		}
	}
	if sync && c.owesResults() {
		c.owedSyncs = append(c.owedSyncs, replyWhen{in.Token, answers})
		return
	}
	if sync && len(c.inDoubt) > 0 {
		// Commits take effect in order: when one more is in the CIB, all before it are.
		tag := c.commit("barrier", false, modify(c.selfState("do_cib_barrier")))
		c.tokens[tag] = replyWhen{in.Token, answers}
		return
	}
	c.do(Reply{in.Token, answers})
}

// accept carries an order out, or says why not.
func (c *Controller) accept(o Order) error {
	if newest := c.stamp(); o.Stamp.Less(newest) {
		return fmt.Errorf("order of %s refused: the newest authority seen is %s", o.Stamp, newest)
	}
	c.newest = o.Stamp
	if c.neverJoined() && o.Kind != SyncOrder {
		return errors.New("order refused: it was meant for this node before its controller was restarted")
	}
	if c.alone != nil {
		return fmt.Errorf("this node acts alone: %s", c.alone.causes.demand().says)
	}
	switch o.Kind {
	case RunOrder:
		c.execute(o)
	case CancelOrder:
		c.do(Withdraw{o.Stamp, o.Op})
		c.commit("cancel", false, remove(c.rscPath(o.Op.Resource)+"/lrm_rsc_op[@id='"+o.Op.String()+"']"))
	case ForgetOrder:
		c.forget(o.Stamp, o.Op.Resource)
	case ShutdownOrder:
		c.leave("the DC confirms that everything is stopped")
	case FenceOrder:
		c.useDevice(o)
	case SyncOrder:
		for _, key := range sortedKeys(c.executor.inFlight) {
			c.recordPending(key)
		}
	default:
		return fmt.Errorf("order %q: unknown kind; is the DC newer than this node?", o.Kind)
	}
	return nil
}

// execute gives an operation to the executor. The same order given twice (the first
// answer was lost) is carried out once.
func (c *Controller) execute(o Order) {
	if _, known := c.executor.inFlight[o.Key]; known {
		return
	}
	c.executor.inFlight[o.Key] = &flight{order: o, since: c.now}
	if begins(o.Op.Name) {
		c.executor.started[o.Op.Resource] = o
	}
	if o.Op.Interval == 0 && o.Op.Name != "notify" {
		c.arm("pending:"+o.Key, c.cfg.PendingAfter)
	}
	if o.Agent.Class == "ocf" {
		c.lookUp(o.Agent)
	}
	c.do(Execute{lrmd.Order{Stamp: o.Stamp, Op: o.Op, Agent: o.Agent, Timeout: o.Timeout, StartDelay: o.StartDelay, Params: o.Params, UserData: o.Key,
		PreferNative: ocf.IsTrue(c.Property("prefer-native-agents"))}})
}

func (c *Controller) lookUp(a lrmd.Agent) {
	if _, asked := c.executor.agents[a]; !asked {
		c.executor.agents[a] = &agent{}
		c.do(LookUp{a})
	}
}

// forget makes executor and CIB lose a resource's history on this node.
func (c *Controller) forget(stamp crm.Stamp, resource crm.ResourceID) (tag string) {
	c.do(Drop{stamp, resource})
	for key := range c.executor.recorded {
		if key.Resource == resource {
			delete(c.executor.recorded, key)
		}
	}
	return c.commit("forget", false, append(c.clearFailures(c.cfg.Self, resource, "", 0), remove(c.rscPath(resource)))...)
}

// forgetWanted is a cleanup of this node; the answer waits for the commit.
func (c *Controller) forgetWanted(in ForgetWanted) {
	tag := c.forget(c.stamp(), in.Resource)
	c.tokens[tag] = replyWhen{in.Token, []Answer{{}}}
}

// stamp is the authority for what this node does of its own accord.
func (c *Controller) stamp() crm.Stamp {
	if c.view.Stamp.Less(c.newest) {
		return c.newest
	}
	return c.view.Stamp
}

// rscPath is the XPath of a resource's history on this node.
func (c *Controller) rscPath(id crm.ResourceID) string {
	return statePath(c.cfg.Self) + "/lrm/lrm_resources/lrm_resource[@id='" + string(id) + "']"
}

func statePath(p Peer) string { return "/cib/status/node_state[@id='" + p.UUID() + "']" }

// modify merges an element into the status section, creating what is missing.
func modify(e *cib.Element) cib.Op {
	return cib.Op{Kind: cib.Modify, Scope: cib.TagStatus, Data: e, AllowCreate: true}
}

// remove deletes what an XPath selects; nothing selected is no error.
func remove(xpath string) cib.Op { return cib.Op{Kind: cib.Delete, XPath: xpath, Force: true} }

// selfState is this node's own entry, for merging.
func (c *Controller) selfState(origin string) *cib.Element {
	return cib.New(cib.TagNodeState, cib.AttrID, c.cfg.Self.UUID(), cib.AttrUname, string(c.cfg.Self.Name), "crm-debug-origin", origin)
}

// isTask reports whether the operation changes or asks a resource's state, rather than
// passing news on.
func isTask(name string) bool { return !strings.HasSuffix(name, "notify") }
