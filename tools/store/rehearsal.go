package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

// Rehearsal is a store that stands before another one: what is asked of it is read from
// there, what is changed is changed on paper only. Requests to the running cluster that
// would change something never reach it either; one that cannot be rehearsed is refused.
type Rehearsal struct {
	real    Store
	options whatif.Options
	plan    *whatif.Rehearsal // nil: nothing was read yet
	snap    *cib.Snapshot     // the CIB of plan
	dirty   bool              // something changed since the last answer
	client  *api.Client
}

// Rehearse makes a rehearsal before a store.
func Rehearse(real Store, options whatif.Options) *Rehearsal {
	r := &Rehearsal{real: real, options: options}
	if real.Live() {
		r.client = api.NewClientOver(r)
	}
	return r
}

// CIB is the CIB as it would be.
func (r *Rehearsal) CIB(ctx context.Context) (*cib.Snapshot, error) {
	if r.snap != nil {
		return r.snap, nil
	}
	if r.plan == nil {
		snap, err := r.real.CIB(ctx)
		if err != nil {
			return nil, err
		}
		r.plan, r.snap = whatif.Begin(snap.Root(), r.options), snap
		return snap, nil
	}
	snap, err := cib.NewSnapshot(r.plan.Root())
	r.snap = snap
	return snap, err
}

// Change changes the CIB on paper; it is refused for the reasons for which the store
// would refuse it.
func (r *Rehearsal) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	reply, err := r.change(ctx, req)
	return told(reply, err)
}

func (r *Rehearsal) change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	s, err := r.CIB(ctx)
	if err != nil {
		return api.CIBReply{}, err
	}
	next, reply, err := workOut(s, req)
	if err == nil && next != nil && !req.DryRun {
		r.plan.Change(next.Root())
		r.snap, r.dirty = next, true
	}
	return reply, err
}

// Live is what the real store is.
func (r *Rehearsal) Live() bool { return r.real.Live() }

// API asks the running cluster; what would change it is rehearsed.
func (r *Rehearsal) API() *api.Client { return r.client }

// Dirty reports whether something was changed since the last answer.
func (r *Rehearsal) Dirty() bool { return r.dirty }

// Settle lets the cluster on paper do what it has to, and noticing take a while.
func (r *Rehearsal) Settle(ctx context.Context, notice time.Duration) error {
	if _, err := r.CIB(ctx); err != nil {
		return err
	}
	r.plan.Settle()
	r.plan.Wait(notice)
	r.snap = nil
	return nil
}

// Answer tells what the changes since the last answer do. The rehearsal then goes on from
// there.
func (r *Rehearsal) Answer(ctx context.Context) (whatif.Answer, error) {
	if _, err := r.CIB(ctx); err != nil {
		return whatif.Answer{}, err
	}
	a := r.plan.Answer()
	a.MarkAnyway(r.plan.Unchanged())
	r.plan = r.plan.Next()
	r.snap, r.dirty = nil, false
	return a, nil
}

// Lose tells what the sudden loss of nodes does, once everything else is done. Nothing of
// it happens to the rehearsal.
func (r *Rehearsal) Lose(ctx context.Context, nodes []crm.NodeName) (whatif.Loss, error) {
	if _, err := r.CIB(ctx); err != nil {
		return whatif.Loss{}, err
	}
	return r.plan.Next().Lose(nodes)
}

// LoseEach tells what the sudden loss of each single node does.
func (r *Rehearsal) LoseEach(ctx context.Context) (whatif.Survival, error) {
	if _, err := r.CIB(ctx); err != nil {
		return whatif.Survival{}, err
	}
	return r.plan.LoseEach()
}

// Join lets a node come back: cluster start is no request to a daemon, there is none yet.
func (r *Rehearsal) Join(ctx context.Context, node crm.NodeName) error {
	if _, err := r.CIB(ctx); err != nil {
		return err
	}
	r.plan.Join(node)
	r.changed()
	return nil
}

func (r *Rehearsal) changed() { r.snap, r.dirty = nil, true }

