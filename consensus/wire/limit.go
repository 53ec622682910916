package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// limiter lets the same thing be said once a minute.
type limiter struct {
	mu   sync.Mutex // guards all following fields
	last map[string]time.Time
}

func (l *limiter) allow(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if t, ok := l.last[what]; ok && now.Sub(t) < time.Minute {
		return false
	}
	if l.last == nil || len(l.last) > 1000 { // strangers cannot make it grow
		l.last = map[string]time.Time{}
	}
	l.last[what] = now
	return true
}

// noteRefusal says, once a minute, that a peer is there but is not the one we want: a
// wrong key or cluster name. A peer that is just not there is membership's business.
func (w *Wire) noteRefusal(name crm.NodeName, addr string, err error) {
	var op *net.OpError
	if err == nil || ordinary(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		(errors.As(err, &op) && op.Op != "remote error" && op.Op != "local error") {
		return
	}
	if w.quiet.allow("refused " + addr) {
		w.cfg.Log.Warn("peer refused: check that key and cluster name are the same on both", "node", name, "address", addr, "why", err)
	}
}
