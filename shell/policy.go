package shell

import (
	"context"
	"errors"

	"github.com/tactus-ha/tactus/pengine/state"
)

// policyFindings asks the policy engine what it thinks of the draft.
func (s *Session) policyFindings() findings {
	var out findings
	// It is the configuration that is judged, not whether there is quorum now.
	cluster := state.ReadRoot(s.draft.Root().With("have-quorum", "1"), s.env.Now(), state.ReadOptions{})
	for _, f := range cluster.Findings {
		level := severityInfo
		switch f.Level {
		case "error":
			level = severityError
		case "warning":
			level = severityWarning
		}
		out.add(level, "%s", f.Msg)
	}
	return out
}

func runSimulate(context.Context, *Session, []string) error {
	return errors.New("simulation is not available")
}

func runScores(context.Context, *Session, []string) error {
	return errors.New("scores are not available")
}
