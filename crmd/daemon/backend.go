package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/api/server"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

var _ server.Backend = (*backend)(nil)

// backend answers the api's routes for this node.
type backend struct {
	*Daemon
	requests atomic.Uint64 // makes the ids of commands
}

// Exit codes of the command-line tools that the backend decides on.
const (
	exitUnknown      = 105 // no such object
	exitNotConnected = 102
	exitInvalid      = 78
)

func (b *backend) Subscribe(after uint64) ([]api.Event, <-chan api.Event, func()) {
	return b.events.subscribe(after)
}

func (b *backend) Metrics() http.Handler { return b.metrics.handler() }

// Change submits a request as one command: it is on disk at a majority when this returns.
func (b *backend) Change(ctx context.Context, req api.CIBRequest, user string) (api.CIBReply, error) {
	c := cib.Command{ID: fmt.Sprintf("%s/%s/api/%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1)), Origin: b.cfg.Self.Name, Client: "api", User: user, Now: time.Now()}
	if req.IfVersion != "" {
		v, err := cib.ParseVersion(req.IfVersion)
		if err != nil {
			return api.CIBReply{}, &api.RemoteError{ExitCode: 64, Message: err.Error()}
		}
		c.IfVersion = &v
	}
	for i, o := range req.Ops {
		op, err := cibOp(o)
		if err != nil {
			return api.CIBReply{}, &api.RemoteError{ExitCode: exitInvalid, Message: fmt.Sprintf("operation %d: %v", i+1, err)}
		}
		c.Ops = append(c.Ops, op)
	}
	if req.DryRun {
		return dryRun(b.replica.Current(), c), nil
	}
	r, err := b.commit(ctx, c)
	if err != nil {
		return api.CIBReply{}, err
	}
	return api.CIBReply{ExitCode: r.ExitCode, Error: r.Error, Version: r.Version, XML: r.XML}, nil
}

func cibOp(o api.CIBOp) (cib.Op, error) {
	op := cib.Op{Kind: cib.OpKind(o.Kind), Scope: o.Scope, XPath: o.XPath, AllowCreate: o.AllowCreate, Force: o.Force}
	if o.XML != "" {
		e, err := cib.Parse([]byte(o.XML))
		if err != nil {
			return op, err
		}
		op.Data = e
	}
	return op, nil
}

func dryRun(snap *cib.Snapshot, c cib.Command) api.CIBReply {
	next, _, err := snap.Apply(c)
	var no *cib.OpError
	switch {
	case errors.As(err, &no):
		return api.CIBReply{ExitCode: no.ExitCode, Error: no.Msg, Version: snap.Version().String()}
	case err != nil:
		return api.CIBReply{ExitCode: 1, Error: err.Error(), Version: snap.Version().String()}
	}
	return api.CIBReply{Version: next.Version().String(), XML: string(next.Root().XML())}
}

// commit submits a command. A refusal of agreement (no quorum, full disk) is told in words.
func (b *backend) commit(ctx context.Context, c cib.Command) (cib.Response, error) {
	if s := b.agreement.Status(); !s.Quorate || s.DiskError != "" {
		// An election may be under way; beyond that there is nothing to wait for.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 3*max(b.cfg.Cluster.Timing.Dead, b.cfg.Cluster.Timing.Election))
		defer cancel()
	}
	data, err := b.agreement.Submit(ctx, cib.EncodeCommand(c))
	if err != nil {
		s := b.agreement.Status()
		why := err.Error()
		if !s.Quorate {
			why = "no quorum: " + s.QuorumReason
		}
		if s.DiskError != "" {
			why = "disk: " + s.DiskError
		}
		code := exitNotConnected
		if errors.Is(err, context.DeadlineExceeded) {
			code = 124
		}
		return cib.Response{}, &api.RemoteError{ExitCode: code, Message: "the CIB was not changed, as far as is known: " + why}
	}
	return cib.DecodeResponse(data)
}

// SetAttribute sets or deletes a transient attribute.
func (b *backend) SetAttribute(ctx context.Context, u api.AttributeUpdate) error {
	if u.Node != "" {
		if _, ok := b.peerID(u.Node); !ok {
			return &api.RemoteError{ExitCode: 68, Message: fmt.Sprintf("node %q is not a member of the cluster", u.Node)}
		}
	}
	names := []string{u.Name}
	if u.Pattern {
		pattern, err := regexp.Compile(u.Name)
		if err != nil {
			return &api.RemoteError{ExitCode: 64, Message: fmt.Sprintf("attribute pattern %q: %v", u.Name, err)}
		}
		names = names[:0]
		list, err := b.Attributes(ctx, "", u.Node)
		if err != nil {
			return err
		}
		for _, a := range list {
			if pattern.MatchString(a.Name) {
				names = append(names, a.Name)
			}
		}
	}
	for _, name := range names {
		if u.Private {
			b.private.set(b.nodeOr(u.Node), name, u.Value)
			continue
		}
		b.mail.put(crmd.AttributeWanted{Node: u.Node, Name: name, Value: u.Value, Dampen: u.Dampen, Set: u.Set})
	}
	if u.Dampen > 0 || u.Private {
		return nil
	}
	return b.settle(ctx)
}

func (b *backend) nodeOr(n crm.NodeName) crm.NodeName {
	if n == "" {
		return b.cfg.Self.Name
	}
	return n
}

// settle waits until what the controller has committed so far is in the CIB.
func (b *backend) settle(ctx context.Context) error {
	if _, err := look(ctx, b.Daemon, func(*crmd.Controller) bool { return true }); err != nil {
		return err
	}
	return b.commits.barrier(ctx)
}

// Attributes lists transient attributes as this node knows them: those in the CIB, and
// those that it still holds back.
func (b *backend) Attributes(ctx context.Context, name string, node crm.NodeName) (list []api.Attribute, err error) {
	b.recency.await(ctx)
	held, err := look(ctx, b.Daemon, (*crmd.Controller).HeldBack)
	if err != nil {
		return nil, err
	}
	type key struct {
		node crm.NodeName
		name string
	}
	hidden := map[key]bool{}
	wanted := func(n crm.NodeName, a string) bool { return (node == "" || n == node) && (name == "" || a == name) }
	for _, h := range append(held, b.private.list()...) {
		hidden[key{h.Node, h.Name}] = true
		if h.Value != nil && wanted(h.Node, h.Name) {
			list = append(list, api.Attribute{Node: h.Node, Name: h.Name, Value: *h.Value})
		}
	}
	for st := range b.replica.Current().Section(cib.TagStatus).All(cib.TagNodeState) {
		n := crm.NodeName(st.Get(cib.AttrUname))
		for set := range st.Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
			for nv := range set.All(cib.TagNvpair) {
				if a := nv.Get(cib.AttrName); wanted(n, a) && !hidden[key{n, a}] {
					list = append(list, api.Attribute{Node: n, Name: a, Value: nv.Get(cib.AttrValue)})
				}
			}
		}
	}
	return list, nil
}

// Fail records a failure that did not happen.
func (b *backend) Fail(ctx context.Context, req api.FailRequest) error {
	node := b.nodeOr(req.Node)
	id, ok := b.peerID(node)
	if !ok {
		return &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("node %q is not a member of the cluster", node)}
	}
	if id == b.cfg.Self.ID {
		b.failHere(req.Resource)
		return b.settle(ctx)
	}
	_, err := b.agreement.Call(ctx, id, callFail, []byte(req.Resource))
	return err
}

