package daemon

import (
	"sync"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
)

// keptEvents is how many events a late subscriber can still read.
const keptEvents = 256

// stream is the event stream: every subscriber gets every event, unless it is too slow.
type stream struct {
	mu   sync.Mutex // guards all following fields
	seq  uint64
	kept []api.Event
	subs map[chan api.Event]bool
}

func newStream() *stream { return &stream{subs: map[chan api.Event]bool{}} }

func (s *stream) publish(n crmd.Notice, v cib.Version) {
	if n.Kind == "" || n.Level == crmd.Debug {
		return
	}
	text := n.Text
	for i := 0; i+1 < len(n.Keys); i += 2 {
		if k := n.Keys[i]; k != "node" && k != "resource" && n.Keys[i+1] != "" {
			text += " " + k + "=" + n.Keys[i+1]
		}
	}
	s.add(api.Event{At: time.Now(), Kind: n.Kind, Node: n.Node, Resource: n.Resource, Message: text, CIBVersion: v.String()})
}

func (s *stream) add(e api.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	e.Seq = s.seq
	if s.kept = append(s.kept, e); len(s.kept) > 2*keptEvents {
		s.kept = append([]api.Event(nil), s.kept[len(s.kept)-keptEvents:]...)
	}
	for sub := range s.subs {
		select {
		case sub <- e:
		default: // too slow: it is closed, and comes again with the last number it saw
			delete(s.subs, sub)
			close(sub)
		}
	}
}

// subscribe gives the kept events after a sequence number and then new ones. The channel
// is closed when the subscriber is too slow.
func (s *stream) subscribe(after uint64) (old []api.Event, events <-chan api.Event, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.kept {
		if after > 0 && e.Seq > after {
			old = append(old, e)
		}
	}
	sub := make(chan api.Event, 128)
	s.subs[sub] = true
	return old, sub, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.subs[sub] {
			delete(s.subs, sub)
			close(sub)
		}
	}
}
