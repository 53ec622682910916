package explain

import (
	"fmt"
	"slices"
	"strings"
)

// Text writes an answer for people.
func (a *Answer) Text() string {
	var b strings.Builder
	wrap(&b, "", a.Headline)
	if a.Node == "" || placed(a.Planned, a.Node) || !allTold(a.Why, a.Others[0].Why) {
		writeFindings(&b, "Why", a.Why, "  ")
	}
	a.writeParts(&b)
	a.writeScores(&b)
	for _, o := range a.Others {
		if a.Node == "" && allTold(o.Why, a.Why) {
			continue
		}
		title := "Not on " + o.Node
		if a.Node != "" && placed(a.Planned, o.Node) {
			title = "On " + o.Node
		}
		if len(o.Why) > 0 {
			writeFindings(&b, title, o.Why, "  ")
		}
	}
	for _, l := range a.Lost {
		text := l.Text
		switch told := allSaid(l.Why, a.Why); {
		case len(l.Why) > 0 && told:
			text += ", for the same reason"
		case len(l.Why) > 0:
			text += ": " + strings.Join(l.Why, "; ")
		}
		wrap(&b, "  ", "If "+l.Node+" was lost, "+text+".")
	}
	a.writeChanges(&b)
	return b.String()
}

// textWidth is where lines of sentences are broken. Commands never are.
const textWidth = 110

// wrap writes a sentence, broken into lines of which the later ones are set in.
func wrap(b *strings.Builder, indent, text string) {
	line := indent
	for i, word := range strings.Split(text, " ") {
		if i > 0 && len(line)+1+len(word) > textWidth {
			b.WriteString(line + "\n")
			line = indent + "  " + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

// allTold reports whether every sentence stands in the list already.
func allTold(why, told []Finding) bool {
	for _, f := range why {
		if !slices.ContainsFunc(told, func(t Finding) bool { return strings.HasPrefix(f.Text, t.Text) }) {
			return false
		}
	}
	return true
}

func allSaid(words []string, told []Finding) bool {
	for _, w := range words {
		if !slices.ContainsFunc(told, func(t Finding) bool { return strings.HasPrefix(w, t.Text) }) {
			return false
		}
	}
	return true
}

func placed(list []Place, node string) bool {
	for _, p := range list {
		if p.Node == node {
			return true
		}
	}
	return false
}

// writeFindings writes one finding on the line of its title, several below it.
func writeFindings(b *strings.Builder, title string, list []Finding, indent string) {
	switch len(list) {
	case 0:
		return
	case 1:
		wrap(b, indent, title+": "+list[0].Text+".")
	default:
		fmt.Fprintf(b, "%s%s:\n", indent, title)
		for _, f := range list {
			wrap(b, indent+"  ", "- "+f.Text)
			writeBehind(b, f.Because, indent+"    ")
		}
		return
	}
	writeBehind(b, list[0].Because, indent+"  ")
}

func writeBehind(b *strings.Builder, list []Finding, indent string) {
	for _, f := range list {
		wrap(b, indent, "because "+f.Text)
		writeBehind(b, f.Because, indent+"  ")
	}
}

func (a *Answer) writeParts(b *strings.Builder) {
	if len(a.Parts) == 0 {
		return
	}
	title := "Members"
	if a.Variant != "group" {
		title = "Instances"
	}
	fmt.Fprintf(b, "  %s:\n", title)
	for _, p := range a.Parts {
		fmt.Fprintf(b, "    %s\n", p.Headline)
		for _, f := range p.Why {
			wrap(b, "      ", "- "+f.Text)
		}
	}
}

func (a *Answer) writeScores(b *strings.Builder) {
	if len(a.Scores) == 0 {
		return
	}
	b.WriteString("  Scores:\n")
	width := 0
	for _, s := range a.Scores {
		width = max(width, len(s.Node))
	}
	for i, s := range a.Scores {
		if i >= maxOthers && s.Node != a.Node {
			continue // of a big cluster only the best
		}
		value := s.Score
		if value == "" {
			value = "-"
		}
		var parts []string
		for i, c := range s.Contributions {
			if i == maxShown {
				parts = append(parts, fmt.Sprintf("%d more", len(s.Contributions)-maxShown))
				break
			}
			parts = append(parts, strings.TrimLeft(c.Score+" "+c.Text, " "))
		}
		line := fmt.Sprintf("    %-*s %9s  %s", width, s.Node, value, strings.Join(parts, ", "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if more := len(a.Scores) - maxOthers; more > 0 {
		fmt.Fprintf(b, "    ... and %s that are no better\n", plural(more, "node"))
	}
}

// maxShown bounds how many contributions to a score are written out.
const maxShown = 5

func (a *Answer) writeChanges(b *strings.Builder) {
	if len(a.Changes) == 0 {
		if a.Tried > 0 {
			fmt.Fprintf(b, "  No single change alters that: %s tried on paper.\n", map[bool]string{true: "1 was", false: fmt.Sprintf("%d were", a.Tried)}[a.Tried == 1])
		}
		return
	}
	b.WriteString("  What would change that (each was tried on paper):\n")
	for _, c := range a.Changes {
		what := c.Command
		if what == "" {
			what = "if " + c.Condition
		}
		note := ""
		if c.Note != "" {
			note = " (" + c.Note + ")"
		}
		fmt.Fprintf(b, "    %s\n        %s%s\n", what, c.Effect, note)
	}
}

// TransitionText writes the actions of a transition for people.
func TransitionText(list, blocked []Action) string {
	var b strings.Builder
	if len(list) == 0 {
		b.WriteString("Nothing is to be done.\n")
	} else {
		fmt.Fprintf(&b, "%s:\n", strings.ToUpper(plural(len(list), "action")[:1])+plural(len(list), "action")[1:])
	}
	for i, a := range list {
		fmt.Fprintf(&b, "%3d. %s\n", i+1, a.Text)
		writeAction(&b, a)
	}
	if len(blocked) > 0 {
		b.WriteString("What cannot be done:\n")
	}
	for _, a := range blocked {
		fmt.Fprintf(&b, "  -  %s\n", a.Text)
		writeAction(&b, a)
	}
	return b.String()
}

// maxAfter bounds how many of the actions that one waits for are written out.
const maxAfter = 6

func writeAction(b *strings.Builder, a Action) {
	for i, f := range a.Why {
		word := "because"
		if i > 0 {
			word = "and"
		}
		wrap(b, "       ", word+" "+f.Text)
	}
	var after []string
	for _, w := range a.After {
		text := w.Text
		if w.Tie != "" {
			text += " (" + w.Tie + ")"
		}
		after = append(after, text)
	}
	if more := len(after) - maxAfter; more > 0 {
		after = append(after[:maxAfter], plural(more, "other"))
	}
	if len(after) > 0 {
		wrap(b, "       ", "after: "+strings.Join(after, "; "))
	}
}
