package daemon

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd/lease"
	"github.com/tactus-ha/tactus/membership"
)

// parted is a node of three that keeps a lease, and what it was told.
type parted struct {
	*parting
	t      *testing.T
	lapses []time.Duration
}

func newParted(t *testing.T, rule leaseRule) *parted {
	t.Helper()
	p := &parted{t: t}
	p.parting = newParting(1, membership.TimingFromToken(time.Second, 0, "test"), func(gap time.Duration) { p.lapses = append(p.lapses, gap) })
	l, err := lease.Open(filepath.Join(t.TempDir(), "lease"))
	if err != nil {
		t.Fatal(err)
	}
	p.parting.lease = l
	p.counted(consensus.Status{Votes: consensus.Votes{Expected: 3, Quorum: 2}, Members: []consensus.MemberInfo{
		{ID: 1, Role: "voter", Votes: 1}, {ID: 2, Role: "voter", Votes: 1}, {ID: 3, Role: "voter", Votes: 1}}})
	for _, id := range []crm.NodeID{2, 3} {
		p.noticed(membership.Event{Kind: membership.NodeUp, ID: id})
	}
	p.follow(rule)
	return p
}

// want compares how long ago what was heard, what the view says and the lapses so far.
func (p *parted) want(what string, cut bool, lapses int) {
	p.t.Helper()
	if got := p.cut(); got != cut || len(p.lapses) != lapses {
		p.t.Errorf("%s: cut off %v, lapsed %v; want %v, %d times", what, got, p.lapses, cut, lapses)
	}
}

// TestLapseIsNoticedOnce: a node that was not heard for longer than its lease hears so when
// it is heard again, even when what is heard first lay in a queue; it joins and renews its
// lease only when it has stopped what it ran and is known to be heard now.
func TestLapseIsNoticedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParted(t, leaseOfAll)
		for range 10 {
			p.heard(2, time.Now())
			time.Sleep(200 * time.Millisecond)
		}
		p.want("all is well", false, 0)
		time.Sleep(900 * time.Millisecond)
		queued := time.Now()
		time.Sleep(900 * time.Millisecond)
		p.heard(3, queued)
		p.want("heard again, of what was sent 0.9 s ago", true, 1)
		p.renew()
		p.want("stopped, and nobody is known to hear it now", true, 1)
		p.heard(3, time.Now())
		p.want("heard now", false, 1)
		p.heard(2, time.Now())
		p.want("heard by all", false, 1)
	})
}

// TestCutIsTheMajoritysWord: deaf peers cut a node off only when too few are left.
func TestCutIsTheMajoritysWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParted(t, leaseOfAll)
		p.heard(2, time.Now())
		p.noticed(membership.Event{Kind: membership.NodeDeaf, ID: 2})
		p.want("one is deaf", false, 0)
		p.noticed(membership.Event{Kind: membership.NodeDown, ID: 3})
		p.want("one is deaf, the other is down", true, 0)
		p.noticed(membership.Event{Kind: membership.NodeHears, ID: 2})
		p.want("one hears it again", false, 0)
	})
}

// TestADeafPeerStaysDeafWhenItIsLost: a DC that does not hear this node is lost for membership
// soon, and may lead it all the same. So may one that has not heard this node since its
// controller was started anew.
func TestADeafPeerStaysDeafWhenItIsLost(t *testing.T) {
	p := newParted(t, leaseOfAll)
	if p.unheard(0) || p.unheard(1) || p.unheard(2) || !p.unheard(4) {
		t.Errorf("at first: unheard without a DC %v, by itself %v, by one that is up %v, by one that never was %v; want false, false, false, true", p.unheard(0), p.unheard(1), p.unheard(2), p.unheard(4))
	}
	for _, step := range []struct {
		event membership.Event
		want  bool
	}{
		{membership.Event{Kind: membership.NodeDeaf, ID: 2}, true},
		{membership.Event{Kind: membership.NodeDown, ID: 2}, true},
		{membership.Event{Kind: membership.NodeUp, ID: 2}, false},
		{membership.Event{Kind: membership.NodeDown, ID: 2, Left: true}, false},
	} {
		p.noticed(step.event)
		if got := p.unheard(2); got != step.want {
			t.Errorf("after %+v: unheard %v, want %v", step.event, got, step.want)
		}
	}
}

