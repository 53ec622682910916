package shell

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/api"
)

func historyLevel() *Level {
	return &Level{Name: "history", Short: "what the cluster decided lately, and why", Commands: []*Command{
		{Name: "info", Short: "the last transitions", Run: runExplain},
		{Name: "transition", Args: "[NUMBER]", Short: "what one transition did, and why", Max: 1, Run: runExplain},
		{Name: "resource", Args: "RSC", Short: "the recorded operations of a resource", Min: 1, Max: 1, Complete: completeResources, Run: runOperations},
	}}
}

// runExplain prints what the DC remembers of its last transitions.
func runExplain(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	query := url.Values{}
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err != nil || n < 0 {
			return fmt.Errorf("transition %q: want its number", args[0])
		}
		query.Set("transition", args[0])
	}
	var list []api.Transition
	if err := s.store.API().Get(ctx, "/v1/explain", query, &list); err != nil {
		return err
	}
	if len(list) == 0 {
		s.printf("no transition is remembered\n")
	}
	for _, t := range list {
		s.explain(t)
	}
	return nil
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
		s.printf("  %s%s: %s%s\n", what, where, result, because(a.Reason))
	}
	if t.Input != "" {
		s.printf("  computed from %s\n", t.Input)
	}
}
