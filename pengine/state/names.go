package state

import (
	"strconv"
	"strings"
)

// equalFold compares as the field's case-insensitive comparisons do: ASCII only.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// CompareNames orders names as displays do: case-insensitively, with digits as numbers,
// so node9 comes before node10.
func CompareNames(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			na, ra := number(a)
			nb, rb := number(b)
			if na != nb {
				if na < nb {
					return -1
				}
				return 1
			}
			if d := (len(a) - len(ra)) - (len(b) - len(rb)); d != 0 {
				return sign(d)
			}
			a, b = ra, rb
			continue
		}
		if x, y := lower(a[0]), lower(b[0]); x != y {
			return sign(int(x) - int(y))
		}
		a, b = a[1:], b[1:]
	}
	return sign(len(a) - len(b))
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func number(s string) (n uint64, rest string) {
	end := 0
	for end < len(s) && digit(s[end]) {
		end++
	}
	n, _ = strconv.ParseUint(s[:end], 10, 63)
	return n, s[end:]
}

// baseName cuts an instance number (":0") off.
func baseName(id string) string {
	i := len(id) - 1
	for i > 0 && digit(id[i]) {
		i--
	}
	if i > 0 && id[i] == ':' {
		return id[:i]
	}
	return id
}