// TestLeaseFollowsTheRule: what fencing protects needs no lease.
func TestLeaseFollowsTheRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParted(t, leaseOfAll)
		kept := func(what string, want bool) {
			t.Helper()
			if _, got := p.lease.Left(); got != want {
				t.Errorf("%s: a lease is kept %v, want %v", what, got, want)
			}
		}
		kept("before anybody heard this node", false)
		p.heard(2, time.Now())
		kept("without fencing", true)
		p.follow(noLease)
		kept("with fencing", false)
		p.follow(leaseOfAll)
		kept("without it again, at once", true)
		p.follow(leaseOfSelf)
		p.beat(time.Now())
		p.want("by its own heartbeats", false, 0)
		time.Sleep(3 * time.Second)
		p.beat(time.Now())
		if len(p.lapses) != 1 {
			t.Errorf("a node that goes on by configuration was stopped for 3 s and lapsed %d times, want once", len(p.lapses))
		}
	})
}

// TestEveryHeartbeatNotesTheQuorum: with and without a watchdog, what a later controller
// reads is at most a heartbeat old while there is a quorum, and stays when it is lost.
func TestEveryHeartbeatNotesTheQuorum(t *testing.T) {
	for name, rule := range map[string]leaseRule{"no lease": noLease, "a majority must hear it": leaseOfAll, "its own heartbeats": leaseOfSelf} {
		p := newParted(t, rule)
		noted := func(what string, want bool) {
			t.Helper()
			if _, got := p.lease.SinceQuorum(); got != want {
				t.Errorf("%s, %s: it is noted when there was a quorum %v, want %v", name, what, got, want)
			}
		}
		p.beat(time.Now())
		noted("no quorum so far", false)
		p.hasQuorum(true)
		p.beat(time.Now())
		noted("a quorum", true)
		p.hasQuorum(false)
		p.beat(time.Now())
		noted("lost it", true)
		p.lease.Parted()
		p.beat(time.Now())
		noted("without a quorum nothing is noted", false)
	}
}

// TestLeaseEndsWithoutADC: this node is heard, and has no DC: others count on it to stop for
// that in time. It notices that it did not when the DC is back, once.
func TestLeaseEndsWithoutADC(t *testing.T) {
	for _, tc := range []struct {
		name   string
		rule   leaseRule
		lasts  time.Duration
		lapses int
	}{
		{"a short election", leaseOfAll, 2 * time.Second, 0},
		{"nobody takes over", noLease, 20 * time.Second, 0},
		{"too long", leaseOfAll, 20 * time.Second, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParted(t, tc.rule)
				beats := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
						p.beat(time.Now())
						p.heard(2, time.Now())
					}
				}
				p.hasQuorum(true)
				beats(time.Second)
				p.hasQuorum(false)
				beats(tc.lasts)
				if left, kept := p.lease.Left(); kept && (left <= 0) != (tc.lapses > 0) {
					t.Errorf("without a DC for %v the lease has %v left", tc.lasts, left)
				}
				p.hasQuorum(true)
				p.want("the DC is back", tc.lapses > 0, tc.lapses)
				p.hasQuorum(false)
				beats(20 * time.Second) // the stops take so long
				p.renew()
				p.hasQuorum(true)
				p.want("everything is stopped", false, tc.lapses)
			})
		})
	}
}

// TestALeaseThatIsOverIsNotRenewed: crmd and its executor were gone for longer than the lease,
// and what they had started may still run. The next crmd has that stopped before it renews the
// lease; its executor, should it come later, would not know.
func TestALeaseThatIsOverIsNotRenewed(t *testing.T) {
	for _, tc := range []struct {
		name   string
		left   time.Duration
		kept   bool
		lapsed bool
	}{
		{"none was kept", 0, false, false},
		{"it lasts", time.Hour, true, false},
		{"it is over", -3 * time.Second, true, true},
	} {
		root := t.TempDir()
		l, err := lease.Open(lease.Path(root))
		if err != nil {
			t.Fatal(err)
		}
		if tc.kept {
			l.Renew(time.Now().Add(tc.left))
		}
		d := &Daemon{cfg: Config{Root: root}, log: slog.New(slog.DiscardHandler), mail: newMailbox()}
		p := newParted(t, noLease)
		d.parting = p.parting
		if over := d.openLease(); (over > 0) != tc.lapsed {
			t.Errorf("%s: over for %v", tc.name, over)
		}
		p.follow(leaseOfAll)
		p.heard(2, time.Now())
		if left, _ := l.Left(); (left > 0) == tc.lapsed {
			t.Errorf("%s: heard by others, it has %v left", tc.name, left)
		}
		p.renew() // everything is stopped
		if left, _ := l.Left(); left <= 0 {
			t.Errorf("%s: everything is stopped, and the lease has %v left", tc.name, left)
		}
	}
}
