package language

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// roleName gives a role's canonical spelling. Old names stay: the CIB has them.
func roleName(word string) (string, bool) {
	for _, role := range []string{"Started", "Stopped", "Master", "Slave", "Promoted", "Unpromoted"} {
		if strings.EqualFold(role, word) {
			return role, true
		}
	}
	return word, false
}

// boolean reads what the field takes for true and false.
func boolean(word string) (string, bool) {
	switch strings.ToLower(word) {
	case "true", "yes", "on", "y", "1":
		return "true", true
	case "false", "no", "off", "n", "0":
		return "false", true
	}
	return "", false
}

// scoreValue reads a score and writes it as the CIB has it: the number as it was
// typed, or INFINITY with its sign.
func scoreValue(word string) (string, bool) {
	if strings.TrimLeft(word, "+-") == "" {
		return "", false
	}
	if _, err := crm.ParseScore(word); err != nil {
		return "", false
	}
	return longScore(word), true
}

// longScore writes inf as INFINITY.
func longScore(word string) string {
	sign := ""
	if word != "" && (word[0] == '-' || word[0] == '+') {
		sign, word = word[:1], word[1:]
	}
	switch strings.ToLower(word) {
	case "inf", "infinity":
		return sign + "INFINITY"
	}
	return sign + word
}

// shortScore writes INFINITY as inf.
func shortScore(value string) string { return strings.ReplaceAll(value, "INFINITY", "inf") }
