package whatif

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Lines tells of one loss, and what was assumed.
func (l *Loss) Lines(detection time.Duration, all bool) []string {
	return append(l.lossLines(detection), estimateLines(l.Estimates, all)...)
}

func (l *Loss) lossLines(detection time.Duration) []string {
	names := make([]string, len(l.Nodes))
	for i, n := range l.Nodes {
		names[i] = string(n)
	}
	head := "Loss of " + strings.Join(names, " and ") + ": "
	if detection > 0 {
		head += "noticed after " + length(detection) + "; "
	}
	out := []string{head + l.Quorum.Text}
	if l.Waits != "" {
		out = append(out, "  WAITS "+l.Waits, "  and then, counted without that wait:")
	}
	effects := l.effectLines()
	if len(effects) == 0 {
		effects = []string{"  nothing that runs is affected"}
	}
	out = append(out, effects...)
	if l.Unsettled {
		out = append(out, "  it does not come to rest: what is told is not the end")
	}
	return out
}

// Lines tells of every loss, what was assumed, and who survives.
func (s *Survival) Lines(detection time.Duration, all bool) []string {
	var out []string
	var estimates []Estimate
	for i := range s.Losses {
		out = append(out, s.Losses[i].lossLines(detection)...)
		for _, e := range s.Losses[i].Estimates {
			if !slices.Contains(estimates, e) {
				estimates = append(estimates, e)
			}
		}
	}
	return append(append(out, estimateLines(estimates, all)...), s.VerdictLines()...)
}

// VerdictLines answers which resources survive the loss of any one node.
func (s *Survival) VerdictLines() []string {
	if len(s.Losses) == 0 {
		return []string{"No node is online: there is nothing to lose."}
	}
	if len(s.Verdicts) == 0 {
		return []string{"No resource is active: there is nothing to survive."}
	}
	surviving := 0
	var causes []NotSurvived // each once
	whom := map[NotSurvived][]string{}
	for _, v := range s.Verdicts {
		if v.Survives {
			surviving++
		}
		for _, n := range v.Not {
			if whom[n] == nil {
				causes = append(causes, n)
			}
			whom[n] = append(whom[n], string(v.Resource))
		}
	}
	out := []string{fmt.Sprintf("%s of any one node.", count(surviving, len(s.Verdicts)))}
	for _, n := range causes {
		verb := "does"
		if len(whom[n]) > 1 {
			verb = "do"
		}
		out = append(out, fmt.Sprintf("%s %s not survive the loss of %s: %s.", enumerate(whom[n]), verb, n.Node, n.Why))
	}
	return out
}

// enumerate joins names: "a, b and c".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func count(n, total int) string {
	switch {
	case n == total && total == 1:
		return "The only resource survives the loss"
	case n == total:
		return fmt.Sprintf("All %d resources survive the loss", total)
	case n == 1:
		return fmt.Sprintf("1 of %d resources survives the loss", total)
	}
	return fmt.Sprintf("%d of %d resources survive the loss", n, total)
}

// Severity is Lost unless every resource survives the loss of any one node.
func (s *Survival) Severity() Severity {
	for _, v := range s.Verdicts {
		if !v.Survives {
			return Lost
		}
	}
	return Harmless
}

// Severity is Lost when something does not come back, or not without somebody's help. That
// a loss interrupts something goes without saying: it is Harmless then.
func (l *Loss) Severity() Severity {
	s := l.Answer.Severity()
	if s == Lost || s == Interrupted && l.Waits != "" {
		return Lost
	}
	return Harmless
}
