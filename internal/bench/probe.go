package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// probe asks the VIP every 10 ms and remembers when who answered.
type probe struct {
	stop context.CancelFunc
	wait sync.WaitGroup

	mu      sync.Mutex // guards all following fields
	answers []reply
}

type reply struct {
	at   time.Time
	host string
}

func startProbe(ctx context.Context) *probe {
	ctx, stop := context.WithCancel(ctx)
	p := &probe{stop: stop}
	p.wait.Add(1)
	go func() {
		defer p.wait.Done()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				p.wait.Add(1)
				go p.ask(ctx)
			}
		}
	}()
	return p
}

func (p *probe) end() {
	p.stop()
	p.wait.Wait()
}

func (p *probe) ask(ctx context.Context) {
	defer p.wait.Done()
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	host, err := visit(ctx)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, reply{time.Now(), host})
}

// firstFrom is when a host other than not ("" for any) first answered after since;
// zero when none has.
func (p *probe) firstFrom(since time.Time, not string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.answers {
		if a.at.After(since) && (not == "" || a.host != not) {
			return a.at
		}
	}
	return time.Time{}
}

// steady reports whether the last answers, at least n since the time, came from one host.
func (p *probe) steady(since time.Time, n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) < n {
		return false
	}
	last := p.answers[len(p.answers)-n:]
	return last[0].at.After(since) && !slices.ContainsFunc(last, func(a reply) bool { return a.host != last[0].host })
}

// gap is the longest time without an answer that ended after since.
func (p *probe) gap(since time.Time) time.Duration {
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
