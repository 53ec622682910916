package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// Backend is what the routes need of the daemon. Every method that may block ends with
// its context. An error that is an *api.RemoteError decides the exit code of tools.
type Backend interface {
	// CIB is this node's copy. Stale says why it is not the cluster's; "" when it is.
	CIB(ctx context.Context) (snap *cib.Snapshot, stale string)
	Change(ctx context.Context, req api.CIBRequest, user string) (api.CIBReply, error)
	Status(ctx context.Context) (api.Status, error)
	Subscribe(after uint64) (old []api.Event, events <-chan api.Event, cancel func())
	SetAttribute(ctx context.Context, u api.AttributeUpdate) error
	Attributes(ctx context.Context, name string, node crm.NodeName) ([]api.Attribute, error)
	Cleanup(ctx context.Context, req api.Cleanup) (api.CleanupReply, error)
	Fail(ctx context.Context, req api.FailRequest) error
	Recheck(ctx context.Context) error
	Shutdown(ctx context.Context, node crm.NodeName) error
	Forget(ctx context.Context, node crm.NodeName) error
	ConfirmOff(ctx context.Context, node crm.NodeName, user string) error
	// TakeOver only tells what it would do when phrase is not api.TakeOverPhrase.
	TakeOver(ctx context.Context, phrase, user string) (api.TakeOver, error)
	Fencing(ctx context.Context) (api.Fencing, error)
	// Fence writes a request down and returns it as it is on record; it does not wait for its end.
	Fence(ctx context.Context, req api.FenceRequest, user string) (api.FenceEvent, error)
	FenceEvent(ctx context.Context, id string) (api.FenceEvent, error)
	CleanFencing(ctx context.Context, node crm.NodeName) (api.FenceCleanup, error)
	Timing() api.Timing
	Explain(ctx context.Context, transition int) ([]api.Transition, error)
	Agents(ctx context.Context, class, provider string) ([]string, error)
	Metadata(ctx context.Context, agent lrmd.Agent) (string, error)
	Metrics() http.Handler
}

// Access says what a caller may do.
type Access uint8

// The levels of access. Anonymous callers get nothing.
const (
	Nothing Access = iota
	ReadOnly
	Full
)

// Caller is who asks.
type Caller struct {
	User   string
	Access Access
}

type callerKey struct{}

// WithCaller notes who asks on a connection.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// route is one line of the table that the OpenAPI description must match.
type route struct {
	method, path string
	access       Access
	handle       func(s *server, w http.ResponseWriter, r *http.Request) error
}

var routes = []route{
	{"GET", "/v1/cib", ReadOnly, (*server).getCIB},
	{"POST", "/v1/cib", Full, (*server).postCIB},
	{"GET", "/v1/status", ReadOnly, (*server).getStatus},
	{"GET", "/v1/events", ReadOnly, (*server).getEvents},
	{"GET", "/v1/attributes", ReadOnly, (*server).getAttributes},
	{"POST", "/v1/attributes", Full, (*server).postAttributes},
	{"POST", "/v1/cleanup", Full, (*server).postCleanup},
	{"POST", "/v1/fail", Full, (*server).postFail},
	{"POST", "/v1/recheck", Full, (*server).postRecheck},
	{"POST", "/v1/shutdown", Full, (*server).postShutdown},
	{"POST", "/v1/forget", Full, (*server).postForget},
	{"POST", "/v1/confirm-off", Full, (*server).postConfirmOff},
	{"POST", "/v1/take-over", Full, (*server).postTakeOver},
	{"GET", "/v1/fencing", ReadOnly, (*server).getFencing},
	{"POST", "/v1/fencing", Full, (*server).postFencing},
	{"DELETE", "/v1/fencing", Full, (*server).deleteFencing},
	{"GET", "/v1/fencing/request", ReadOnly, (*server).getFenceEvent},
	{"GET", "/v1/timing", ReadOnly, (*server).getTiming},
	{"GET", "/v1/explain", ReadOnly, (*server).getExplain},
	{"GET", "/v1/agents", ReadOnly, (*server).getAgents},
	{"GET", "/v1/metadata", ReadOnly, (*server).getMetadata},
	{"GET", "/metrics", ReadOnly, (*server).getMetrics},
}

// maxBody bounds what a caller may send: a CIB of tens of megabytes is beyond any cluster.
const maxBody = 64 << 20

type server struct{ backend Backend }

