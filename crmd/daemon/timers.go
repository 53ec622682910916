package daemon

import (
	"time"

	"github.com/tactus-ha/tactus/crmd"
)

// timers are the controller's; only the loop uses them.
type timers struct {
	mail    *mailbox
	pending map[string]*armed
}

type armed struct {
	timer *time.Timer
	at    time.Time
}

// fired is what a timer puts into the mailbox; one that was armed anew meanwhile is stale.
type fired struct {
	name string
	by   *armed
}

func newTimers(mail *mailbox) *timers { return &timers{mail, map[string]*armed{}} }

func (t *timers) arm(a crmd.Arm) {
	old := t.pending[a.Name]
	if old != nil {
		if old.at.Equal(a.At) {
			return
		}
		old.timer.Stop()
		delete(t.pending, a.Name)
	}
	if a.At.IsZero() {
		return
	}
	n := &armed{at: a.At}
	n.timer = time.AfterFunc(time.Until(a.At), func() { t.mail.put(fired{a.Name, n}) })
	t.pending[a.Name] = n
}

// due reports whether a timer that fired is still the one that was armed.
func (t *timers) due(f fired) bool {
	if t.pending[f.name] != f.by {
		return false
	}
	delete(t.pending, f.name)
	return true
}

func (t *timers) stop() {
	for _, a := range t.pending {
		a.timer.Stop()
	}
}
