package shell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

const simulateArgs = "[--change FILE] [--lose NODE[+NODE]|each] [--verbose] [--output-as=text|json]"

const simulateHelp = `With --change FILE: what the statements and commands of FILE would do, as if they were typed in
configure (- is standard input). FILE may also be XML: a CIB or a configuration, which then
takes the place of the present one, or a patch as crm_diff makes it.
With --lose NODE: what the sudden loss of a node would do; NODE+NODE loses several at once, each
loses one after the other, every time from the beginning, and says which resources survive.
With --change, after the change. Without both: what the cluster has to do as things are.
--verbose lists the recorded times that the estimate of the outage is made of.

Nothing is asked of the cluster, and nothing is changed. An outage is estimated from how
long operations took the last time; what was never recorded is assumed, and said to be.

Exit codes: 0 nothing that runs is stopped; 3 something is interrupted and comes back;
4 something stays stopped; 1 refused or failed; 2 crm was called wrongly. Of a loss: 0 everything
survives; 4 something does not, or not without somebody's help.`

func simulateCommand() *Command {
	return &Command{Name: "simulate", Args: simulateArgs, Short: "say what a change or the loss of a node would do, and for how long",
		Long: simulateHelp, Max: -1, Complete: completeSimulate, Run: runSimulate}
}

func completeSimulate(ctx context.Context, s *Session, args []string) []string {
	if len(args) > 0 && args[len(args)-1] == "--lose" {
		return append(completeNodes(ctx, s, nil), "each")
	}
	return []string{"--change", "--lose", "--verbose", "--output-as=json", "--output-as=text"}
}

// request of simulate.
type simulateRequest struct {
	change string           // a file, "-", "draft", or "" for none
	lose   [][]crm.NodeName // each at once
	each   bool
	words  map[string]bool // of ptest: scores, utilization, actions
	manner manner
}

func parseSimulate(args []string) (simulateRequest, error) {
	r := simulateRequest{words: map[string]bool{}}
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		if (name == "--lose" || name == "--change") && !has {
			if i++; i >= len(args) {
				return r, fmt.Errorf("%s needs a value", name)
			}
			value = args[i]
		}
		switch {
		case name == "--lose" && value == "each":
			r.each = true
		case name == "--lose":
			var nodes []crm.NodeName
			for _, n := range strings.Split(value, "+") {
				nodes = append(nodes, crm.NodeName(n))
			}
			r.lose = append(r.lose, nodes)
		case name == "--change":
			r.change = value
		case name == "--output-as" && (value == "json" || value == "text"):
			r.manner.json = value == "json"
		case args[i] == "--verbose", name != "" && strings.Trim(name, "v") == "":
			r.manner.verbose = true
		case slices.Contains([]string{"scores", "utilization", "actions"}, args[i]):
			r.words[args[i]] = true
		case args[i] == "nograph" || args[i] == "--dry-run":
		default:
			return r, fmt.Errorf("simulate: %q: want simulate %s", args[i], simulateArgs)
		}
	}
	return r, nil
}

// runSimulate is crm simulate.
func runSimulate(ctx context.Context, s *Session, args []string) error {
	req, err := parseSimulate(args)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, req.manner, func() error {
		if req.change != "" {
			if err := s.rehearseFile(ctx, req.change); err != nil {
				return err
			}
		}
		return s.simulate(ctx, req)
	})
}

// runDraftSimulate is configure simulate, and ptest: the same for the draft.
func runDraftSimulate(ctx context.Context, s *Session, args []string) error {
	req, err := parseSimulate(args)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, req.manner, func() error {
		if req.change != "" {
			return errors.New("simulate --change: in configure the change is the draft; load the file into it, or leave configure")
		}
		if s.draft.Changed() {
			req.change = "draft"
			if err := s.send(ctx); err != nil {
				return err
			}
		}
		return s.simulate(ctx, req)
	})
}

