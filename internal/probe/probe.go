package probe

import (
	"context"
	"slices"
	"sync"
	"time"
)

// every is the pace of asking, patience how long one question waits for its answer.
const (
	every    = 10 * time.Millisecond
	patience = 500 * time.Millisecond
)

// Probe asks in the background until it is stopped.
type Probe struct {
	ask  func(ctx context.Context) (host string, err error)
	stop context.CancelFunc
	wait sync.WaitGroup

	mu      sync.Mutex // guards all following fields
	answers []answer
}

// answer is one reply: when it arrived, and which machine gave it.
type answer struct {
	at   time.Time
	host string
}

// Start begins to ask every 10 ms. ask makes a connection of its own and returns the
// name of the machine that answered.
func Start(ctx context.Context, ask func(ctx context.Context) (host string, err error)) *Probe {
	ctx, stop := context.WithCancel(ctx)
	p := &Probe{ask: ask, stop: stop}
	p.wait.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				p.wait.Go(func() { p.once(ctx) })
			}
		}
	})
	return p
}

// Stop ends the asking and waits for what is under way.
func (p *Probe) Stop() {
	p.stop()
	p.wait.Wait()
}

func (p *Probe) once(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, err := p.ask(ctx)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, answer{time.Now(), host})
}

// Answers counts the answers from a host ("" for any) since a time.
func (p *Probe) Answers(host string, since time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, a := range p.answers {
		if a.at.After(since) && (host == "" || a.host == host) {
			n++
		}
	}
	return n
}

// Last names the machine that answered last, "" when none did since the time.
func (p *Probe) Last(since time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.answers); n > 0 && p.answers[n-1].at.After(since) {
		return p.answers[n-1].host
	}
	return ""
}

// FirstFrom is when a machine other than not ("" for any) first answered after since;
// zero when none has.
func (p *Probe) FirstFrom(since time.Time, not string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.answers {
		if a.at.After(since) && (not == "" || a.host != not) {
			return a.at
		}
	}
	return time.Time{}
}

// LastFrom is when a machine last answered; zero when it never did.
func (p *Probe) LastFrom(host string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range slices.Backward(p.answers) {
		if a.host == host {
			return a.at
		}
	}
	return time.Time{}
}

// Steady reports whether the last n answers all came after since and from one machine.
func (p *Probe) Steady(since time.Time, n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) < n {
		return false
	}
	last := p.answers[len(p.answers)-n:]
	return last[0].at.After(since) && !slices.ContainsFunc(last, func(a answer) bool { return a.host != last[0].host })
}

// Outage is the longest time without an answer that ended after since.
func (p *Probe) Outage(since time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var longest time.Duration
	for i := 1; i < len(p.answers); i++ {
		if p.answers[i].at.After(since) {
			longest = max(longest, p.answers[i].at.Sub(p.answers[i-1].at))
		}
	}
	return longest
}