// Recheck asks the DC to decide anew.
func (b *backend) Recheck(ctx context.Context) error {
	return b.atDC(ctx, "recheck", "", func() error {
		b.mail.put(crmd.RecheckWanted{Reason: "asked for"})
		return nil
	})
}

// Shutdown begins an orderly shutdown: of this node, or of another by its attribute.
func (b *backend) Shutdown(ctx context.Context, node crm.NodeName) error {
	if node == "" || node == b.cfg.Self.Name {
		b.mail.put(crmd.ShutdownWanted{Reason: "asked for over the api"})
		return nil
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	return b.SetAttribute(ctx, api.AttributeUpdate{Node: node, Name: "shutdown", Value: &now})
}

// Forget removes what the CIB knows of a node that is gone for good.
func (b *backend) Forget(ctx context.Context, node crm.NodeName) error {
	if id, ok := b.peerID(node); ok && b.heartbeats.Alive()[id] {
		return &api.RemoteError{ExitCode: 1, Message: fmt.Sprintf("node %s is alive: stop it first", node)}
	}
	c := cib.Command{ID: fmt.Sprintf("%s/%s/api/%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1)), Origin: b.cfg.Self.Name, Client: "crm_node", Now: time.Now(), Ops: []cib.Op{
		{Kind: cib.Delete, XPath: "/cib/configuration/nodes/node[@uname='" + string(node) + "']", Force: true},
		{Kind: cib.Delete, XPath: "/cib/status/node_state[@uname='" + string(node) + "']", Force: true}}}
	r, err := b.commit(ctx, c)
	if err == nil && r.ExitCode != 0 {
		err = &api.RemoteError{ExitCode: r.ExitCode, Message: r.Error}
	}
	return err
}

// ConfirmOff takes an operator's word that a node is off: agreement may go on without it,
// and what it ran may be recovered.
func (b *backend) ConfirmOff(ctx context.Context, node crm.NodeName, user string) error {
	id, ok := b.peerID(node)
	if !ok {
		return &api.RemoteError{ExitCode: exitUnknown, Message: fmt.Sprintf("node %q is not a member of the cluster", node)}
	}
	if b.heartbeats.Alive()[id] {
		return &api.RemoteError{ExitCode: 1, Message: fmt.Sprintf("node %s is not off: its heartbeats arrive", node)}
	}
	if err := b.agreement.Confirm(id, "operator "+user+" at "+time.Now().UTC().Format(time.RFC3339)); err != nil {
		b.log.Info("agreement needs no proof that the node is off", "node", node, "error", err)
	}
	p := crmd.Peer{ID: id, Name: node}
	path := "/cib/status/node_state[@id='" + p.UUID() + "']"
	c := cib.Command{ID: fmt.Sprintf("%s/%s/api/%d", b.cfg.Self.Name, b.commits.seed, b.requests.Add(1)), Origin: b.cfg.Self.Name, Client: "stonith_admin", Now: time.Now(), Ops: []cib.Op{
		{Kind: cib.Modify, Scope: cib.TagStatus, AllowCreate: true, Data: cib.New(cib.TagNodeState, cib.AttrID, p.UUID(), cib.AttrUname, string(node),
			"in_ccm", "false", "crmd", "offline", "crm-debug-origin", "send_stonith_update", "join", "down", "expected", "down")},
		{Kind: cib.Delete, XPath: path + "/lrm", Force: true}, {Kind: cib.Delete, XPath: path + "/transient_attributes", Force: true}}}
	c.Ops = append(c.Ops, fencing.ConfirmOps(b.replica.Current(), node, "fence-"+newSeed(), b.cfg.Self.Name, fencing.ClientOperator, c.Now)...)
	r, err := b.commit(ctx, c)
	if err == nil && r.ExitCode != 0 {
		err = &api.RemoteError{ExitCode: r.ExitCode, Message: r.Error}
	}
	return err
}

// Explain gives the DC's last transitions.
func (b *backend) Explain(ctx context.Context, which int) (list []api.Transition, err error) {
	err = b.atDC(ctx, "explain", strconv.Itoa(which), func() error {
		records, err := look(ctx, b.Daemon, (*crmd.Controller).Records)
		list = explain(records, which)
		return err
	}, &list)
	return list, err
}

// Agents lists the agents of this node. Without a class it lists classes.
func (b *backend) Agents(ctx context.Context, class, provider string) ([]string, error) {
	e := b.connected()
	if e == nil {
		return nil, &api.RemoteError{ExitCode: exitNotConnected, Message: "the executor (lrmd) cannot be reached"}
	}
	switch {
	case class == "":
		return e.Standards(ctx)
	case class == "ocf" && provider == "?":
		return e.Providers(ctx, "")
	}
	return e.Agents(ctx, class, provider)
}

// Metadata gives an agent's meta-data.
func (b *backend) Metadata(ctx context.Context, a lrmd.Agent) (string, error) {
	e := b.connected()
	if e == nil {
		return "", &api.RemoteError{ExitCode: exitNotConnected, Message: "the executor (lrmd) cannot be reached"}
	}
	text, err := e.Metadata(ctx, a)
	if err != nil {
		return "", &api.RemoteError{ExitCode: exitUnknown, Message: strings.TrimPrefix(err.Error(), "executor: ")}
	}
	return text, nil
}

// asked is a request that another controller answers.
type asked struct {
	What string `json:"what"`
	Arg  string `json:"arg"`
}

// atDC does something on the DC: here, when this node is it, else by asking it. The
// answer, if there is one, is decoded into out.
func (b *backend) atDC(ctx context.Context, what, arg string, here func() error, out ...any) error {
	leader := b.agreement.Status().Leader
	switch leader {
	case b.cfg.Self.ID:
		return here()
	case 0:
		return &api.RemoteError{ExitCode: exitNotConnected, Message: "there is no DC now: " + b.agreement.Status().QuorumReason}
	}
	payload, err := json.Marshal(asked{what, arg})
	if err != nil {
		return err
	}
	reply, err := b.agreement.Call(ctx, leader, callAsk, payload)
	if err != nil || len(out) == 0 {
		return err
	}
	return json.Unmarshal(reply, out[0])
}

// answerPeer answers what another node's api cannot know.
func (d *Daemon) answerPeer(ctx context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
	var q asked
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	switch q.What {
	case "recheck":
		d.mail.put(crmd.RecheckWanted{Reason: "asked for"})
		return nil, nil
	case "explain":
		which, err := strconv.Atoi(q.Arg)
		if err != nil {
			return nil, fmt.Errorf("question: %w", err)
		}
		records, err := look(ctx, d, (*crmd.Controller).Records)
		if err != nil {
			return nil, err
		}
		return json.Marshal(explain(records, which))
	}
	return nil, fmt.Errorf("question %q: unknown; is the other node newer than this one?", q.What)
}
