package shell

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/pengine/explain"
)

const explainArgs = "[RSC [on NODE] | transition [NUMBER] | NUMBER] [--output-as=text|json]"

const explainHelp = `With RSC: where the resource is, what becomes of it, and why; the score of each node and what
made it; why not on the other nodes; where it would go if its node was lost; and which single
change would alter that. Each suggested command was tried on paper before it is printed: what
is not seen to work is not suggested. (crm simulate --lose NODE tells about quorum, too.)
With RSC on NODE: why it is on that node, or why not, and what would bring it there.

With transition: each action of the transition under way, or of the last, with its causes and what it
waits for. With NUMBER: of that one. With CIB_file or a shadow copy: of the transition that would be.
Without anything: the last transitions in short.

--output-as=json prints the same as JSON; docs/explain.md describes it.

Exit codes: 0 answered; 1 there is no such resource, node or transition; 2 crm was called wrongly.`

func explainCommand() *Command {
	return &Command{Name: "explain", Args: explainArgs, Short: "say why a resource is where it is, and what would change that; or what was decided lately",
		Long: explainHelp, Max: 4, Complete: completeExplain, Run: runExplain}
}

func completeExplain(ctx context.Context, s *Session, args []string) []string {
	switch {
	case len(args) == 0:
		return append(completeResources(ctx, s, nil), "transition", "--output-as=json")
	case args[0] == "transition":
		return []string{"--output-as=json"}
	case len(args) == 1:
		return []string{"on", "--output-as=json"}
	case len(args) == 2 && args[1] == "on":
		return completeNodes(ctx, s, nil)
	}
	return []string{"--output-as=json"}
}

// runExplain is crm explain.
func runExplain(ctx context.Context, s *Session, args []string) error {
	asJSON := slices.Contains(args, "--output-as=json")
	words := slices.DeleteFunc(slices.Clone(args), func(w string) bool { return w == "--output-as=json" || w == "--output-as=text" })
	bad := fmt.Errorf("explain %s: want explain %s", strings.Join(args, " "), explainArgs)
	if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }) {
		return bad
	}
	number := func(w string) bool { _, err := strconv.Atoi(w); return err == nil }
	switch {
	case len(words) == 0:
		return s.transitions(ctx, -1, asJSON)
	case words[0] == "transition" && len(words) == 1:
		return s.explainTransition(ctx, -1, asJSON)
	case words[0] == "transition" && len(words) == 2, len(words) == 1 && number(words[0]):
		n, err := strconv.Atoi(words[len(words)-1])
		if err != nil || n < 0 {
			return fmt.Errorf("transition %q: want its number", words[len(words)-1])
		}
		return s.explainTransition(ctx, n, asJSON)
	case len(words) == 1:
		return s.explainResource(ctx, words[0], "", asJSON)
	case len(words) == 2 && words[1] != "on":
		return s.explainResource(ctx, words[0], words[1], asJSON)
	case len(words) == 3 && words[1] == "on":
		return s.explainResource(ctx, words[0], words[2], asJSON)
	}
	return bad
}

// runTransitions is history info and history transition.
func runTransitions(ctx context.Context, s *Session, args []string) error {
	if len(args) == 0 {
		return s.transitions(ctx, -1, false)
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 0 {
		return fmt.Errorf("transition %q: want its number", args[0])
	}
	return s.transitions(ctx, n, false)
}

func (s *Session) explainResource(ctx context.Context, id, node string, asJSON bool) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	answer, err := explain.Of(c).Resource(id, explain.Ask{Node: node})
	if err != nil {
		return err
	}
	if asJSON {
		return s.printJSON(answer)
	}
	s.printf("%s", answer.Text())
	return nil
}

// plannedTransition is what crm explain transition prints as JSON of a CIB that no
// cluster runs on.
type plannedTransition struct {
	Actions []explain.Action `json:"actions"`
	Blocked []explain.Action `json:"blocked"`
}

// explainTransition tells one transition with all reasons: number n, or the last when n
// is negative; without a running cluster, the one that would be.
func (s *Session) explainTransition(ctx context.Context, n int, asJSON bool) error {
	if !s.store.Live() {
		c, err := s.facts(ctx)
		if err != nil {
			return err
		}
		k := explain.Of(c)
		planned := plannedTransition{k.Transition(), k.Blocked()}
		if asJSON {
			return s.printJSON(planned)
		}
		s.printf("%s", explain.TransitionText(planned.Actions, planned.Blocked))
		return nil
	}
	if n < 0 {
		list, err := s.remembered(ctx, -1)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			s.printf("no transition is remembered\n")
			return nil
		}
		n = list[len(list)-1].ID
		for _, t := range list { // the last that did anything
			if len(t.Actions) > 0 {
				n = t.ID
			}
		}
	}
	return s.transitions(ctx, n, asJSON)
}

// remembered asks the DC for its last transitions, or for one.
func (s *Session) remembered(ctx context.Context, n int) (list []api.Transition, err error) {
	if err := s.live(); err != nil {
		return nil, err
	}
	query := url.Values{}
	if n >= 0 {
		query.Set("transition", strconv.Itoa(n))
	}
	err = s.store.API().Get(ctx, "/v1/explain", query, &list)
	return list, err
}

// transitions prints what the DC remembers of its last transitions, or of one.
func (s *Session) transitions(ctx context.Context, n int, asJSON bool) error {
	list, err := s.remembered(ctx, n)
	switch {
	case err != nil:
		return err
	case asJSON:
		return s.printJSON(list)
	case len(list) == 0 && n >= 0:
		return fmt.Errorf("transition %d is not remembered; crm explain lists those that are", n)
	case len(list) == 0:
		s.printf("no transition is remembered\n")
	}
	for _, t := range list {
		s.explain(t)
	}
	return nil
}
