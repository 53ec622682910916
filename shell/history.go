package shell

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
)

func historyLevel() *Level {
	return &Level{Name: "history", Short: "what the cluster decided lately, and why", Commands: []*Command{
		{Name: "info", Short: "the last transitions", Run: runTransitions},
		{Name: "transition", Args: "[NUMBER]", Short: "what one transition did, and why", Max: 1, Run: runTransitions},
		{Name: "resource", Args: "RSC", Short: "the recorded operations of a resource", Min: 1, Max: 1, Complete: completeResources, Run: runOperations},
	}}
}

func (s *Session) explain(t api.Transition) {
	took := "under way"
	if !t.Ended.IsZero() {
		took = "took " + t.Ended.Sub(t.At).Round(time.Millisecond).String()
	}
	s.printf("Transition %d at %s, %s: %s\n", t.ID, t.At.Local().Format(time.DateTime), took, t.Reason)
	if t.Aborted != "" {
		s.printf("  cut short: %s\n", t.Aborted)
	}
	for _, f := range t.Findings {
		s.printf("  %s: %s\n", f.Level, f.Message)
	}
	if slices.ContainsFunc(t.Actions, func(a api.TransitionAction) bool { return a.Text != "" }) {
		slices.SortStableFunc(t.Actions, inTime)
	}
	for _, a := range t.Actions {
		if a.Pseudo {
			continue
		}
		what := a.Operation
		if a.Key != "" {
			what = a.Key
		}
		where := ""
		if a.Node != "" {
			where = " on " + string(a.Node)
		}
		result := a.State
		if a.Result != "" {
			result += ", " + a.Result
		}
		if a.Text == "" {
			s.printf("  %s%s: %s%s\n", what, where, result, because(a.Reason))
			continue
		}
		s.printf("  %s: %s\n", a.Text, result)
		for i, why := range a.Why {
			s.printf("      %s %s\n", map[bool]string{true: "because", false: "and"}[i == 0], why)
		}
		if len(a.After) > 0 {
			s.printf("      after: %s\n", strings.Join(a.After, "; "))
		}
	}
	if t.Input != "" {
		s.printf("  computed from %s\n", t.Input)
	}
}

// inTime orders actions as they were begun; what has not begun comes last.
func inTime(a, b api.TransitionAction) int {
	switch {
	case a.Since.IsZero() && b.Since.IsZero():
		return 0
	case a.Since.IsZero():
		return 1
	case b.Since.IsZero():
		return -1
	}
	return a.Since.Compare(b.Since)
}
