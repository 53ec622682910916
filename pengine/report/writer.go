package report

import (
	"fmt"
	"io"
	"strings"
)

// Writer writes nested lists as text. Nothing below the first level of a list is shown
// without a star; every level is indented by two.
type Writer struct {
	w     io.Writer
	depth int
	Plain bool // no indentation, stars and headings: for scores
	wrote bool
}

// NewWriter writes to w. Errors of w are lost, as they are for every terminal program.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Begin opens a list with a heading; "" opens one without.
func (w *Writer) Begin(heading string) {
	if !w.Plain && heading != "" {
		w.indent()
		io.WriteString(w.w, heading+":\n")
		w.wrote = true
	}
	w.depth++
}

// End closes the list.
func (w *Writer) End() { w.depth-- }

// Item writes a line of the list.
func (w *Writer) Item(text string) {
	w.indent()
	io.WriteString(w.w, text+"\n")
	w.wrote = true
}

// Itemf formats a line of the list.
func (w *Writer) Itemf(format string, args ...any) { w.Item(fmt.Sprintf(format, args...)) }

// Line writes a line without indentation.
func (w *Writer) Line(text string) {
	io.WriteString(w.w, text+"\n")
	w.wrote = true
}

// Spacer writes an empty line when asked to.
func (w *Writer) Spacer(wanted bool) {
	if wanted {
		io.WriteString(w.w, "\n")
	}
}

func (w *Writer) indent() {
	if w.Plain || w.depth == 0 {
		return
	}
	io.WriteString(w.w, strings.Repeat("  ", w.depth)+"* ")
}

// list is a list that opens with its first line and need not be closed when it has none.
type list struct {
	w      *Writer
	spacer bool
	open   bool
}

func (l *list) header(heading string) {
	if l.open {
		return
	}
	l.open = true
	l.w.Spacer(l.spacer)
	l.w.Begin(heading)
}

func (l *list) end() bool {
	if l.open {
		l.w.End()
	}
	return l.open
}
