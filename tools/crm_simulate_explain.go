package tools

import (
	"strings"

	"github.com/tactus-ha/tactus/pengine/explain"
)

// tellReasons says why every action is taken and why resources are where they are: all,
// or the one that is named.
func (s *simulation) tellReasons(id string) int {
	k := explain.Of(s.c)
	ids := []string{id}
	if id == "" {
		ids = k.IDs()
	}
	var texts []string
	for _, id := range ids {
		answer, err := k.Resource(id, explain.Ask{})
		if err != nil {
			s.r.complain("crm_simulate: --explain: %v", err)
			return ExitNoSuch
		}
		texts = append(texts, answer.Text())
	}
	s.w.Spacer(!s.r.quiet)
	if id == "" {
		s.w.Begin("Reasons of the Transition")
		s.lines(explain.TransitionText(k.Transition(), k.Blocked()))
		s.w.End()
		s.w.Spacer(true)
	}
	s.w.Begin("Reasons of the Resources")
	for i, text := range texts {
		s.w.Spacer(i > 0)
		s.lines(text)
	}
	s.w.End()
	return ExitOK
}

// lines writes a text below the heading, two columns in.
func (s *simulation) lines(text string) {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		s.w.Line("  " + line)
	}
}
