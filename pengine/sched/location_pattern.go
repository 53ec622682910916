package sched

import (
	"regexp"
	"strings"
)

// patternPiece is what may hold a backslash in an extended regular expression: an escape,
// or a bracket expression, where it is an ordinary character.
var patternPiece = regexp.MustCompile(`(?s)\\.|\[\^?\]?(?:\[:[a-z]+:\]|[^\]])*\]`)

// compilePattern reads an extended regular expression as GNU's library does, escapes for
// classes (\w \W \s \S) and for the ends of words (\b \B \< \>) included. References to
// what a group matched are refused.
func compilePattern(pattern string) (*regexp.Regexp, error) {
	re, err := regexp.CompilePOSIX(plainPattern(pattern, false))
	if err != nil {
		return nil, err
	}
	ends := plainPattern(pattern, true)
	if ends == plainPattern(pattern, false) {
		return re, nil
	}
	// Only the other syntax knows the ends of words; what it adds beside was refused above.
	if re, err = regexp.Compile(ends); err == nil {
		re.Longest()
	}
	return re, err
}

// plainPattern puts in place of GNU's escapes what every library knows. The ends of words
// are dropped unless wanted.
func plainPattern(pattern string, ends bool) string {
	return patternPiece.ReplaceAllStringFunc(pattern, func(piece string) string {
		if piece[0] == '[' {
			return strings.ReplaceAll(piece, `\`, `\\`)
		}
		switch c := piece[1]; c {
		case 'w':
			return "[[:word:]]"
		case 'W':
			return "[^[:word:]]"
		case 's':
			return "[[:space:]]"
		case 'S':
			return "[^[:space:]]"
		case 'b', 'B', '<', '>':
			if !ends {
				return ""
			}
			if c == 'B' {
				return `\B`
			}
			return `\b`
		default:
			if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
				return piece[1:]
			}
		}
		return piece
	})
}
