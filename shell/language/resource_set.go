package language

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// setReader collects resource sets: `a ( b c:start ) [ d e ] f`. Round brackets mean
// "in any order", square brackets "any one of them"; a change of role or action begins
// a new set.
type setReader struct {
	r          *reader
	qualifier  string // "role" or "action"
	sets       []*cib.Element
	refs       []*cib.Element
	value      string // of the qualifier, for the set being read
	opened     string // "(" or "[" while inside
	sequential string // attributes that were written, "" when not
	requireAll string
}

func (r *reader) resourceSets(words []string, qualifier string) ([]*cib.Element, error) {
	s := &setReader{r: r, qualifier: qualifier}
	for _, w := range splitBrackets(words) {
		if err := s.word(w); err != nil {
			return nil, err
		}
	}
	if s.opened != "" {
		return nil, r.failAt(s.opened, "bracket %s is never closed", s.opened)
	}
	s.flush()
	if len(s.sets) == 0 {
		return nil, r.fail("empty resource set")
	}
	return s.sets, nil
}

// splitBrackets separates brackets that are glued to names.
func splitBrackets(words []string) []string {
	var out []string
	for _, w := range words {
		for len(w) > 1 && strings.ContainsRune("([", rune(w[0])) {
			out = append(out, w[:1])
			w = w[1:]
		}
		var closing []string
		for len(w) > 1 && strings.ContainsRune(")]", rune(w[len(w)-1])) {
			closing = append(closing, w[len(w)-1:])
			w = w[:len(w)-1]
		}
		out = append(append(out, w), closing...)
	}
	return out
}

func (s *setReader) word(w string) error {
	switch {
	case w == "_rsc_set_":
		return nil // only says that two resources are meant as a set
	case w == "(" || w == "[":
		if s.opened != "" {
			return s.r.failAt(w, "resource sets cannot be nested")
		}
		s.flush()
		s.opened = w
		return nil
	case w == ")" || w == "]":
		return s.close(w)
	case strings.Contains(w, "="):
		return s.attribute(w)
	}
	rsc, q, has := strings.Cut(w, ":")
	if !ValidID(rsc) {
		return s.r.failAt(w, "%q cannot be a resource id", rsc)
	}
	if has {
		canonical, ok := qualifierName(s.qualifier, q)
		if !ok {
			return s.r.failAt(w, "invalid %s %q for %q", s.qualifier, q, rsc)
		}
		q = canonical
	}
	if q != s.value && len(s.refs) > 0 {
		s.flushKeeping()
	}
	s.value = q
	s.refs = append(s.refs, cib.New("resource_ref", "id", rsc))
	return nil
}

func (s *setReader) close(w string) error {
	match := map[string]string{")": "(", "]": "["}[w]
	switch {
	case s.opened == "":
		return s.r.failAt(w, "closing bracket without an opening one")
	case s.opened != match:
		return s.r.failAt(w, "bracket %s is closed by %s", s.opened, w)
	case len(s.refs) == 0:
		return s.r.failAt(w, "empty resource set")
	}
	s.flush()
	return nil
}

// attribute reads sequential=BOOL and require-all=BOOL.
func (s *setReader) attribute(w string) error {
	name, value, _ := strings.Cut(w, "=")
	b, ok := boolean(value)
	if !ok {
		return s.r.failAt(w, "%s must be true or false", name)
	}
	switch strings.ReplaceAll(name, "_", "-") {
	case "sequential":
		s.sequential = b
	case "require-all":
		s.requireAll = b
	default:
		return s.r.failAt(w, "unknown attribute %q of a resource set: use sequential or require-all", name)
	}
	return nil
}

// flush ends the set and the bracket.
func (s *setReader) flush() {
	s.flushKeeping()
	s.opened, s.sequential, s.requireAll, s.value = "", "", "", ""
}

// flushKeeping ends the set but stays inside the bracket.
func (s *setReader) flushKeeping() {
	if len(s.refs) == 0 {
		return
	}
	e := &cib.Element{Name: "resource_set"}
	sequential, all := s.sequential, s.requireAll
	if s.opened != "" && sequential == "" {
		sequential = "false"
	}
	if s.opened == "[" && all == "" {
		all = "false"
	}
	if all == "false" {
		set(e, "require-all", "false")
	}
	if sequential == "false" {
		set(e, "sequential", "false")
	}
	set(e, s.qualifier, s.value)
	e.Children, s.refs = s.refs, nil
	s.sets = append(s.sets, e)
}