// simulate prints what was asked for.
func (s *Session) simulate(ctx context.Context, req simulateRequest) error {
	out := simulated{}
	losing := req.each || len(req.lose) > 0
	decided, err := s.decide(ctx)
	if err != nil {
		return err
	}
	a, err := s.rehearsal.Answer(ctx)
	if err != nil {
		return err
	}
	told := a.Lines(req.manner.verbose)
	if req.change == "" {
		a.MarkAnyway(whatif.Answer{})
		told = a.PendingLines(req.manner.verbose)
	}
	if !losing || len(a.Effects) > 0 {
		out.Change = &a
		s.say(req, told)
	}
	if !req.manner.json {
		s.details(decided, req.words)
	}
	worst, err := s.lose(ctx, req, &out)
	if err != nil {
		return err
	}
	if req.change != "" || !losing {
		worst = max(worst, a.Severity())
	}
	s.severity = max(s.severity, worst)
	if !req.manner.json {
		return nil
	}
	out.Verdict, out.ExitCode = verdicts[worst], exitFor(worst)
	return s.printJSON(out)
}

// lose rehearses the losses that were asked for.
func (s *Session) lose(ctx context.Context, req simulateRequest, out *simulated) (worst whatif.Severity, err error) {
	detection := s.rehearsal.Detection()
	for _, nodes := range req.lose {
		l, err := s.rehearsal.Lose(ctx, nodes)
		if err != nil {
			return worst, err
		}
		out.Losses, out.Detection = append(out.Losses, l), detection.Seconds()
		worst = max(worst, l.Severity())
		s.say(req, l.Lines(detection, req.manner.verbose))
	}
	if !req.each {
		return worst, nil
	}
	each, err := s.rehearsal.LoseEach(ctx)
	if err != nil {
		return worst, err
	}
	out.Losses, out.Verdicts, out.Detection = append(out.Losses, each.Losses...), each.Verdicts, detection.Seconds()
	s.say(req, each.Lines(detection, req.manner.verbose))
	return max(worst, each.Severity()), nil
}

// say prints lines unless data are wanted.
func (s *Session) say(req simulateRequest, lines []string) {
	if !req.manner.json {
		s.lines(lines)
	}
}

// decide asks the policy engine about the CIB as it would be.
func (s *Session) decide(ctx context.Context) (pengine.Output, error) {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return pengine.Output{}, err
	}
	return pengine.Schedule(pengine.Input{CIB: snap, Now: s.env.Now(), Sanitized: !s.store.Live(), ShowScores: true, ShowUtilization: true}), nil
}

// details prints what ptest's words ask for besides.
func (s *Session) details(out pengine.Output, words map[string]bool) {
	if words["actions"] {
		for _, syn := range out.Graph.Synapses {
			a := syn.Action
			if a.Kind == graph.PseudoEvent {
				continue
			}
			s.printf("action: %s on %s%s\n", a.Key, a.Node, because(a.Reason))
		}
	}
	if words["scores"] {
		s.lines(out.Result.Scores())
	}
	if words["utilization"] {
		s.lines(out.Result.Capacity())
	}
}

// rehearseFile applies a file of statements or XML.
func (s *Session) rehearseFile(ctx context.Context, file string) error {
	text, err := s.readFile(file)
	if err != nil {
		return err
	}
	if file == "-" {
		file = "standard input"
	}
	if err := s.readDraft(ctx); err != nil {
		return err
	}
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(trimmed, "<"):
		if err := s.draftXML(trimmed); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return s.commit(ctx, false)
	case trimmed == "":
		return fmt.Errorf("%s: nothing in it", file)
	}
	if word, _, _ := strings.Cut(trimmed, "\n"); strings.TrimSpace(word) == "configure" {
		return s.runText(ctx, file, text)
	}
	for _, c := range s.root.Commands {
		if c.Level != nil && c.Name == "configure" {
			if err := s.enter(ctx, c.Level); err != nil {
				return err
			}
		}
	}
	return s.runText(ctx, file, text)
}

// draftXML makes a CIB, a configuration or a patch the draft.
func (s *Session) draftXML(text string) error {
	e, err := cib.Parse([]byte(text))
	if err != nil {
		return err
	}
	if e.Name != "diff" && e.Name != "patch" {
		return s.pushXML(text)
	}
	patch, err := cib.ParsePatch(e)
	if err != nil {
		return err
	}
	root, err := cib.PatchElement(s.draft.Root(), patch)
	if err != nil {
		return fmt.Errorf("the patch does not fit the present CIB: %w", err)
	}
	s.draft.SetRoot(root)
	return nil
}

func completeDraftSimulate(ctx context.Context, s *Session, args []string) []string {
	return append(completeSimulate(ctx, s, args), "scores", "nograph", "actions", "utilization")
}
