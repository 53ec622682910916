package shell

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/pengine/whatif"
	"github.com/tactus-ha/tactus/tools/store"
)

// manner is how the answer of a rehearsal is wanted.
type manner struct {
	dry, json, verbose bool
}

// takeManner takes --dry-run and how its answer shall be printed from the words of a
// command.
func takeManner(words []string) ([]string, manner) {
	var m manner
	var rest []string
	for _, w := range words {
		switch {
		case w == "--dry-run":
			m.dry = true
		case w == "--output-as=json":
			m.json = true
		case w == "--output-as=text":
		case w == "--verbose":
			m.verbose = true
		default:
			rest = append(rest, w)
		}
	}
	if !m.dry {
		return words, manner{}
	}
	return rest, m
}

// rehearse runs a command on paper and tells what it would do. Neither the cluster nor the
// draft is changed.
func (s *Session) rehearse(ctx context.Context, c *Command, args []string, m manner) error {
	if err := c.usage(args); err != nil {
		return err
	}
	return s.onPaper(ctx, m, func() error {
		if err := c.Run(ctx, s, args); err != nil {
			return err
		}
		if s.level().Name == "configure" && s.draft.Changed() {
			if err := s.commit(ctx, false); err != nil {
				return err
			}
		}
		return s.tell(ctx, m)
	})
}

// onPaper lets something work on a rehearsal of the cluster and a copy of the draft.
func (s *Session) onPaper(ctx context.Context, m manner, work func() error) error {
	before := *s
	defer func() {
		s.store, s.rehearsal, s.real, s.draft, s.env, s.stack = before.store, before.rehearsal, before.real, before.draft, before.env, before.stack
	}()
	if s.draft != nil {
		copied := *s.draft
		s.draft = &copied
	}
	if m.json {
		s.env.Stdout = s.env.Stderr // what commands say besides is no part of the answer
		s.answers = before.env.Stdout
		defer func() { s.answers = nil }()
	}
	s.rehearsal, s.real = store.Rehearse(s.store, s.assumptions(ctx)), nil
	s.store = s.rehearsal
	return work()
}

// followDryRun begins or ends the rehearsal of a whole session, as the option says.
func (s *Session) followDryRun(ctx context.Context) {
	switch {
	case s.options.DryRun && s.rehearsal == nil:
		s.rehearsal = store.Rehearse(s.store, s.assumptions(ctx))
		s.real, s.store = s.store, s.rehearsal
	case !s.options.DryRun && s.real != nil:
		s.store, s.rehearsal, s.real = s.real, nil, nil
	}
}

// assumptions are what the CIB does not say: votes and times are the running cluster's.
func (s *Session) assumptions(ctx context.Context) whatif.Options {
	o := whatif.Options{Now: s.env.Now(), Sanitized: !s.store.Live(), Detection: membership.DefaultToken,
		Decision: whatif.DefaultDecision, Overhead: whatif.DefaultOverhead, CanFence: canFence(s.env.Now())}
	if snap, err := s.store.CIB(ctx); err == nil {
		o.Fencing = fenceTimes(snap)
	}
	if !s.store.Live() {
		return o
	}
	if st, err := s.store.API().Status(ctx); err == nil {
		o.Votes = votesOf(st)
	}
	if t, err := s.timing(ctx); err == nil && t.Dead > 0 {
		o.Detection = t.Dead
	}
	return o
}

// votesOf are the votes that count now, a tie-breaker's additional one among them.
func votesOf(st api.Status) whatif.Votes {
	v := whatif.Votes{Expected: st.Votes.Expected, Present: st.Votes.Present}
	of, sum := map[crm.NodeName]int{}, 0
	for _, m := range st.Members {
		of[m.Name] = m.Votes
		if m.Name == st.Votes.TieBreaker {
			of[m.Name]++
		}
		sum += of[m.Name]
	}
	if sum > 0 {
		v.Of = of
	}
	return v
}

// canFence tells whether a configuration has a device for a node.
func canFence(now time.Time) func(*cib.Element, crm.NodeName) bool {
	return func(root *cib.Element, node crm.NodeName) bool {
		snap, err := cib.NewSnapshot(root)
		return err == nil && fencing.Read(snap, now).CanFence(node, nil)
	}
}

// fenceTimes tells how long it took the last time to fence each node.
func fenceTimes(snap *cib.Snapshot) map[crm.NodeName]time.Duration {
	times := map[crm.NodeName]time.Duration{}
	for _, e := range fencing.History(snap) {
		if took := e.Completed.Sub(e.Requested); e.State == fencing.Success && e.Action.Stops() && e.Delegate != fencing.Operator && took > 0 {
			times[e.Target] = took
		}
	}
	return times
}

// verdicts are the words for how bad an answer is, as JSON has them.
var verdicts = map[whatif.Severity]string{whatif.Harmless: "harmless", whatif.Interrupted: "interrupted", whatif.Lost: "lost"}

// exitFor is the exit code for how bad an answer is.
func exitFor(severity whatif.Severity) int {
	switch severity {
	case whatif.Interrupted:
		return exitInterrupted
	case whatif.Lost:
		return exitLost
	}
	return exitOK
}

// simulated is the JSON of an answer.
type simulated struct {
	Changed   bool             `json:"changed"` // always false: nothing was
	Verdict   string           `json:"verdict"` // harmless, interrupted, lost
	ExitCode  int              `json:"exit_code"`
	Change    *whatif.Answer   `json:"change,omitempty"`
	Losses    []whatif.Loss    `json:"losses,omitempty"`
	Verdicts  []whatif.Verdict `json:"verdicts,omitempty"`
	Detection float64          `json:"detection_seconds,omitempty"` // with losses: counted in
}

// tell prints what a rehearsal has shown since the last time.
func (s *Session) tell(ctx context.Context, m manner) error {
	a, err := s.rehearsal.Answer(ctx)
	if err != nil {
		return err
	}
	s.severity = max(s.severity, a.Severity())
	if m.json {
		return s.printJSON(simulated{Verdict: verdicts[a.Severity()], ExitCode: exitFor(a.Severity()), Change: &a})
	}
	s.lines(a.Lines(m.verbose))
	s.printf("Dry run: nothing was changed.\n")
	return nil
}

// tellWhatChanged is for a session in which everything is rehearsed.
func (s *Session) tellWhatChanged(ctx context.Context) error {
	if s.rehearsal == nil || s.real == nil || !s.rehearsal.Dirty() {
		return nil
	}
	return s.tell(ctx, manner{})
}

func (s *Session) lines(lines []string) {
	for _, line := range lines {
		s.printf("%s\n", line)
	}
}

func (s *Session) printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	out := s.answers
	if out == nil {
		out = s.env.Stdout
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}

// dryWords are what may follow a command that changes something.
func dryWords(last string) []string {
	if !strings.HasPrefix(last, "-") {
		return nil
	}
	return []string{"--dry-run", "--output-as=json", "--verbose"}
}
