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
		// The cluster takes such a configuration, it only does less than one hopes: a
		// warning, whatever the policy engine calls it.
		level := severityWarning
		if f.Level == "notice" || f.Level == "info" {
			level = severityInfo
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
