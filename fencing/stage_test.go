package fencing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// stage plays an engine against a clock, a CIB and devices of its own; what happens is
// kept as lines such as "off n2 by ipmi on n1".
type stage struct {
	t       testing.TB
	e       *Engine
	now     time.Time
	snap    *cib.Snapshot
	world   World
	said    []string
	answers map[string]Answered // "off ipmi" or "ipmi" -> what the device says; else success
	hold    bool                // devices do not answer
	held    []Attempt
	power   map[string]bool // "ipmi/plug" that was switched off
}

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// newStage makes a stage of three nodes with the given resources (XML), of which n1 and
// n3 can act.
func newStage(t testing.TB, options, resources, rest string) *stage {
	t.Helper()
	nodes := ""
	for _, n := range []string{"n1", "n2", "n3"} {
		nodes += fmt.Sprintf(`<node id="%s" uname="n%s"><instance_attributes id="at-%s"><nvpair id="rack-%s" name="rack" value="r%s"/></instance_attributes></node>`, n[1:], n[1:], n, n, n[1:])
	}
	snap, err := cib.ParseSnapshot([]byte(`<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="pacemaker-3.9"><configuration>
<crm_config><cluster_property_set id="cib-bootstrap-options">` + options + `</cluster_property_set></crm_config><nodes>` + nodes + `</nodes>
<resources>` + resources + `</resources>` + rest + `</configuration><status/></cib>`))
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, e: New("t"), now: start, snap: snap, answers: map[string]Answered{}, power: map[string]bool{},
		world: World{Executors: []crm.NodeName{"n1", "n3"}, Heard: []crm.NodeName{"n1", "n3"}, Prefer: "n1", Quorate: true, Agents: map[string]Agent{
			"fence_a":     {Known: true, Actions: []Action{On, Off, Reboot, Monitor}},
			"fence_list":  {Known: true, Actions: []Action{On, Off, Reboot, List, Status}},
			"fence_stat":  {Known: true, Actions: []Action{On, Off, Reboot, Status}},
			"fence_plain": {Known: true, Actions: []Action{On, Off}},
			"fence_scsi":  {Known: true, Actions: []Action{On, Off}, Automatic: true, OnTarget: true},
		}}}
	s.step(Seen{snap})
	s.step(s.world)
	return s
}

func option(name, value string) string {
	return fmt.Sprintf(`<nvpair id="o-%s" name="%s" value="%s"/>`, name, name, value)
}

// device is a stonith primitive; params alternate names and values.
func device(id, agent string, params ...string) string {
	x := fmt.Sprintf(`<primitive id="%s" class="stonith" type="%s"><instance_attributes id="%s-ia">`, id, agent, id)
	for i := 0; i < len(params); i += 2 {
		x += fmt.Sprintf(`<nvpair id="%s-%d" name="%s" value="%s"/>`, id, i, params[i], params[i+1])
	}
	return x + `</instance_attributes></primitive>`
}

func (s *stage) step(in Input) {
	s.t.Helper()
	for _, x := range s.e.Step(s.now, in) {
		s.carry(x)
	}
}

func (s *stage) carry(x Effect) {
	s.t.Helper()
	switch x := x.(type) {
	case Try:
		a := x.Attempt
		line := strings.TrimSpace(fmt.Sprintf("%s %s", a.Action, a.Target)) + fmt.Sprintf(" by %s on %s", a.Device, a.Node)
		if a.Plug != string(a.Target) {
			line += " as " + a.Plug
		}
		s.said = append(s.said, line)
		if s.hold {
			s.held = append(s.held, a)
			return
		}
		s.answer(a)
	case Record:
		s.said = append(s.said, "record "+x.Event.ID)
		s.write(x.Event)
	case RoundFailed:
		s.said = append(s.said, fmt.Sprintf("failed %s: %s", x.Event.Target, x.Event.ExitReason))
		s.write(x.Event)
	case Ended:
		line := fmt.Sprintf("%s %s", x.Event.State, x.Event.Target)
		if x.Event.State == Success {
			line += fmt.Sprintf(" by %s (%s)", x.Event.Device, x.Event.Delegate)
		} else {
			line += ": " + x.Event.ExitReason
		}
		s.said = append(s.said, line)
		if !x.OnRecord {
			s.write(x.Event)
		}
	}
}

func (s *stage) answer(a Attempt) {
	s.t.Helper()
	in, ok := s.answers[string(a.Action)+" "+string(a.Device)+" on "+string(a.Node)]
	if !ok {
		in, ok = s.answers[string(a.Action)+" "+string(a.Device)]
	}
	if !ok {
		in, ok = s.answers[string(a.Device)]
	}
	if !ok {
		in = Answered{OK: true}
	}
	in.Attempt = a.ID
	s.step(in)
}

// write puts a record into the CIB.
func (s *stage) write(e Event) {
	s.t.Helper()
	s.apply(RecordOps(s.snap, e)...)
}

func (s *stage) apply(ops ...cib.Op) {
	s.t.Helper()
	next, _, err := s.snap.Apply(cib.Command{Ops: ops})
	if err != nil {
		s.t.Fatal(err)
	}
	s.snap = next
	s.step(Seen{next})
}

// request puts a request on record.
func (s *stage) request(id string, target crm.NodeName, action Action, more ...func(*Event)) {
	s.t.Helper()
	e := Event{ID: id, Target: target, Action: action, Client: ClientDC, Origin: "n1", Requested: s.now, State: Pending}
	for _, f := range more {
		f(&e)
	}
	s.write(e)
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	s.t.Helper()
	end := s.now.Add(d)
	for n := 0; ; n++ {
		at := s.e.Wake()
		if at.IsZero() || at.After(end) {
			break
		}
		if n > 10000 {
			s.t.Fatalf("the engine never comes to rest; it wants to wake at %s", at)
		}
		if at.After(s.now) {
			s.now = at
		}
		s.step(Tick{})
	}
	s.now = end
	s.step(Tick{})
}

// expect compares what was said since the last time.
func (s *stage) expect(lines ...string) {
	s.t.Helper()
	if !slices.Equal(s.said, lines) {
		s.t.Fatalf("said\n  %s\nwant\n  %s", strings.Join(s.said, "\n  "), strings.Join(lines, "\n  "))
	}
	s.said = nil
}