// New makes the handler of all routes.
func New(b Backend) http.Handler {
	s := &server{b}
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) {
			if c := callerOf(r.Context()); c.Access < rt.access {
				refuse(w, http.StatusForbidden, 4, fmt.Sprintf("user %s may not do this: it takes root, or a member of group haclient", c.User))
				return
			}
			if err := takeBody(w, r); err != nil {
				fail(w, errBad{"request body: " + err.Error()})
				return
			}
			if err := rt.handle(s, w, r); err != nil {
				fail(w, err)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, 3, r.Method+" "+r.URL.Path+": crmd has no such route")
	})
	return mux
}

// bodyTime is how long a client may take to send its request.
const bodyTime = 30 * time.Second

// takeBody reads the whole request before anything is done for it, in bounded time and space.
func takeBody(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet {
		return nil
	}
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTime)) // a test's stand-in has no deadlines
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		w.Header().Set("Connection", "close") // and the deadline stays: the rest is not waited for
		return err
	}
	_ = conn.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// errBad is a request that cannot be understood.
type errBad struct{ msg string }

func (e errBad) Error() string { return e.msg }

// fail answers with an error.
func fail(w http.ResponseWriter, err error) {
	var remote *api.RemoteError
	var bad errBad
	switch {
	case errors.As(err, &remote):
		refuse(w, http.StatusConflict, remote.ExitCode, remote.Message)
	case errors.As(err, &bad):
		refuse(w, http.StatusBadRequest, 64, bad.msg)
	case errors.Is(err, context.DeadlineExceeded):
		refuse(w, http.StatusGatewayTimeout, 124, "no answer in time: is there a DC, and a quorum?")
	case errors.Is(err, context.Canceled):
		refuse(w, http.StatusServiceUnavailable, 102, err.Error())
	default:
		refuse(w, http.StatusInternalServerError, 1, err.Error())
	}
}

func refuse(w http.ResponseWriter, status, exit int, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(api.Error{ExitCode: exit, Message: msg})
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	if err := d.Decode(into); err != nil {
		return errBad{"request body: " + err.Error()}
	}
	return nil
}

