package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Shrink makes a failing plan smaller, as long as the same invariant breaks: faults are left
// out, the rest ends earlier, and the plan with them. It gives the smaller plan and what it
// shows. Runs are counted, and bounded.
func Shrink(seed uint64, plan Plan, runs int) (Plan, Outcome) {
	plan.Trace = false
	best := RunPlan(seed, plan)
	if best.Failure == nil {
		return plan, best
	}
	try := func(p Plan) bool {
		if runs--; runs < 0 {
			return false
		}
		o := RunPlan(seed, p)
		if o.Failure == nil || o.Failure.Invariant != best.Failure.Invariant {
			return false
		}
		plan, best = p, o
		return true
	}
	if at := best.Failure.At; at < plan.Length {
		short := plan
		short.Faults = slices.DeleteFunc(slices.Clone(plan.Faults), func(f Fault) bool { return f.At > at })
		try(short)
	}
	for size := max(1, len(plan.Faults)/2); ; size /= 2 {
		for at := 0; at < len(plan.Faults); {
			less := plan
			less.Faults = slices.Delete(slices.Clone(plan.Faults), at, min(at+size, len(plan.Faults)))
			if !try(less) {
				at += size
			}
		}
		if size <= 1 {
			break
		}
	}
	for i := range plan.Faults {
		for plan.Faults[i].For > 200*time.Millisecond {
			less := plan
			less.Faults = slices.Clone(plan.Faults)
			less.Faults[i].For /= 2
			if !try(less) {
				break
			}
		}
	}
	return plan, best
}

// Story tells a failing plan for people: what went wrong when, what the nodes did about it,
// and what broke.
func Story(seed uint64, plan Plan) string {
	plan.Trace = true
	o := RunPlan(seed, plan)
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %s: %d nodes; what goes wrong:\n", seed, plan.Name, plan.Nodes)
	for _, f := range plan.Faults {
		fmt.Fprintf(&b, "  %v\n", f)
	}
	b.WriteString(o.Record)
	if o.Failure == nil {
		b.WriteString("\nnothing broke")
	}
	return b.String()
}

// add sums counts up.
func (c *Counts) add(o Counts) {
	if c.Faults == nil {
		c.Faults = map[string]int{}
	}
	for kind, n := range o.Faults {
		c.Faults[kind] += n
	}
	c.Starts, c.Takeovers, c.Fences, c.Resets, c.Refused = c.Starts+o.Starts, c.Takeovers+o.Takeovers, c.Fences+o.Fences, c.Resets+o.Resets, c.Refused+o.Refused
	c.Decisions, c.Elections, c.Acked = c.Decisions+o.Decisions, c.Elections+o.Elections, c.Acked+o.Acked
}
