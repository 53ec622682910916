package cib

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape resolves references and normalises line ends, and in attributes white space,
// as XML 1.0 (sections 2.11 and 3.3.3) says. at is where raw begins in the text.
func (s *scanner) unescape(at int, raw string, attribute bool) (string, error) {
	if plain(raw) {
		return raw, nil
	}
	if err := s.checkChars(at, raw); err != nil {
		return "", err
	}
	raw = newlines(raw)
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '&':
			text, n := reference(raw[i:])
			if n == 0 {
				s.pos = at + i
				return "", s.fail("%s", badReference(raw[i:]))
			}
			b.WriteString(text)
			i += n
			continue
		case attribute && (c == '\n' || c == '\t'):
			b.WriteByte(' ')
		case !attribute && strings.HasPrefix(raw[i:], "]]>"):
			s.pos = at + i
			return "", s.fail("']]>' in text: write ]]&gt;")
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String(), nil
}

// plain reports whether raw stands for itself: printable ASCII without references.
func plain(raw string) bool {
	for i := 0; i < len(raw); i++ {
		if c := raw[i]; c < ' ' || c >= 0x7f || c == '&' || c == '>' {
			return false
		}
	}
	return true
}

func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

var entities = [...]struct{ name, text string }{{"amp;", "&"}, {"lt;", "<"}, {"gt;", ">"}, {"quot;", `"`}, {"apos;", "'"}}

// reference resolves the reference that s begins with and says how long it is; 0 when
// there is no valid one.
func reference(s string) (text string, length int) {
	if strings.HasPrefix(s, "&#") {
		end := strings.IndexByte(s, ';')
		if end < 0 {
			return "", 0
		}
		digits, base := s[2:end], 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || !validChar(rune(n)) {
			return "", 0
		}
		return string(rune(n)), end + 1
	}
	for _, e := range entities {
		if strings.HasPrefix(s[1:], e.name) {
			return e.text, 1 + len(e.name)
		}
	}
	return "", 0
}

func badReference(s string) string {
	end := strings.IndexByte(s, ';')
	if end < 0 || end > 40 {
		return "'&' does not begin a reference: write &amp;"
	}
	return "reference " + s[:end+1] + " is not known: only &amp; &lt; &gt; &quot; &apos; and numeric references of valid characters are"
}

// validChar reports whether XML 1.0 allows the character (production 2, Char).
func validChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || ' ' <= r && r <= 0xd7ff || 0xe000 <= r && r <= 0xfffd || 0x10000 <= r && r <= 0x10ffff
}

// checkChars refuses invalid UTF-8 and characters that XML does not allow.
func (s *scanner) checkChars(at int, raw string) error {
	for i, r := range raw {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(raw[i:]); n <= 1 {
				s.pos = at + i
				return s.fail("the text is not valid UTF-8")
			}
		}
		if !validChar(r) {
			s.pos = at + i
			return s.fail("character %U is not allowed in XML", r)
		}
	}
	return nil
}

// appendEscaped appends text as libxml2 would write it.
func appendEscaped(dst []byte, text string, attribute bool) []byte {
	start := 0
	for i := 0; i < len(text); i++ {
		var esc string
		switch text[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '\r':
			esc = "&#13;"
		case '"':
			if attribute {
				esc = "&quot;"
			}
		case '\n':
			if attribute {
				esc = "&#10;"
			}
		case '\t':
			if attribute {
				esc = "&#9;"
			}
		}
		if esc != "" {
			dst = append(append(dst, text[start:i]...), esc...)
			start = i + 1
		}
	}
	return append(dst, text[start:]...)
}
