package lrmd

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// started plays starts that end well, in order.
func (s *stage) started(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		s.order(id + "_start_0")
		s.finish(id+"_start_0", crm.OK)
	}
	s.said = nil
}

func address(o *Order) { o.Agent = Agent{"ocf", "heartbeat", "IPaddr2"} }

// lapse lets the lease end.
func (s *stage) lapse(exempt ...crm.ResourceID) string {
	stopping, effects := s.e.Lapse(s.now, exempt)
	s.take(effects)
	var words []string
	for _, id := range stopping {
		words = append(words, string(id))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func (s *stage) wantSaid(what string, want ...string) {
	s.t.Helper()
	if !slices.Equal(s.said, want) {
		s.t.Errorf("%s: %q, want %q", what, s.said, want)
	}
	s.said = nil
}

// TestLapseStopsInOrder: addresses at once, then everything else backwards, each when the
// one before has stopped, also when its stop failed.
func TestLapseStopsInOrder(t *testing.T) {
	s := newStage(t, Config{})
	s.started("fs", "db")
	s.order("vip_start_0", address)
	s.finish("vip_start_0", crm.OK)
	s.started("web")
	s.order("idle_monitor_0")
	s.finish("idle_monitor_0", crm.NotRunning)
	s.order("gone_start_0")
	s.finish("gone_start_0", crm.OK)
	s.order("gone_stop_0")
	s.finish("gone_stop_0", crm.OK)
	s.said = nil
	if got, want := s.lapse(), "db fs vip web"; got != want {
		t.Errorf("stopping %q, want %q", got, want)
	}
	s.wantSaid("at once", "run vip_stop_0", "run web_stop_0")
	s.finish("web_stop_0", crm.GenericError)
	s.wantSaid("after a failed stop", "report web_stop_0 1 complete", "run db_stop_0")
	s.finish("vip_stop_0", crm.OK)
	s.finish("db_stop_0", crm.OK)
	s.finish("fs_stop_0", crm.OK)
	s.wantSaid("to the end", "report vip_stop_0 0 complete", "report db_stop_0 0 complete", "run fs_stop_0", "report fs_stop_0 0 complete")
}

// TestLapseEndsWhatRuns: monitors recur no more, a start under way is ended and undone,
// exempt resources and fence devices go on.
func TestLapseEndsWhatRuns(t *testing.T) {
	s := newStage(t, Config{})
	s.started("db", "kept")
	s.order("db_monitor_10000")
	s.finish("db_monitor_10000", crm.OK)
	s.order("ipmi_start_0", func(o *Order) { o.Agent = Agent{Class: "stonith", Type: "fence_ipmilan"} })
	s.finish("ipmi_start_0", crm.OK)
	s.order("slow_start_0")
	s.said = nil
	if got, want := s.lapse("kept"), "db slow"; got != want {
		t.Errorf("stopping %q, want %q", got, want)
	}
	s.wantSaid("at once", "report db_monitor_10000 193 Cancelled", "kill slow_start_0")
	s.finish("slow_start_0", crm.GenericError)
	s.finish("slow_stop_0", crm.OK)
	s.finish("db_stop_0", crm.OK)
	s.said = nil
	s.now = s.now.Add(time.Minute)
	s.take(s.e.Tick(s.now))
	s.wantSaid("a minute later")
}

// TestLapsedExecutorStartsNothing until it may again.
func TestLapsedExecutorStartsNothing(t *testing.T) {
	s := newStage(t, Config{})
	s.lapse()
	start := Order{Stamp: crm.Stamp{Incarnation: 1, Term: 1}, Op: crm.OpKey{Resource: "db", Name: "start"}, Agent: Agent{"ocf", "test", "Dummy"}}
	if _, _, err := s.e.Submit(s.now, start); !errors.Is(err, errLapsed) {
		t.Errorf("Submit(start) without a lease = %v, want %v", err, errLapsed)
	}
	s.order("db_monitor_0")
	s.e.Resume()
	s.finish("db_monitor_0", crm.NotRunning)
	s.order("db_start_0")
	s.wantSaid("with a lease again", "run db_monitor_0", "report db_monitor_0 7 complete", "run db_start_0")
}

// TestLapseLeavesWhatIsStartedSince: a stop hangs, the right is back, and what waits for its
// turn behind it was stopped and started by order: the row does not stop it again.
func TestLapseLeavesWhatIsStartedSince(t *testing.T) {
	s := newStage(t, Config{})
	s.started("fs", "db", "web")
	if got, want := s.lapse(), "db fs web"; got != want {
		t.Fatalf("stopping %q, want %q", got, want)
	}
	s.wantSaid("at once", "run web_stop_0")
	s.order("db_stop_0")
	s.finish("db_stop_0", crm.OK)
	s.e.Resume()
	s.started("db")
	s.finish("web_stop_0", crm.OK)
	s.wantSaid("when the stop that hung has ended", "report web_stop_0 0 complete", "run fs_stop_0")
}

// TestLapseStopsOnce: what is being stopped by order when its turn comes is not stopped again.
func TestLapseStopsOnce(t *testing.T) {
	s := newStage(t, Config{})
	s.started("fs", "db", "web")
	if got, want := s.lapse(), "db fs web"; got != want {
		t.Fatalf("stopping %q, want %q", got, want)
	}
	s.wantSaid("at once", "run web_stop_0")
	s.order("db_stop_0")
	s.finish("web_stop_0", crm.OK)
	s.wantSaid("the next is being stopped already", "run db_stop_0", "report web_stop_0 0 complete")
	s.finish("db_stop_0", crm.OK)
	s.wantSaid("when that has ended", "report db_stop_0 0 complete", "run fs_stop_0")
}

// TestLapseStopsWhatIsBeingProbed: an executor that was restarted is told to probe what it
// had read back as running, and the lease ends before the probe does: it is stopped, on the
// memory's word, unless the probe has found nothing.
func TestLapseStopsWhatIsBeingProbed(t *testing.T) {
	for _, tc := range []struct {
		name  string
		probe crm.ExitCode
		ended bool
		want  string
	}{
		{"under way", crm.OK, false, "db"},
		{"found it", crm.OK, true, "db"},
		{"found nothing", crm.NotRunning, true, ""},
	} {
		s := newStage(t, Config{})
		s.started("db")
		m := s.e.Remember()
		s = newStage(t, Config{})
		s.e.Restore(s.now, m)
		s.order("db_monitor_0")
		if tc.ended {
			s.finish("db_monitor_0", tc.probe)
		}
		if got := s.lapse(); got != tc.want {
			t.Errorf("%s: stops %q, want %q", tc.name, got, tc.want)
		}
	}
}