// RoundTrip answers a request to crmd: what only asks goes to crmd, what changes something
// happens on paper.
func (r *Rehearsal) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.Method == http.MethodGet && req.URL.Path != "/v1/cib" {
		body, header, err := r.real.API().Text(ctx, req.URL.Path, req.URL.Query())
		return response(req, body, header, err), nil
	}
	body, err := r.rehearse(ctx, req)
	return response(req, body, nil, err), nil
}

// rehearse carries out a request on paper.
func (r *Rehearsal) rehearse(ctx context.Context, req *http.Request) ([]byte, error) {
	var data []byte
	if req.Body != nil {
		var err error
		if data, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	snap, err := r.CIB(ctx)
	if err != nil {
		return nil, err
	}
	node := crm.NodeName(req.URL.Query().Get("node"))
	switch req.URL.Path {
	case "/v1/cib":
		if req.Method == http.MethodGet {
			return snap.XML(), nil
		}
		var in api.CIBRequest
		if err := json.Unmarshal(data, &in); err != nil {
			return nil, err
		}
		reply, _ := r.Change(ctx, in)
		return json.Marshal(reply)
	case "/v1/attributes":
		err = r.attribute(ctx, data)
	case "/v1/cleanup":
		return r.cleanup(data)
	case "/v1/shutdown":
		err = r.leave(ctx)
	case "/v1/confirm-off":
		err = r.plan.ConfirmOff(node)
	case "/v1/fencing":
		return r.fence(req.Method, data)
	case "/v1/forget":
		r.plan.Remove(node)
	case "/v1/recheck":
	default:
		return nil, fmt.Errorf("dry run: %s %s cannot be rehearsed; nothing was changed", req.Method, req.URL.Path)
	}
	if err != nil {
		return nil, err
	}
	r.changed()
	return []byte("{}"), nil
}

func (r *Rehearsal) attribute(ctx context.Context, data []byte) error {
	var in api.AttributeUpdate
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Pattern || in.Private || in.Value != nil && (strings.HasSuffix(*in.Value, "++") || strings.Contains(*in.Value, "+=")) {
		return fmt.Errorf("dry run: attribute %s: patterns, private attributes and counting cannot be rehearsed; nothing was changed", in.Name)
	}
	if in.Node == "" {
		st, err := r.real.API().Status(ctx)
		if err != nil {
			return err
		}
		in.Node = st.Node
	}
	return r.plan.SetAttribute(in.Node, in.Name, in.Value)
}

// fence lets the cluster on paper fence a node, as if it had decided so itself. Of the
// history nothing is changed.
func (r *Rehearsal) fence(method string, data []byte) ([]byte, error) {
	if method != http.MethodPost {
		return json.Marshal(api.FenceCleanup{})
	}
	var in api.FenceRequest
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	if in.Action != "on" {
		wanted := "true"
		if err := r.plan.SetAttribute(in.Target, "terminate", &wanted); err != nil {
			return nil, err
		}
		r.changed()
	}
	return json.Marshal(api.FenceEvent{Target: in.Target, Action: in.Action, Status: "success"})
}

func (r *Rehearsal) cleanup(data []byte) ([]byte, error) {
	var in api.Cleanup
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	cleaned, err := r.plan.Cleanup(in.Resource, in.Node, in.Refresh)
	if err != nil {
		return nil, err
	}
	r.changed()
	reply := api.CleanupReply{}
	for _, c := range cleaned {
		reply.Cleaned = append(reply.Cleaned, api.CleanedUp{Resource: c.Resource, Node: c.Node})
	}
	return json.Marshal(reply)
}

// leave is what cluster stop asks of the node that is asked.
func (r *Rehearsal) leave(ctx context.Context) error {
	st, err := r.real.API().Status(ctx)
	if err != nil {
		return err
	}
	return r.plan.Leave(st.Node)
}

// response is what crmd's server would send.
func response(req *http.Request, body []byte, header http.Header, err error) *http.Response {
	code := http.StatusOK
	if err != nil {
		code = http.StatusConflict
		body, _ = json.Marshal(api.Error{ExitCode: ExitCode(err), Message: err.Error()})
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Header: header, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(string(body)))}
}

// Detection is how long the loss of a node goes unnoticed.
func (r *Rehearsal) Detection() time.Duration { return r.options.Detection }
