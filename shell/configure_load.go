package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

// runLoad reads [xml] [update|replace|push] FILE.
func runLoad(_ context.Context, s *Session, args []string) error {
	xml := args[0] == "xml"
	if xml {
		args = args[1:]
	}
	method := "replace"
	if len(args) == 2 {
		method, args = args[0], args[1:]
	}
	if len(args) != 1 || !slices.Contains([]string{"update", "replace", "push"}, method) {
		return fmt.Errorf("usage: load [xml] update|replace|push FILE")
	}
	text, err := s.readFile(args[0])
	if err != nil {
		return err
	}
	before := s.draft.Root()
	how, known := draft.Update, []string(nil)
	switch method {
	case "replace":
		s.draft.Erase(false)
		how = draft.Replace
	case "push":
		how = draft.Replace
		for _, o := range s.draft.Objects() {
			if o.Verb != "node" {
				known = append(known, o.ID)
			}
		}
	}
	name := args[0]
	if name == "-" {
		name = "standard input"
	}
	if xml && method != "update" {
		err = s.pushXML(text)
	} else if xml {
		err = s.loadXML(text, how, nil)
	} else {
		err = s.loadStatements(name, text, how, known)
	}
	if err != nil {
		s.draft.SetRoot(before)
	}
	return err
}

func (s *Session) readFile(name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(s.env.Stdin)
		return string(text), err
	}
	text, err := os.ReadFile(name)
	return string(text), err
}

// located is a parsed statement with its place.
type located struct {
	line   int
	parsed language.Parsed
}

// loadStatements reads a whole configuration: all of it, or nothing. Statements may
// speak of what comes later. Every error is reported with its line. Objects of known
// that the text does not have are deleted.
func (s *Session) loadStatements(name, text string, how draft.How, known []string) error {
	before := s.draft.Root()
	var all []located
	bad := 0
	complain := func(line int, err error) {
		bad++
		if name == "" {
			s.errorf("%d: %v", line, err)
		} else {
			s.errorf("%s:%d: %v", name, line, err)
		}
	}
	lines := map[string]int{}
	for _, st := range language.Statements(text) {
		p, err := language.ParseText(st.Text, s.languageContext())
		if err != nil {
			complain(st.Line, err)
			continue
		}
		if first := lines[p.Verb+" "+p.Name]; first > 0 && !isSet(p.Verb) && p.Verb != "monitor" {
			complain(st.Line, fmt.Errorf("duplicate %s: %s is on line %d already", p.Verb, p.Name, first))
			continue
		}
		lines[p.Verb+" "+p.Name] = st.Line
		all = append(all, located{st.Line, p})
	}
	if bad == 0 {
		s.putAll(all, how, known, complain)
	}
	if bad > 0 {
		s.draft.SetRoot(before)
		return errQuiet
	}
	return nil
}

func isSet(verb string) bool {
	return verb == "property" || verb == "rsc_defaults" || verb == "op_defaults"
}

func (s *Session) putAll(all []located, how draft.How, known []string, complain func(int, error)) {
	slices.SortStableFunc(all, func(a, b located) int { return putRank(a.parsed.Verb) - putRank(b.parsed.Verb) })
	kept := map[string]bool{}
	for _, l := range all {
		kept[l.parsed.Name] = true
		kept[l.parsed.Element.ID()] = true
		if isSet(l.parsed.Verb) && l.parsed.Name == "" {
			kept[map[string]string{"property": "cib-bootstrap-options", "rsc_defaults": "rsc-options", "op_defaults": "op-options"}[l.parsed.Verb]] = true
		}
		for e := range l.parsed.Element.Walk() {
			if language.IsResource(e) {
				kept[e.ID()] = true
			}
		}
	}
	gone := slices.DeleteFunc(slices.Clone(known), func(id string) bool { return kept[id] })
	containers := slices.DeleteFunc(slices.Clone(gone), func(id string) bool {
		o, ok := s.draft.Find(id)
		return !ok || o.Verb == "primitive" || o.Verb == "rsc_template"
	})
	if notes, err := s.draft.Delete(containers...); err == nil {
		s.notes(notes)
	}
	for _, l := range all {
		notes, err := s.draft.Put(l.parsed, how)
		if err != nil {
			complain(l.line, err)
			continue
		}
		s.notes(notes)
	}
	for _, id := range gone {
		if _, ok := s.draft.Find(id); !ok {
			continue
		}
		notes, err := s.draft.Delete(id)
		if err != nil {
			complain(0, err)
		}
		s.notes(notes)
	}
}

// putRank orders statements so that what others speak of comes first; constraints stay
// in the order in which they were written.
func putRank(verb string) int {
	switch verb {
	case "location", "colocation", "order":
		return 100
	case "rsc_ticket", "fencing_topology":
		return 101
	case "property", "rsc_defaults", "op_defaults":
		return 102
	}
	return slices.Index([]string{"node", "rsc_template", "primitive", "monitor", "bundle", "group", "ms", "clone", "tag"}, verb)
}

// loadXML reads a whole CIB or a configuration element.
func (s *Session) loadXML(text string, how draft.How, known []string) error {
	e, err := s.parseConfiguration(text)
	if err != nil {
		return err
	}
	var all []located
	for _, o := range draft.New(cib.New("cib").Plus(e)).Objects() {
		if o.Parent == nil {
			all = append(all, located{o.Element.Line, language.Parsed{Verb: o.Verb, Name: o.ID, Element: deepCopy(o.Element)}})
		}
	}
	before, bad := s.draft.Root(), 0
	s.putAll(all, how, known, func(line int, err error) { bad++; s.errorf("line %d: %v", line, err) })
	if bad > 0 {
		s.draft.SetRoot(before)
		return errQuiet
	}
	return nil
}

// deepCopy makes an element that may be written to.
func deepCopy(e *cib.Element) *cib.Element {
	c := *e
	c.Attrs = slices.Clone(e.Attrs)
	c.Children = make([]*cib.Element, len(e.Children))
	for i, child := range e.Children {
		c.Children[i] = deepCopy(child)
	}
	return &c
}

// parseConfiguration reads a CIB or a configuration element, in standard spelling.
func (s *Session) parseConfiguration(text string) (*cib.Element, error) {
	e, err := cib.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	if e.Name == "cib" {
		e = e.Child("configuration")
	}
	if e == nil || e.Name != "configuration" {
		return nil, errors.New("not a CIB: want <cib> or <configuration> around everything")
	}
	e, findings := schemas.Normalize(e)
	for _, f := range findings {
		s.warnf("%s", f)
	}
	return e, nil
}

// pushXML makes a configuration the draft's. Nodes stay when it names none.
func (s *Session) pushXML(text string) error {
	e, err := s.parseConfiguration(text)
	if err != nil {
		return err
	}
	root := s.draft.Root()
	old := root.Child("configuration")
	if nodes := e.Child("nodes"); nodes == nil || len(nodes.Children) == 0 {
		sections := []*cib.Element{}
		for _, section := range e.Children {
			if section != nodes {
				sections = append(sections, section)
			}
		}
		if n := old.Child("nodes"); n != nil {
			sections = append(sections, n)
		}
		e = e.WithChildren(sections...)
	}
	var children []*cib.Element
	for _, c := range root.Children {
		if c == old {
			c = e
		}
		children = append(children, c)
	}
	s.draft.SetRoot(root.WithChildren(children...))
	return nil
}
