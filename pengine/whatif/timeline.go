package whatif

import (
	"cmp"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Place is where something is active, and as what.
type Place struct {
	Node crm.NodeName `json:"node"`
	Role string       `json:"role"` // Started, Unpromoted, Promoted
}

// spot is a resource, by its configured id, on a node.
type spot struct {
	resource crm.ResourceID
	node     crm.NodeName
}

// presence is how many instances are active on a spot, and how many of them promoted.
type presence struct{ active, promoted int }

// event is a change of the presence on one spot.
type event struct {
	at               time.Duration
	spot             spot
	active, promoted int // what is added
}

// timeline is who is active where, from the beginning on.
type timeline struct {
	first  map[spot]presence
	now    map[spot]presence
	events []event
}

func newTimeline(c *state.Cluster) *timeline {
	return &timeline{first: presences(c, nil), now: presences(c, nil)}
}

// presences reads who is active on the nodes that are there.
func presences(c *state.Cluster, gone []crm.NodeName) map[spot]presence {
	m := map[spot]presence{}
	for _, r := range c.All {
		if r.Variant != state.Primitive {
			continue
		}
		for _, n := range r.RunningOn {
			if !n.Online || slices.Contains(gone, n.Name) {
				continue
			}
			at := spot{r.XMLID, n.Name}
			p := m[at]
			p.active++
			if r.Role == crm.RolePromoted {
				p.promoted++
			}
			m[at] = p
		}
	}
	return m
}

// add records a change; nothing becomes less than none.
func (t *timeline) add(e event) {
	p := t.now[e.spot]
	e.active = max(e.active, -p.active)
	e.promoted = max(e.promoted, -p.promoted)
	if e.active == 0 && e.promoted == 0 {
		return
	}
	p.active, p.promoted = p.active+e.active, p.promoted+e.promoted
	t.now[e.spot] = p
	t.events = append(t.events, e)
}

// vacate takes everything off a node.
func (t *timeline) vacate(at time.Duration, node crm.NodeName) {
	for _, s := range sortedSpots(t.now) {
		if s.node == node {
			t.add(event{at, s, -t.now[s].active, -t.now[s].promoted})
		}
	}
}

// correct makes the presence what a status says: what events did not tell happened by now.
func (t *timeline) correct(at time.Duration, real map[spot]presence) {
	all := map[spot]presence{}
	for s := range t.now {
		all[s] = presence{}
	}
	for s := range real {
		all[s] = presence{}
	}
	for _, s := range sortedSpots(all) {
		t.add(event{at, s, real[s].active - t.now[s].active, real[s].promoted - t.now[s].promoted})
	}
}

func sortedSpots(m map[spot]presence) []spot {
	out := make([]spot, 0, len(m))
	for s := range m {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.node, b.node))
	})
	return out
}

// places lists where a resource is active.
func places(m map[spot]presence, spots []spot, promotable bool) []Place {
	var out []Place
	for _, s := range spots {
		p := m[s]
		if p.active == 0 {
			continue
		}
		role := crm.RoleStarted
		if promotable {
			role = crm.RoleUnpromoted
		}
		if p.promoted > 0 {
			role = crm.RolePromoted
		}
		out = append(out, Place{s.node, role.String()})
	}
	return out
}

// gap is a time without service.
type gap struct {
	length  time.Duration
	forGood bool // it does not end
}

// gaps sums up, for some resources that belong together, the time in which one of those
// that were active was nowhere active, and the time in which one of those that were
// promoted was nowhere promoted.
func (t *timeline) gaps(resources []crm.ResourceID, end time.Duration) (down, unpromoted gap) {
	type count struct{ active, promoted, needActive, needPromoted int }
	counts := map[crm.ResourceID]*count{}
	for _, r := range resources {
		counts[r] = &count{}
	}
	for s, p := range t.first {
		if c := counts[s.resource]; c != nil {
			c.active, c.promoted = c.active+p.active, c.promoted+p.promoted
		}
	}
	missing, leaderless := 0, 0
	for _, c := range counts {
		c.needActive, c.needPromoted = min(c.active, 1), min(c.promoted, 1)
	}
	var downSince, bareSince time.Duration
	for _, e := range t.sorted() {
		c := counts[e.spot.resource]
		if c == nil {
			continue
		}
		wasMissing, wasBare := c.active < c.needActive, c.promoted < c.needPromoted
		c.active, c.promoted = c.active+e.active, c.promoted+e.promoted
		step(&missing, wasMissing, c.active < c.needActive, e.at, &downSince, &down.length)
		step(&leaderless, wasBare, c.promoted < c.needPromoted, e.at, &bareSince, &unpromoted.length)
	}
	down.forGood, unpromoted.forGood = missing > 0, leaderless > 0
	if down.forGood {
		down.length += end - downSince
	}
	if unpromoted.forGood {
		unpromoted.length += end - bareSince
	}
	return down, unpromoted
}

// step counts who is missing, and adds up the time in which somebody is.
func step(missing *int, was, is bool, at time.Duration, since, sum *time.Duration) {
	switch {
	case is && !was:
		if *missing == 0 {
			*since = at
		}
		*missing++
	case was && !is:
		if *missing--; *missing == 0 {
			*sum += at - *since
		}
	}
}

// sorted gives the events in the order of time; what happens at once stays in the order
// in which it was recorded.
func (t *timeline) sorted() []event {
	out := slices.Clone(t.events)
	slices.SortStableFunc(out, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return out
}
