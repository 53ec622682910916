package rules

import (
	"math"
	"strconv"
	"strings"
)

// The field's dates and numbers are read as C programs read them: leading space is
// skipped, and what follows a number is not looked at. These readers do the same.

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// scanNumber reads the whole number that s begins with, of at most width characters
// (0: any number of them), and gives what follows it. A number beyond 64 bits becomes
// the nearest that is not, and clipped is true; ok is false when there is no number.
func scanNumber(s string, width int) (n int64, rest string, clipped, ok bool) {
	s = trimSpaceLeft(s)
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	digits := end
	for end < len(s) && isDigit(s[end]) && (width == 0 || end < width) {
		end++
	}
	if end == digits {
		return 0, s, false, false
	}
	n, err := strconv.ParseInt(s[:end], 10, 64)
	return n, s[end:], err != nil, true
}

// LeadingNumber reads the whole number that a text begins with; one beyond 64 bits
// becomes the nearest that is not. ok is false when there is none.
func LeadingNumber(text string) (n int64, ok bool) {
	n, _, _, ok = scanNumber(text, 0)
	return n, ok
}

func trimSpaceLeft(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

// scanFields reads up to three numbers with these separators between them; it stops
// where the text stops to fit and gives how many it found. What is negative or too large
// becomes a number that no field allows.
func scanFields(s string, seps [2]string, widths [3]int) (f [3]int, found int) {
	for i := range f {
		if i > 0 {
			var ok bool
			if s, ok = strings.CutPrefix(s, seps[i-1]); !ok {
				return f, i
			}
		}
		n, rest, _, ok := scanNumber(s, widths[i])
		if !ok {
			return f, i
		}
		if n < 0 || n > math.MaxInt32 {
			n = math.MaxInt64
		}
		f[i], s = int(n), rest
	}
	return f, len(f)
}
