package membership

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// play drives a detector by a virtual clock and collects what it says.
type play struct {
	t    *testing.T
	d    *Detector
	now  time.Time
	tm   Timing
	said []string
}

func newPlay(t *testing.T, links int, peers ...crm.NodeID) *play {
	p := &play{t: t, now: time.Unix(1000, 0), tm: TimingFromToken(time.Second, 50, "test")}
	var nodes []Node
	for _, id := range peers {
		nodes = append(nodes, Node{Name: crm.NodeName("n" + string(rune('0'+id))), ID: id})
	}
	p.d = NewDetector(nodes, links, p.tm, p.now)
	return p
}

func (p *play) say(events []Event) {
	for _, e := range events {
		s := e.Kind.String()
		if e.Node != "" {
			s += " " + string(e.Node)
		}
		if e.Kind == LinkDown || e.Kind == LinkUp {
			s += string(rune('0' + e.Link))
		}
		if e.Left {
			s += " left"
		}
		p.said = append(p.said, s)
	}
}

// heard is a heartbeat that answers the one we sent an interval ago.
func (p *play) heard(id crm.NodeID, link int, boot uint64) {
	p.say(p.d.Heard(p.now, id, link, boot))
	p.say(p.d.Hears(p.now, id, p.now.Add(-p.tm.Heartbeat)))
}

// run lets time pass in steps of a heartbeat, with heartbeats of boot 7 on the links.
func (p *play) run(d time.Duration, id crm.NodeID, links ...int) {
	for end := p.now.Add(d); p.now.Before(end); {
		p.now = p.now.Add(p.tm.Heartbeat)
		for _, l := range links {
			p.heard(id, l, 7)
		}
		p.say(p.d.Tick(p.now))
	}
}

func (p *play) want(want ...string) {
	p.t.Helper()
	if got, want := strings.Join(p.said, ", "), strings.Join(want, ", "); got != want {
		p.t.Errorf("events %q, want %q", got, want)
	}
	p.said = nil
}

func TestSilenceOnAllLinksIsDeath(t *testing.T) {
	p := newPlay(t, 2, 2)
	p.run(time.Second, 2, 0, 1)
	p.want("node up n2", "link up n21")
	p.run(800*time.Millisecond, 2)
	p.want("node late n2", "node deaf n2")
	p.run(400*time.Millisecond, 2)
	p.want("node down n2")
	p.run(5*time.Second, 2)
	p.want()
	p.run(time.Second, 2, 1)
	p.want("node up n2", "node deaf n2", "node hears n2")
}

func TestOneLinkCutMovesNothing(t *testing.T) {
	p := newPlay(t, 2, 2)
	p.run(time.Second, 2, 0, 1)
	p.want("node up n2", "link up n21")
	p.run(10*time.Second, 2, 1)
	p.want("link down n20")
	p.run(time.Second, 2, 0, 1)
	p.want("link up n20")
}

func TestPauseOfThisNodeAccusesNobody(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.run(time.Second, 2, 0)
	p.want("node up n2")
	p.now = p.now.Add(7 * time.Second)
	p.say(p.d.Tick(p.now))
	p.want("self paused")
	p.run(600*time.Millisecond, 2)
	p.want("node deaf n2", "node late n2")
	p.run(200*time.Millisecond, 2, 0)
	p.want("node hears n2")
	// A peer that really died during the pause is found one deadline later.
	p.now = p.now.Add(7 * time.Second)
	p.say(p.d.Tick(p.now))
	p.run(1200*time.Millisecond, 2)
	p.want("self paused", "node deaf n2", "node late n2", "node down n2")
}

func TestFastRestartIsDownAndUp(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.heard(2, 0, 7)
	p.heard(2, 0, 8)
	p.want("node up n2", "node down n2", "node up n2")
}

func TestGoodbyeIsDownAtOnce(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.heard(2, 0, 7)
	p.say(p.d.Left(p.now, 2, 6)) // of an earlier boot: late, and wrong by now
	p.want("node up n2")
	p.say(p.d.Left(p.now, 2, 7))
	p.say(p.d.Left(p.now, 2, 7))
	p.want("node down n2 left")
}

func TestNeverSeenIsDownAfterInitDead(t *testing.T) {
	p := newPlay(t, 1, 2, 3)
	p.run(2*time.Second, 2, 0)
	p.want("node up n2")
	p.run(1200*time.Millisecond, 2, 0)
	p.want("node down n3")
}

func TestNextIsWhenSomeoneFallsSilent(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.heard(2, 0, 7)
	if got, want := p.d.Next(), p.now.Add(p.tm.Warn); !got.Equal(want) {
		t.Errorf("Next() = %v, want %v", got, want)
	}
	p.now = p.now.Add(400 * time.Millisecond)
	p.say(p.d.Tick(p.now))
	p.now = p.now.Add(200 * time.Millisecond)
	p.say(p.d.Tick(p.now))
	if got, want := p.d.Next(), p.now.Add(p.tm.Cut-600*time.Millisecond); !got.Equal(want) {
		t.Errorf("Next() after late = %v, want %v, when it counts as deaf", got, want)
	}
	p.say(p.d.Hears(p.now, 2, p.now))
	if got, want := p.d.Next(), p.now.Add(400*time.Millisecond); !got.Equal(want) {
		t.Errorf("Next() after late = %v, want %v", got, want)
	}
	p.say(p.d.Left(p.now, 2, 7))
	if !p.d.Next().IsZero() {
		t.Error("Next() with nobody up: want zero")
	}
}

func TestStrangersAreIgnored(t *testing.T) {
	p := newPlay(t, 1, 2)
	p.heard(9, 0, 7)
	p.heard(2, 5, 7)
	p.want()
	if p.d.Up(9) || p.d.Up(2) || p.d.LinkUp(2, 5) {
		t.Error("a stranger or a link that is not there counts as up")
	}
}
