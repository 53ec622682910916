package exec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// exitWords says what the library of the fence agents means by its codes. Most of its
// agents exit with 1 and say it in words instead; see saidWords.
// Source: fencing.py of the fence agents, EC_*.
var exitWords = map[int]string{
	2:  "wrong parameters",
	3:  "authentication failed, or the device did not let the agent in",
	4:  "connection lost",
	5:  "connection timed out",
	6:  "it did not go on in time (power_timeout)",
	7:  "it did not go off in time (power_timeout)",
	8:  "the device gave no power status: wrong address, wrong login, or no such plug",
	9:  "the device gave no power status: wrong address, wrong login, or no such partition",
	10: "no password is configured",
	11: "the user may not do this on the device",
	12: "the device knows no machine of this name",
}

// saidWords translates what agents say most often into the operator's terms.
var saidWords = []struct{ said, means string }{
	{"Unable to connect/login to fencing device", exitWords[3]},
	{"Connection lost", exitWords[4]},
	{"Connection timed out", exitWords[5]},
	{"Timed out waiting to power ON", exitWords[6]},
	{"Timed out waiting to power OFF", exitWords[7]},
	{"Unable to obtain correct plug status or plug is not available", exitWords[8]},
	{"Either unable to obtain correct plug status, partition is not available", exitWords[9]},
	{"You have to set login password", exitWords[10]},
	{"does not have the correct privileges", exitWords[11]},
	{"Can not find VM UUID", exitWords[12]},
}

// fenceReason says in one line why an agent failed.
func fenceReason(code int, stderr, stdout string) string {
	said := lastMeaning(stderr)
	if said == "" {
		said = lastMeaning(stdout)
	}
	for _, w := range saidWords {
		if strings.Contains(said, w.said) {
			return w.means
		}
	}
	words := exitWords[code]
	switch {
	case words != "" && said != "":
		return words + ": " + said
	case words != "":
		return words
	case said != "":
		return said
	}
	return fmt.Sprintf("the agent exited with %d and said nothing", code)
}

var (
	logPrefix = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ +[A-Z]+: *|(?:ERROR|WARNING|CRITICAL):root: *)`)
	// What says nothing about the device: hints at the usage, and Python's own remarks.
	noise = regexp.MustCompile(`^(Please use '-h' for usage|Traceback \(most recent call last\):| +\S.*|.*DeprecationWarning: .*|.*SyntaxWarning: .*|.*InsecureRequestWarning: .*|logger: .*)$`)
)

// lastMeaning is the last line that says something, without the time that agents put
// before it, and at most 512 bytes of it.
func lastMeaning(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
	for _, line := range slices.Backward(lines) {
		line = logPrefix.ReplaceAllString(line, "")
		if strings.TrimSpace(line) == "" || noise.MatchString(line) {
			continue
		}
		line = strings.TrimSpace(line)
		if len(line) > 512 {
			line = line[:512]
		}
		return strings.ToValidUTF8(line, "?")
	}
	return ""
}

// secrets are values that must not be shown, longest first.
type secrets []string

var secretName = regexp.MustCompile(`(?i)(passw|secret|community|token|api_?key|access_?key|private_?key$|credential)`)

// secretsOf picks the values of parameters that are secret by their name, with one
// exception: the name of a script or file that knows the secret.
func secretsOf(params map[string]string) secrets {
	var out secrets
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if value := params[name]; len(value) > 2 && secretName.MatchString(name) && !strings.HasSuffix(name, "_script") && !strings.HasSuffix(name, "_file") {
			out = append(out, value)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// hide replaces every secret in text.
func (s secrets) hide(text string) string {
	for _, value := range s {
		text = strings.ReplaceAll(text, value, "******")
	}
	return text
}
