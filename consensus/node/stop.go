package node

import (
	"context"
	"time"
)

// TransferLeadership hands leadership to another node, if this one has it, and returns
// when it is gone, nobody can take it, or ctx is done.
func (n *Node) TransferLeadership(ctx context.Context) {
	n.until(ctx, func(l *loop) { l.core.TransferLeadership() }, func(l *loop) bool { return !l.core.Leading() || l.core.Alone() })
}

// Leave takes this node out in order: leadership goes to another node, and a two-node
// peer is left with a majority of its own. Call it before Stop at an orderly shutdown;
// it returns when that is done or ctx is.
func (n *Node) Leave(ctx context.Context) {
	n.until(ctx, func(l *loop) { l.core.Leave() }, func(l *loop) bool { return l.core.Left() })
}

func (n *Node) until(ctx context.Context, begin func(*loop), done func(*loop) bool) {
	if n.do(ctx, func(l *loop) { l.input(func() { begin(l) }) }) != nil {
		return
	}
	t := time.NewTicker(n.cfg.Timing.Tick / 5)
	defer t.Stop()
	for {
		finished := make(chan bool, 1)
		if n.do(ctx, func(l *loop) { finished <- l.blocked != nil || done(l) }) != nil {
			return
		}
		select {
		case ok := <-finished:
			if ok {
				return
			}
		case <-n.stopped:
			return
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		case <-n.stopped:
			return
		}
	}
}

// Stop ends everything and waits for it. Without Leave before, it is like a crash.
func (n *Node) Stop() {
	n.once.Do(func() { close(n.stop) })
	<-n.stopped
}
