package manual

import (
	"fmt"
	"strings"
)

// Source is one program's page.
type Source struct {
	Name    string // of the program
	Summary string // one line, for whatis(1)
	Help    string // what --help prints
	SeeAlso []string
}

// headings are the sections that begin with text on the line of their title, and the
// titles they get in a manual page.
var headings = map[string]string{
	"Environment": "ENVIRONMENT", "Exit codes": "EXIT STATUS", "Files": "FILES", "Signals": "SIGNALS", "Usage": "SYNOPSIS", "usage": "SYNOPSIS",
}

// Page is the manual page of s, in section 8, in the macros of man(7).
func Page(s Source) string {
	var p page
	p.line(`.TH "%s" 8 "" "Tactus" "System Administration"`, strings.ToUpper(escape(s.Name)))
	p.section("NAME")
	p.line(`%s \- %s`, escape(s.Name), escape(s.Summary))
	blocks := blocks(s.Help)
	if len(blocks) > 0 && strings.HasPrefix(blocks[0][0], s.Name+" - ") {
		blocks = blocks[1:]
	}
	// The synopsis comes first, wherever the help text has it.
	for i, b := range blocks {
		if title, _, _ := strings.Cut(b[0], ":"); headings[title] == "SYNOPSIS" {
			p.block(b)
			blocks = append(append([][]string{}, blocks[:i]...), blocks[i+1:]...)
			break
		}
	}
	if len(blocks) > 0 && !startsSection(blocks[0]) {
		p.section("DESCRIPTION")
	}
	for _, b := range blocks {
		p.block(b)
	}
	if len(s.SeeAlso) > 0 {
		p.section("SEE ALSO")
		for i, name := range s.SeeAlso {
			comma := ","
			if i == len(s.SeeAlso)-1 {
				comma = ""
			}
			p.line(".BR %s (8)%s", escape(name), comma)
		}
	}
	return p.String()
}

// blocks are the parts of a text that empty lines separate; a line that starts a section
// starts a block of its own.
func blocks(text string) (out [][]string) {
	open := false
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " ")
		if line == "" {
			open = false
			continue
		}
		if title, _, found := strings.Cut(line, ":"); found && headings[title] != "" {
			open = false
		}
		if !open {
			out = append(out, nil)
		}
		out[len(out)-1], open = append(out[len(out)-1], line), true
	}
	return out
}

// startsSection reports whether a block begins with the title of a section.
func startsSection(block []string) bool {
	title, _, found := strings.Cut(block[0], ":")
	return found && (headings[title] != "" || isTitle(block))
}

// isTitle reports whether the first line is a title over indented lines.
func isTitle(block []string) bool {
	return strings.HasSuffix(block[0], ":") && !indented(block[0]) && len(block) > 1 && indented(block[1])
}

func indented(line string) bool { return strings.HasPrefix(line, " ") }

type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) section(title string) { p.line(`.SH "%s"`, escape(title)) }

// text prints a line that must not be taken for a request.
func (p *page) text(line string) {
	line = escape(strings.TrimSpace(line))
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	p.line("%s", line)
}

func (p *page) block(block []string) {
	title, rest, _ := strings.Cut(block[0], ":")
	switch name := headings[title]; {
	case name == "SYNOPSIS":
		p.section(name)
		p.asWritten(append([]string{strings.TrimSpace(rest)}, block[1:]...))
	case name != "":
		p.section(name)
		if rest = strings.TrimSpace(rest); rest != "" {
			block = append([]string{rest}, block[1:]...)
		} else {
			block = block[1:]
		}
		p.lines(block)
	case strings.HasPrefix(title, "Example") && len(block) > 1 && indented(block[1]):
		p.section("EXAMPLES")
		if rest = strings.TrimSpace(rest); rest != "" {
			p.text(rest)
		}
		p.asWritten(block[1:])
	case isTitle(block):
		p.section(strings.ToUpper(title))
		p.lines(block[1:])
	default:
		p.line(".PP")
		p.lines(block)
	}
}

// asWritten prints lines without filling them, apart from a common indent.
func (p *page) asWritten(lines []string) {
	p.line(".nf")
	for _, l := range lines {
		p.text(l)
	}
	p.line(".fi")
}

// lines prints the lines of a section: entries of a list, what goes on with them, and
// plain text.
func (p *page) lines(lines []string) {
	entry, about := -1, "" // where the entry's name stands; its text
	flush := func() {
		if about != "" {
			p.text(about)
		}
		about = ""
	}
	for _, l := range lines {
		at := len(l) - len(strings.TrimLeft(l, " "))
		name, text, _ := strings.Cut(strings.TrimSpace(l), "  ")
		switch {
		case at == 0:
			flush()
			entry = -1
			p.text(l)
		case entry < 0 || at <= entry || strings.HasPrefix(name, "--") && at <= entry+4:
			flush()
			p.line(".TP")
			p.line(`\fB%s\fR`, escape(name))
			if entry < 0 {
				entry = at
			}
			about = strings.TrimSpace(text)
		default:
			flush()
			about = strings.TrimSpace(l)
		}
	}
	flush()
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
}
