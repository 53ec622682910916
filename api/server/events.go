package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/api"
)

// keepAlive is how often a quiet event stream shows that it lives.
const keepAlive = 30 * time.Second

// getEvents is the event stream: server-sent events, each an api.Event. A client that
// comes back with Last-Event-ID (or ?after=) gets what it missed, as far as it is kept.
func (s *server) getEvents(w http.ResponseWriter, r *http.Request) error {
	flush, ok := w.(http.Flusher)
	if !ok {
		return fmt.Errorf("event stream: the connection cannot be flushed")
	}
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	after, _ := strconv.ParseUint(text, 10, 64)
	old, events, cancel := s.backend.Subscribe(after)
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	for _, e := range old {
		if writeEvent(w, e) != nil {
			return nil
		}
	}
	flush.Flush()
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": alive\n\n"); err != nil {
				return nil
			}
		case e, more := <-events:
			if !more || writeEvent(w, e) != nil {
				return nil
			}
		}
		flush.Flush()
	}
}

func writeEvent(w http.ResponseWriter, e api.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Kind, data)
	return err
}
