package language

import (
	"fmt"
	"strings"
)

// SyntaxError says what is wrong with a statement and what it should look like.
type SyntaxError struct {
	Verb string // the statement's first word
	Near string // the word that does not fit, "" at the end of the statement
	Msg  string
	Form string // how the statement is written
}

func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "syntax in %s: %s", e.Verb, e.Msg)
	if e.Near != "" {
		fmt.Fprintf(&b, " near %q", e.Near)
	}
	if e.Form != "" {
		fmt.Fprintf(&b, "; write: %s", e.Form)
	}
	return b.String()
}

// reader walks over the words of one statement.
type reader struct {
	words []string
	at    int
	form  string // for error messages
	ctx   Context
	notes []string
}

func (r *reader) done() bool { return r.at >= len(r.words) }

// peek returns the next word without taking it, "" at the end.
func (r *reader) peek() string {
	if r.done() {
		return ""
	}
	return r.words[r.at]
}

// take returns the next word.
func (r *reader) take(what string) (string, error) {
	if r.done() {
		return "", r.fail("expected %s at the end of the line", what)
	}
	r.at++
	return r.words[r.at-1], nil
}

// accept takes the next word when it is one of the given ones, in any case.
func (r *reader) accept(words ...string) (string, bool) {
	if r.done() {
		return "", false
	}
	for _, w := range words {
		if strings.EqualFold(w, r.peek()) {
			r.at++
			return w, true
		}
	}
	return "", false
}

// fail blames the next word. The statement's form is shown when words are missing or
// too many; otherwise the message says how to put it right.
func (r *reader) fail(format string, args ...any) error {
	e := &SyntaxError{Verb: r.words[0], Near: r.peek(), Msg: fmt.Sprintf(format, args...)}
	if strings.HasPrefix(e.Msg, "expected") || strings.HasPrefix(e.Msg, "unexpected") {
		e.Form = r.form
	}
	return e
}

// failAt blames a word that was taken already.
func (r *reader) failAt(word, format string, args ...any) error {
	return &SyntaxError{Verb: r.words[0], Near: word, Msg: fmt.Sprintf(format, args...)}
}

func (r *reader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// identifier takes a word that may be an XML id.
func (r *reader) identifier(what string) (string, error) {
	w, err := r.take(what)
	if err != nil {
		return "", err
	}
	if !ValidID(w) {
		return "", r.failAt(w, "this cannot be %s: it must begin with a letter or _ and hold only letters, digits, '.', '-' and '_'", what)
	}
	return w, nil
}

// description takes a description="..." word when one is next.
func (r *reader) description() (string, bool) {
	if name, value, ok := strings.Cut(r.peek(), "="); ok && strings.EqualFold(name, "description") {
		r.at++
		return value, true
	}
	return "", false
}

// ValidID reports whether s can be the id of an element (an XML NCName, in ASCII and
// letters of other alphabets).
func ValidID(s string) bool {
	for i, c := range s {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '.' || c == '-')) {
			return false
		}
	}
	return s != ""
}
