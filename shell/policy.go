package shell

import (
	"context"
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// policyFindings asks the policy engine what it thinks of the draft.
func (s *Session) policyFindings() findings {
	// It is the configuration that is judged, not whether there is quorum now.
	snap, err := cib.NewSnapshot(s.draft.Root().With("have-quorum", "1"))
	if err != nil {
		return findings{{severityFatal, err.Error()}}
	}
	var out findings
	for _, f := range pengine.Schedule(pengine.Input{CIB: snap, Now: s.env.Now(), Sanitized: !s.store.Live()}).Findings {
		if f.Level == "notice" || f.Level == "info" || strings.HasPrefix(f.Msg, "Node ") {
			continue // about what the cluster is doing, not about the configuration
		}
		// The cluster takes such a configuration, it only does less than one hopes: a
		// warning, whatever the policy engine calls it.
		out.add(severityWarning, "%s", f.Msg)
	}
	return out
}

// runSimulate shows what the cluster would do with the draft.
func runSimulate(_ context.Context, s *Session, args []string) error {
	snap, err := cib.NewSnapshot(s.draft.Root())
	if err != nil {
		return err
	}
	out := pengine.Schedule(pengine.Input{CIB: snap, Now: s.env.Now(), Sanitized: !s.store.Live()})
	s.printf("Transition Summary:\n")
	for _, c := range out.Result.Changes {
		s.printf("  * %s\n", changeText(c))
	}
	if len(out.Result.Changes) == 0 {
		s.printf("  * nothing to do\n")
	}
	if contains(args, "scores") {
		s.scores(out.Result.Scores)
	}
	return nil
}

func (s *Session) scores(lines []string) {
	for _, line := range lines {
		s.printf("%s\n", line)
	}
}

func changeText(c sched.Change) string {
	text := fmt.Sprintf("%-10s", c.Verb)
	if c.Resource != nil {
		text += fmt.Sprintf(" %-15s", c.Resource.ID)
	}
	from, to := nodeText(c.From), nodeText(c.To)
	switch {
	case from != "" && to != "" && from != to:
		text += " ( " + from + " -> " + to + " )"
	case to != "":
		text += " ( " + to + " )"
	case from != "":
		text += " ( " + from + " )"
	}
	if c.Reason != "" {
		text += "  due to " + c.Reason
	}
	if c.Blocked {
		text += " (blocked)"
	}
	return text
}

func nodeText(n *state.Node) string {
	if n == nil {
		return ""
	}
	return string(n.Name)
}

func runScores(ctx context.Context, s *Session, _ []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	s.scores(pengine.Schedule(pengine.Input{CIB: snap, Now: s.env.Now(), Sanitized: !s.store.Live()}).Result.Scores)
	return nil
}