func (s *server) getCIB(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := bounded(r)
	defer cancel()
	snap, stale := s.backend.CIB(ctx)
	scope, xpath := r.URL.Query().Get("scope"), r.URL.Query().Get("xpath")
	var body []byte
	switch {
	case xpath != "":
		list, err := snap.XPath(xpath)
		switch {
		case err != nil:
			return errBad{err.Error()}
		case len(list) == 0:
			return &api.RemoteError{ExitCode: 105, Message: "nothing in the CIB matches " + xpath}
		case len(list) == 1:
			body = list[0].XML()
		default:
			body = cib.New(cib.TagXPathQuery).WithChildren(list...).XML()
		}
	case scope != "" && scope != "all":
		e := snap.Section(scope)
		if e == nil {
			return &api.RemoteError{ExitCode: 105, Message: "the CIB has no section " + scope}
		}
		body = e.XML()
	default:
		body = snap.Root().XML()
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Cib-Version", snap.Version().String())
	if stale != "" {
		w.Header().Set(api.StaleHeader, stale)
	}
	_, err := w.Write(body)
	return err
}

func (s *server) postCIB(w http.ResponseWriter, r *http.Request) error {
	var req api.CIBRequest
	if err := read(r, &req); err != nil {
		return err
	}
	if len(req.Ops) == 0 {
		return errBad{"ops: no operation given"}
	}
	ctx, cancel := bounded(r)
	defer cancel()
	reply, err := s.backend.Change(ctx, req, callerOf(r.Context()).User)
	if err != nil {
		return err
	}
	return answer(w, reply)
}

// bounded gives a request its deadline: the caller's, in milliseconds, as header
// X-Timeout-Ms, and never more than api.DefaultTimeout.
func bounded(r *http.Request) (context.Context, context.CancelFunc) {
	limit := api.DefaultTimeout - time.Second
	if ms, err := strconv.Atoi(r.Header.Get("X-Timeout-Ms")); err == nil && ms > 0 {
		limit = min(limit, time.Duration(ms)*time.Millisecond)
	}
	return context.WithTimeout(r.Context(), limit)
}

func (s *server) getStatus(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := bounded(r)
	defer cancel()
	status, err := s.backend.Status(ctx)
	if err != nil {
		return err
	}
	return answer(w, status)
}

func (s *server) getAttributes(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := bounded(r)
	defer cancel()
	q := r.URL.Query()
	list, err := s.backend.Attributes(ctx, q.Get("name"), crm.NodeName(q.Get("node")))
	return answerList(w, list, err)
}

// answerList answers with a list, which is never null.
func answerList[T any](w http.ResponseWriter, list []T, err error) error {
	if err != nil {
		return err
	}
	if list == nil {
		list = []T{}
	}
	return answer(w, list)
}

func (s *server) postAttributes(w http.ResponseWriter, r *http.Request) error {
	var u api.AttributeUpdate
	if err := read(r, &u); err != nil {
		return err
	}
	if u.Name == "" {
		return errBad{"name: no attribute given"}
	}
	return s.plain(w, r, func(ctx context.Context) error { return s.backend.SetAttribute(ctx, u) })
}

// plain does something that has no answer but success.
func (s *server) plain(w http.ResponseWriter, r *http.Request, do func(context.Context) error) error {
	ctx, cancel := bounded(r)
	defer cancel()
	if err := do(ctx); err != nil {
		return err
	}
	return answer(w, struct{}{})
}

func (s *server) postCleanup(w http.ResponseWriter, r *http.Request) error {
	var req api.Cleanup
	if err := read(r, &req); err != nil {
		return err
	}
	ctx, cancel := bounded(r)
	defer cancel()
	reply, err := s.backend.Cleanup(ctx, req)
	if err != nil {
		return err
	}
	if reply.Cleaned == nil {
		reply.Cleaned = []api.CleanedUp{}
	}
	return answer(w, reply)
}

func (s *server) postFail(w http.ResponseWriter, r *http.Request) error {
	var req api.FailRequest
	if err := read(r, &req); err != nil {
		return err
	}
	if req.Resource == "" {
		return errBad{"resource: none given"}
	}
	return s.plain(w, r, func(ctx context.Context) error { return s.backend.Fail(ctx, req) })
}

func (s *server) postRecheck(w http.ResponseWriter, r *http.Request) error {
	return s.plain(w, r, s.backend.Recheck)
}

func nodeOf(r *http.Request) crm.NodeName { return crm.NodeName(r.URL.Query().Get("node")) }

func (s *server) postShutdown(w http.ResponseWriter, r *http.Request) error {
	return s.plain(w, r, func(ctx context.Context) error { return s.backend.Shutdown(ctx, nodeOf(r)) })
}

func (s *server) postForget(w http.ResponseWriter, r *http.Request) error {
	if nodeOf(r) == "" {
		return errBad{"node: none given"}
	}
	return s.plain(w, r, func(ctx context.Context) error { return s.backend.Forget(ctx, nodeOf(r)) })
}

func (s *server) postConfirmOff(w http.ResponseWriter, r *http.Request) error {
	if nodeOf(r) == "" {
		return errBad{"node: none given"}
	}
	return s.plain(w, r, func(ctx context.Context) error {
		return s.backend.ConfirmOff(ctx, nodeOf(r), callerOf(r.Context()).User)
	})
}

func (s *server) postTakeOver(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := bounded(r)
	defer cancel()
	t, err := s.backend.TakeOver(ctx, r.URL.Query().Get("confirm"), callerOf(r.Context()).User)
	if err != nil {
		return err
	}
	return answer(w, t)
}

func (s *server) getTiming(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, s.backend.Timing())
}

func (s *server) getExplain(w http.ResponseWriter, r *http.Request) error {
	which := -1
	if text := r.URL.Query().Get("transition"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return errBad{"transition: " + strconv.Quote(text) + " is not the number of a transition"}
		}
		which = n
	}
	ctx, cancel := bounded(r)
	defer cancel()
	list, err := s.backend.Explain(ctx, which)
	return answerList(w, list, err)
}

func (s *server) getAgents(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := bounded(r)
	defer cancel()
	names, err := s.backend.Agents(ctx, r.URL.Query().Get("class"), r.URL.Query().Get("provider"))
	return answerList(w, names, err)
}

func (s *server) getMetadata(w http.ResponseWriter, r *http.Request) error {
	a, err := parseAgent(r.URL.Query().Get("agent"))
	if err != nil {
		return err
	}
	ctx, cancel := bounded(r)
	defer cancel()
	text, err := s.backend.Metadata(ctx, a)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	_, err = w.Write([]byte(text))
	return err
}

func (s *server) getMetrics(w http.ResponseWriter, r *http.Request) error {
	s.backend.Metrics().ServeHTTP(w, r)
	return nil
}
