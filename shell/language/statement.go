package language

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Statement is one statement of a text: one line, or several joined by backslashes.
type Statement struct {
	Line int    // number of its first line, from 1
	Text string // continuation lines joined by one space
}

// Statements splits a text at line ends. A line that ends in a backslash goes on in
// the next; empty lines and lines that begin with # are left out, also between
// continuation lines.
func Statements(text string) []Statement {
	var out []Statement
	open := false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "#") {
			continue
		}
		if trimmed == "" {
			open = false
			continue
		}
		body, more := strings.CutSuffix(trimmed, `\`)
		body = strings.TrimSpace(body)
		switch {
		case open && body != "":
			last := &out[len(out)-1]
			last.Text = strings.TrimSpace(last.Text + " " + body)
		case !open:
			out = append(out, Statement{i + 1, body})
		}
		open = more
	}
	return dropEmpty(out)
}

func dropEmpty(statements []Statement) []Statement {
	kept := statements[:0]
	for _, s := range statements {
		if s.Text != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// Continues reports whether a typed line asks for another one.
func Continues(line string) bool {
	return strings.HasSuffix(strings.TrimRight(line, " \t\r"), `\`)
}

// Words splits a statement into words as a shell does: blanks separate, single quotes
// keep everything, double quotes keep everything but \" and \\, a backslash outside
// quotes keeps the next character.
func Words(text string) ([]string, error) {
	for i, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return nil, fmt.Errorf("column %d: a character that a configuration cannot hold", i+1)
		}
	}
	var words []string
	var word strings.Builder
	inWord := false
	quote, opened := byte(0), 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '"' && c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			word.WriteByte(text[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, opened, inWord = c, i+1, true
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			inWord = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("column %d: quote %c is never closed; add the missing %c", opened, quote, quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// Quote writes a value so that Words gives it back: bare when it is a plain word,
// otherwise in double quotes.
func Quote(value string) string {
	if value != "" && strings.IndexFunc(value, needsQuotes) < 0 {
		return value
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(value); i++ {
		c := value[i]
		last := i+1 == len(value)
		if c == '"' || c == '\\' && (last || value[i+1] == '"' || value[i+1] == '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	b.WriteByte('"')
	return b.String()
}

// needsQuotes is true for every character that crmsh does not print bare.
func needsQuotes(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '.' || r == '-' || r >= 0x80)
}

// quoteWord writes a word whose punctuation belongs to the language (#uname, a:b):
// quotes only where Words would split it or eat something.
func quoteWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\r\"'\\") {
		return word
	}
	return Quote(word)
}
