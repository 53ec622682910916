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

// cibChanged tells live subscribers that there is a newer CIB. One who has not yet read the
// last news needs no further: such events are not kept, and their number is that of the
// event before.
func (s *stream) cibChanged(v cib.Version, configuration bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.subs) == 0 {
		return
	}
	what := "the status changed"
	if configuration {
		what = "the configuration changed"
	}
	e := api.Event{Seq: s.seq, At: time.Now(), Kind: "cib", Message: what, CIBVersion: v.String()}
	for sub := range s.subs {
		if configuration || len(sub) == 0 {
			select {
			case sub <- e:
			default:
			}
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
