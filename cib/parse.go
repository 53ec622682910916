package cib

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deeply elements may nest; deeper documents are refused.
const MaxDepth = 256

// SyntaxError says where a document is not well-formed XML.
type SyntaxError struct {
	Line, Col int // both count from 1; Col counts bytes
	Msg       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Msg)
}

// Parse reads one XML document. Comments and processing instructions are dropped, text is
// trimmed, and entities beyond the five predefined and the numeric ones are refused, as
// are document type definitions. The error is a *SyntaxError.
func Parse(data []byte) (*Element, error) {
	s := &scanner{text: string(data), line: 1, names: map[string]string{}}
	s.text = strings.TrimPrefix(s.text, "\ufeff")
	root, err := s.document()
	if err != nil {
		return nil, err
	}
	return root, nil
}

// scanner walks the text once. line is kept up to date by advance, so that elements
// know their line without a second pass.
type scanner struct {
	text      string
	pos       int
	line      int
	lineStart int
	counted   int               // up to where lines are counted
	names     map[string]string // interned: a CIB has some hundred distinct names
}

func (s *scanner) fail(format string, args ...any) error {
	s.countLines(s.pos)
	return &SyntaxError{s.line, s.pos - s.lineStart + 1, fmt.Sprintf(format, args...)}
}

// countLines moves the line counter to position to. What was counted is not looked at
// again: a document may be one line of many megabytes.
func (s *scanner) countLines(to int) {
	to = min(to, len(s.text))
	for s.counted < to {
		i := strings.IndexByte(s.text[s.counted:to], '\n')
		if i < 0 {
			s.counted = to
			return
		}
		s.counted += i + 1
		s.lineStart = s.counted
		s.line++
	}
}

func (s *scanner) document() (*Element, error) {
	if err := s.misc(); err != nil {
		return nil, err
	}
	if s.pos >= len(s.text) {
		return nil, s.fail("no element found: the document is empty")
	}
	if s.text[s.pos] != '<' {
		return nil, s.fail("want '<' at the start of the document, found %q", firstRune(s.text[s.pos:]))
	}
	root, err := s.tree()
	if err != nil {
		return nil, err
	}
	if err := s.misc(); err != nil {
		return nil, err
	}
	if s.pos < len(s.text) {
		return nil, s.fail("unexpected content after the end of <%s>", root.Name)
	}
	return root, nil
}

// misc skips white space, comments and processing instructions outside the root.
func (s *scanner) misc() error {
	for {
		s.skipSpace()
		if !strings.HasPrefix(s.text[s.pos:], "<!") && !strings.HasPrefix(s.text[s.pos:], "<?") {
			return nil
		}
		if err := s.skipMarkup(); err != nil {
			return err
		}
	}
}

// skipMarkup passes over a comment or a processing instruction.
func (s *scanner) skipMarkup() error {
	rest := s.text[s.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		end := strings.Index(rest[4:], "--")
		if end < 0 {
			return s.fail("comment is not closed with '-->'")
		}
		if !strings.HasPrefix(rest[4+end:], "-->") {
			s.pos += 4 + end
			return s.fail("'--' inside a comment")
		}
		if err := s.checkChars(s.pos+4, rest[4:4+end]); err != nil {
			return err
		}
		s.pos += 4 + end + 3
	case strings.HasPrefix(rest, "<?"):
		end := strings.Index(rest, "?>")
		if end < 0 {
			return s.fail("processing instruction is not closed with '?>'")
		}
		if err := s.checkChars(s.pos, rest[:end]); err != nil {
			return err
		}
		s.pos += end + 2
	default:
		return s.fail("document type definitions are not accepted: remove the <!DOCTYPE ...> declaration")
	}
	return nil
}

// frame is one open element while its content is read.
type frame struct {
	e        *Element
	children []*Element
	text     string
}

// tree reads the root element and all below it, without recursion.
func (s *scanner) tree() (*Element, error) {
	var open []frame
	for {
		e, closed, err := s.startTag()
		if err != nil {
			return nil, err
		}
		if !closed {
			if len(open) == MaxDepth {
				return nil, s.fail("elements are nested more than %d deep", MaxDepth)
			}
			open = append(open, frame{e: e})
		} else if len(open) == 0 {
			return e, nil
		} else {
			top := &open[len(open)-1]
			top.children = append(top.children, e)
		}
		for {
			ended, err := s.content(&open[len(open)-1])
			if err != nil {
				return nil, err
			}
			if !ended {
				break // at the start tag of a child
			}
			top := open[len(open)-1]
			if len(top.children) > 0 {
				top.e.Children = append(make([]*Element, 0, len(top.children)), top.children...)
			}
			top.e.Text = strings.Trim(top.text, " \t\r\n")
			if open = open[:len(open)-1]; len(open) == 0 {
				return top.e, nil
			}
			up := &open[len(open)-1]
			up.children = append(up.children, top.e)
		}
	}
}

