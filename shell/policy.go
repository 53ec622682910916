package shell

import (
	"context"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/pengine"
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
	for _, text := range fencing.Read(snap, s.env.Now()).Drills() {
		out.add(severityWarning, "%s", text)
	}
	return out
}

// runScores prints the scores as crm_simulate -s does.
func runScores(ctx context.Context, s *Session, _ []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	s.lines(pengine.Schedule(pengine.Input{CIB: snap, Now: s.env.Now(), Sanitized: !s.store.Live(), ShowScores: true}).Result.Scores())
	return nil
}
