package membership

import (
	"testing"
	"time"
)

// TestNotBeingHeardIsNoticed: of a link that carries in one direction only, the node that
// is not heard knows before the other one takes it for dead.
func TestNotBeingHeardIsNoticed(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.run(time.Second, 2, 0)
	p.want("node up n2")
	heardUs := p.now.Add(-p.tm.Heartbeat)
	for p.now.Before(heardUs.Add(p.tm.Dead)) {
		p.now = p.now.Add(time.Millisecond)
		if p.now.Sub(heardUs)%p.tm.Heartbeat == 0 { // it is heard, and answers the same heartbeat again
			p.say(p.d.Heard(p.now, 2, 0, 7))
			p.say(p.d.Hears(p.now, 2, heardUs))
		}
		before := len(p.said)
		p.say(p.d.Tick(p.now))
		if len(p.said) > before && p.now.Sub(heardUs) != p.tm.Cut {
			t.Errorf("%s after %v, want it after %v", p.said[before], p.now.Sub(heardUs), p.tm.Cut)
		}
	}
	p.want("node deaf n2")
	p.say(p.d.Hears(p.now, 2, heardUs.Add(p.tm.Cut-time.Millisecond))) // on a line that comes and goes
	p.want()
	p.say(p.d.Hears(p.now, 2, p.now.Add(-time.Millisecond)))
	p.want("node hears n2")
}

// TestWhoWasLostIsDeafUntilItAnswers: two nodes lost each other, and what one sent reaches the
// other again. That it heard something in between is no proof that it hears now: its answer to
// what was sent since is.
func TestWhoWasLostIsDeafUntilItAnswers(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.run(time.Second, 2, 0)
	for range 4 {
		p.now = p.now.Add(p.tm.Dead / 3)
		p.say(p.d.Tick(p.now))
	}
	p.said = nil
	p.say(p.d.Heard(p.now, 2, 0, 7))
	p.want("node up n2", "node deaf n2")
	p.say(p.d.Hears(p.now, 2, p.now.Add(-time.Millisecond)))
	p.want()
	p.now = p.now.Add(p.tm.Heartbeat)
	p.say(p.d.Hears(p.now, 2, p.now.Add(-time.Millisecond)))
	p.want("node hears n2")

	p.now = p.now.Add(time.Millisecond)
	p.say(p.d.Left(p.now, 2, 7))
	p.said = nil
	p.say(p.d.Heard(p.now, 2, 0, 8)) // started anew: it has lost nobody
	p.want("node up n2")
}

// TestShortPausesAreAskedAbout: a node that was stopped for less than the dead time asks
// whether it is still heard before it counts as cut off; after a long one it does not wait.
func TestShortPausesAreAskedAbout(t *testing.T) {
	for _, c := range []struct {
		name       string
		pause      time.Duration
		atOnce     bool
		wakingUp   []string
		unanswered []string
	}{
		{"300 ms", 300 * time.Millisecond, false, nil, nil},
		{"450 ms", 450 * time.Millisecond, false, nil, []string{"node late n2", "node deaf n2"}},
		{"900 ms", 900 * time.Millisecond, false, []string{"self paused"}, []string{"node deaf n2"}},
		{"1.5 s", 1500 * time.Millisecond, true, []string{"self paused", "node deaf n2"}, nil},
		{"a minute", time.Minute, true, []string{"self paused", "node deaf n2"}, nil},
	} {
		p := newPlay(t, 1, 2)
		p.run(time.Second, 2, 0)
		p.said = nil
		p.now = p.now.Add(c.pause)
		p.say(p.d.Tick(p.now))
		p.say(p.d.Tick(p.now))
		p.want(c.wakingUp...)
		if !c.atOnce { // the answer comes
			p.say(p.d.Heard(p.now, 2, 0, 7))
			p.say(p.d.Hears(p.now, 2, p.now))
			p.now = p.now.Add(pauseGrace)
			p.say(p.d.Tick(p.now))
			p.want()
		}
		if c.unanswered != nil { // it does not come
			q := newPlay(t, 1, 2)
			q.run(time.Second, 2, 0)
			q.now = q.now.Add(c.pause)
			q.d.Tick(q.now)
			q.said = nil
			q.now = q.now.Add(pauseGrace)
			q.say(q.d.Tick(q.now))
			q.want(c.unanswered...)
		}
	}
}