// content reads what is between tags. It stops at a start tag (false) or after the end
// tag of the frame's element (true).
func (s *scanner) content(f *frame) (ended bool, err error) {
	for {
		i := strings.IndexByte(s.text[s.pos:], '<')
		if i < 0 {
			s.pos = len(s.text)
			return false, s.fail("<%s> (line %d) is not closed", f.e.Name, f.e.Line)
		}
		if i > 0 {
			text, err := s.unescape(s.pos, s.text[s.pos:s.pos+i], false)
			if err != nil {
				return false, err
			}
			f.text += text
			s.pos += i
		}
		rest := s.text[s.pos:]
		switch {
		case strings.HasPrefix(rest, "</"):
			return true, s.endTag(f.e)
		case strings.HasPrefix(rest, "<![CDATA["):
			end := strings.Index(rest, "]]>")
			if end < 0 {
				return false, s.fail("CDATA section is not closed with ']]>'")
			}
			if err := s.checkChars(s.pos+9, rest[9:end]); err != nil {
				return false, err
			}
			f.text += newlines(rest[9:end])
			s.pos += end + 3
		case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
			if err := s.skipMarkup(); err != nil {
				return false, err
			}
		default:
			return false, nil
		}
	}
}

func (s *scanner) endTag(e *Element) error {
	start := s.pos
	s.pos += 2
	name, err := s.name("element")
	if err != nil {
		return err
	}
	s.skipSpace()
	if s.pos >= len(s.text) || s.text[s.pos] != '>' {
		return s.fail("end tag </%s is not closed with '>'", name)
	}
	if name != e.Name {
		s.pos = start
		return s.fail("</%s> closes <%s> of line %d", name, e.Name, e.Line)
	}
	s.pos++
	return nil
}

// startTag reads "<name attr='value' ...>" or ".../>"; closed is true for the latter.
func (s *scanner) startTag() (e *Element, closed bool, err error) {
	s.countLines(s.pos)
	e = &Element{Line: s.line}
	s.pos++
	if e.Name, err = s.name("element"); err != nil {
		return nil, false, err
	}
	var attrs [32]Attr // most elements have fewer: copied once, at the right size
	list := attrs[:0]
	for {
		spaced := s.skipSpace()
		rest := s.text[s.pos:]
		if strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "/>") {
			if len(list) > 0 {
				e.Attrs = append(make([]Attr, 0, len(list)), list...)
			}
			if closed = rest[0] == '/'; closed {
				s.pos++
			}
			s.pos++
			return e, closed, nil
		}
		if rest == "" {
			return nil, false, s.fail("<%s is not closed with '>'", e.Name)
		}
		if !spaced {
			return nil, false, s.fail("want white space or '>' in <%s, found %q", e.Name, firstRune(rest))
		}
		a, err := s.attribute(e.Name)
		if err != nil {
			return nil, false, err
		}
		for i := range list {
			if list[i].Name == a.Name {
				return nil, false, s.fail("attribute %s of <%s> is given twice", a.Name, e.Name)
			}
		}
		list = append(list, a)
	}
}

func (s *scanner) attribute(element string) (Attr, error) {
	name, err := s.name("attribute")
	if err != nil {
		return Attr{}, err
	}
	s.skipSpace()
	if s.pos >= len(s.text) || s.text[s.pos] != '=' {
		return Attr{}, s.fail("attribute %s of <%s> has no value: write %s=\"...\"", name, element, name)
	}
	s.pos++
	s.skipSpace()
	if s.pos >= len(s.text) || (s.text[s.pos] != '"' && s.text[s.pos] != '\'') {
		return Attr{}, s.fail("value of attribute %s of <%s> is not quoted: write %s=\"...\"", name, element, name)
	}
	quote := s.text[s.pos]
	end := strings.IndexByte(s.text[s.pos+1:], quote)
	if end < 0 {
		return Attr{}, s.fail("value of attribute %s of <%s> has no closing quote", name, element)
	}
	raw := s.text[s.pos+1 : s.pos+1+end]
	if i := strings.IndexByte(raw, '<'); i >= 0 {
		s.pos += 1 + i
		return Attr{}, s.fail("'<' in the value of attribute %s of <%s>: write &lt;", name, element)
	}
	value, err := s.unescape(s.pos+1, raw, true)
	if err != nil {
		return Attr{}, err
	}
	s.pos += end + 2
	return Attr{name, value}, nil
}

func (s *scanner) name(what string) (string, error) {
	start := s.pos
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (s.pos == start || !('0' <= c && c <= '9' || c == '-' || c == '.')) {
			break
		}
		s.pos++
	}
	n := s.text[start:s.pos]
	if n == "" {
		return "", s.fail("want the name of an %s, found %q", what, firstRune(s.text[s.pos:]))
	}
	if known, ok := s.names[n]; ok {
		return known, nil
	}
	if !utf8.ValidString(n) {
		s.pos = start
		return "", s.fail("the name of an %s is not valid UTF-8", what)
	}
	s.names[n] = n
	return n, nil
}

func (s *scanner) skipSpace() bool {
	start := s.pos
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func firstRune(s string) string {
	if s == "" {
		return "end of input"
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
