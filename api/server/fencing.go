package server

import (
	"context"
	"net/http"
	"slices"

	"github.com/tactus-ha/tactus/api"
)

// fenceActions are what may be asked to be done to a node.
var fenceActions = []string{"off", "reboot", "on"}

func (s *server) getFencing(w http.ResponseWriter, r *http.Request) error {
	return answerWith(w, r, s.backend.Fencing)
}

// answerWith answers with what is asked of the backend.
func answerWith[T any](w http.ResponseWriter, r *http.Request, ask func(context.Context) (T, error)) error {
	ctx, cancel := bounded(r)
	defer cancel()
	v, err := ask(ctx)
	if err != nil {
		return err
	}
	return answer(w, v)
}

func (s *server) postFencing(w http.ResponseWriter, r *http.Request) error {
	var req api.FenceRequest
	if err := read(r, &req); err != nil {
		return err
	}
	switch {
	case req.Target == "":
		return errBad{"target: no node given"}
	case !slices.Contains(fenceActions, req.Action):
		return errBad{"action: want off, reboot or on"}
	case req.Timeout < 0 || req.Tolerance < 0:
		return errBad{"timeout, tolerance: want no negative time"}
	}
	return answerWith(w, r, func(ctx context.Context) (api.FenceEvent, error) {
		return s.backend.Fence(ctx, req, callerOf(r.Context()).User)
	})
}

func (s *server) getFenceEvent(w http.ResponseWriter, r *http.Request) error {
	id := r.URL.Query().Get("id")
	if id == "" {
		return errBad{"id: no request given"}
	}
	return answerWith(w, r, func(ctx context.Context) (api.FenceEvent, error) { return s.backend.FenceEvent(ctx, id) })
}

func (s *server) deleteFencing(w http.ResponseWriter, r *http.Request) error {
	return answerWith(w, r, func(ctx context.Context) (api.FenceCleanup, error) { return s.backend.CleanFencing(ctx, nodeOf(r)) })
}
