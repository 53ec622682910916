package fencing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"pgregory.net/rapid"
)

// TestSuccessIsNeverMadeUp plays random devices, topologies, losses and delays, and keeps
// its own books of what the devices really did: whenever the engine says that a node is
// fenced, every device of some level (or some device) did it, since the request was made.
func TestSuccessIsNeverMadeUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		devices := rapid.IntRange(1, 4).Draw(rt, "devices")
		resources, ids := "", []string{}
		for i := range devices {
			id := string(rune('a' + i))
			ids = append(ids, id)
			agent := rapid.SampledFrom([]string{"fence_a", "fence_plain", "fence_list", "fence_stat"}).Draw(rt, "agent")
			resources += device(id, agent, "pcmk_host_check", rapid.SampledFrom([]string{"", "none", "static-list"}).Draw(rt, "check"), "pcmk_host_list", "n2",
				"pcmk_delay_max", rapid.SampledFrom([]string{"", "3s"}).Draw(rt, "delay"))
		}
		var levels [][]string
		rest := ""
		for l := range rapid.IntRange(0, 3).Draw(rt, "levels") {
			members := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, devices, rapid.ID[string]).Draw(rt, "members")
			levels = append(levels, members)
			rest += level(fmt.Sprintf("l%d", l), "n2", itoa(l+1), strings.Join(members, ","))
		}
		if levels == nil {
			for _, id := range ids {
				levels = append(levels, []string{id})
			}
		} else {
			rest = topo(rest)
		}
		s := newStage(t, "", resources, rest)
		s.hold = true
		s.request("r", "n2", rapid.SampledFrom([]Action{Off, Reboot}).Draw(rt, "action"))
		did := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			before := len(s.said)
			s.one(rt, did)
			if slices.ContainsFunc(s.said[before:], func(l string) bool { return strings.HasPrefix(l, "failed") }) {
				clear(did) // the next round begins with nothing done
			}
			if ev, _ := Find(s.snap, "r"); !ev.Open() {
				if ev.State != Success {
					rt.Fatalf("a request of the DC ended as %s", ev.State)
				}
				if !slices.ContainsFunc(levels, func(l []string) bool {
					return !slices.ContainsFunc(l, func(id string) bool { return !did[id] })
				}) {
					rt.Fatalf("said to be fenced by %q, but only %v did it; levels %v\n%s", ev.Device, did, levels, strings.Join(s.said, "\n"))
				}
				return
			}
		}
		if _, open := s.e.Covers("n2", Reboot); !open && len(s.e.requests) == 0 {
			rt.Fatal("the open request is forgotten")
		}
	})
}

// one lets one random thing happen.
func (s *stage) one(rt *rapid.T, did map[string]bool) {
	switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
	case what < 6 && len(s.held) > 0:
		i := rapid.IntRange(0, len(s.held)-1).Draw(rt, "which")
		a := s.held[i]
		s.held = slices.Delete(s.held, i, i+1)
		in := Answered{Attempt: a.ID}
		switch rapid.IntRange(0, 3).Draw(rt, "result") {
		case 0:
			in.OK, in.Output = true, "n2"
		case 1:
			in.OK, in.Output = true, "n2"
			in.Lost = true // contradictory: it must not count
		case 2:
			in.Code, in.Reason = 1, "no"
		case 3:
			in.Lost = true
		}
		if in.OK && !in.Lost && a.Action.Stops() && s.e.attempts[a.ID] != nil {
			did[string(a.Device)] = true
		}
		s.step(in)
	case what < 8:
		s.pass(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
	case what == 8:
		s.world.Executors = rapid.SampledFrom([][]crm.NodeName{{"n1", "n3"}, {"n3"}, {}, {"n1"}}).Draw(rt, "executors")
		s.step(s.world)
	default: // another DC: what the old one had ordered means nothing to it
		s.e, s.held = New(fmt.Sprintf("t%d", len(s.said))), nil
		clear(did)
		s.step(s.world)
		s.step(Seen{s.snap})
	}
}
