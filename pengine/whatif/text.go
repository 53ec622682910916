package whatif

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Lines tells an answer in sentences, one a line. With all, recorded times are listed too.
func (a *Answer) Lines(all bool) []string {
	return a.lines("What would happen:", "Nothing would happen to any resource.", all)
}

// PendingLines tells the answer of a rehearsal without any change.
func (a *Answer) PendingLines(all bool) []string {
	return a.lines("The cluster is not at rest. What it has to do:", "The cluster is at rest: there is nothing to do for any resource.", all)
}

func (a *Answer) lines(head, nothing string, all bool) []string {
	out := a.effectLines()
	if len(out) == 0 {
		return []string{nothing}
	}
	out = append([]string{head}, out...)
	if a.Length > 0 {
		out = append(out, "Everything is done after about "+length(a.Length)+".")
	}
	if a.Unsettled {
		out = append(out, "It does not come to rest: what is told is not the end.")
	}
	return append(out, estimateLines(a.Estimates, all)...)
}

// widestLine is how long a line may be that ends in a reason; others have it below.
const widestLine = 100

func (a *Answer) effectLines() []string {
	var out []string
	for _, f := range a.Fenced {
		out = append(out, "  * fence node "+string(f.Node)+because(f.Reason))
	}
	widest, wide := 0, 0
	for _, e := range a.Effects {
		widest, wide = max(widest, len(e.Resource)), max(wide, len(e.where()))
	}
	wide = min(wide, 40)
	for _, e := range a.Effects {
		line := strings.TrimRight(fmt.Sprintf("  * %-7s  %-*s  %-*s  %s", e.Verb, widest, e.Resource, wide, e.where(), e.says()), " ")
		switch reason := e.reason(); {
		case reason == "":
			out = append(out, line)
		case len(line)+len(reason) <= widestLine:
			out = append(out, line+": "+reason)
		default:
			out = append(out, line+":", "      "+reason)
		}
	}
	for _, g := range a.Groups {
		switch {
		case g.Outage.ForGood:
			out = append(out, "  * group "+string(g.ID)+" is not complete in the end")
		case g.Outage.Length > 0:
			out = append(out, "  * group "+string(g.ID)+" is not complete for about "+length(g.Outage.Length))
		}
	}
	return out
}

// where tells the places: "n1 -> n2".
func (e *Effect) where() string {
	from, to := placesText(e.From, e.To), placesText(e.To, e.From)
	switch {
	case e.Verb == Shrink:
		return "from " + placesText(beyond(e.From, e.To), e.From) + e.newlyPromoted()
	case e.Verb == Grow:
		return "to " + placesText(beyond(e.To, e.From), e.To) + e.newlyPromoted()
	case from == "":
		return to
	case to == "" || from == to:
		return from
	}
	return from + " -> " + to
}

// newlyPromoted names the nodes where it stays and becomes promoted.
func (e *Effect) newlyPromoted() string {
	var names []string
	for _, p := range e.To {
		if p.Role == crm.RolePromoted.String() && slices.Contains(e.From, Place{p.Node, crm.RoleUnpromoted.String()}) {
			names = append(names, string(p.Node))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", promoted on " + strings.Join(names, ", ")
}

// placesText names nodes, and roles where any of either side is not just started.
func placesText(list, others []Place) string {
	withRole := promotedCount(list)+promotedCount(others) > 0
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = string(p.Node)
		if withRole && p.Role == crm.RolePromoted.String() {
			parts[i] += " (promoted)"
		}
	}
	return strings.Join(parts, ", ")
}

// says tells how an effect is felt.
func (e *Effect) says() string {
	var parts []string
	switch o := e.Outage; {
	case o.ForGood:
		parts = append(parts, "stays stopped")
	case o.Length > 0:
		parts = append(parts, "outage about "+length(o.Length))
	case len(e.From) > 0:
		parts = append(parts, "no outage")
	}
	switch o := e.Outage; {
	case o.ForGood:
	case o.BareForGood:
		parts = append(parts, "nothing promoted any more")
	case o.Unpromoted > o.Length:
		parts = append(parts, "nothing promoted for about "+length(o.Unpromoted))
	}
	if e.Blocked && !e.Outage.ForGood {
		parts = append(parts, "blocked")
	}
	if e.Anyway {
		parts = append(parts, "would happen anyway")
	}
	return strings.Join(parts, ", ")
}

// reason is why, where one wants to know: hardly of what is started.
func (e *Effect) reason() string {
	if e.Verb == Start {
		return ""
	}
	return e.Reason
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// length writes a duration in seconds, with two digits that count, or in minutes.
func length(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s < 0.0005:
		return "0 s"
	case s < 0.01:
		return strconv.FormatFloat(s, 'f', 3, 64) + " s"
	case s < 1:
		return strconv.FormatFloat(s, 'f', 2, 64) + " s"
	case s < 10:
		return strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0") + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	}
	return strconv.FormatFloat(s/60, 'f', 1, 64) + " min"
}
