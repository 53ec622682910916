//lint:file-ignore ST1005 messages that scripts may know begin as the original's do

package tools

import (
	"fmt"
	"strings"
)

// arity says whether an option takes a value.
type arity uint8

const (
	noValue       arity = iota
	value               // -n V, -nV, --name V, --name=V
	optional            // -p, -pV, --promotion=V, and -p V unless V begins with '-'
	optionalBound       // --show-access, --show-access=V; the next word is never its value
)

// option is one option of a tool. Several may have the same long name: they are aliases.
type option struct {
	short byte   // 0: none
	long  string // what the tool calls it
	takes arity
	alias string // another long spelling; "" none
}

// given is one option as it stands on the command line.
type given struct{ name, value string }

// parseOptions reads options the way getopt_long and GLib do: short ones in a row, long
// ones by unambiguous beginning, "--" ends them. Other words are returned as rest.
func parseOptions(options []option, args []string) (found []given, rest []string, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			return found, append(rest, args...), nil
		case strings.HasPrefix(word, "--"):
			g, used, err := longOption(options, word[2:], args)
			if err != nil {
				return nil, nil, err
			}
			found, args = append(found, g), args[used:]
		case len(word) > 1 && word[0] == '-':
			list, used, err := shortOptions(options, word[1:], args)
			if err != nil {
				return nil, nil, err
			}
			found, args = append(found, list...), args[used:]
		default:
			rest = append(rest, word)
		}
	}
	return found, rest, nil
}

func longOption(options []option, word string, args []string) (given, int, error) {
	name, val, bound := strings.Cut(word, "=")
	o, err := longNamed(options, name)
	if err != nil {
		return given{}, 0, err
	}
	switch {
	case o.takes == noValue && bound:
		return given{}, 0, fmt.Errorf("option '--%s' doesn't allow an argument", o.long)
	case o.takes == noValue || bound:
		return given{o.long, val}, 0, nil
	case len(args) > 0 && (o.takes == value || (o.takes == optional && !strings.HasPrefix(args[0], "-"))):
		return given{o.long, args[0]}, 1, nil
	case o.takes == value:
		return given{}, 0, fmt.Errorf("Missing argument for --%s", o.long)
	}
	return given{o.long, ""}, 0, nil
}

func longNamed(options []option, name string) (option, error) {
	var matches []option
	for _, o := range options {
		if o.long == name || (o.alias != "" && o.alias == name) {
			return o, nil
		}
		if name != "" && strings.HasPrefix(o.long, name) && (len(matches) == 0 || matches[0].long != o.long) {
			matches = append(matches, o)
		}
	}
	switch len(matches) {
	case 0:
		return option{}, fmt.Errorf("Unknown option --%s", name)
	case 1:
		return matches[0], nil
	}
	return option{}, fmt.Errorf("option '--%s' is ambiguous: --%s or --%s", name, matches[0].long, matches[1].long)
}

func shortOptions(options []option, word string, args []string) (found []given, used int, err error) {
	for i := 0; i < len(word); i++ {
		o, ok := shortNamed(options, word[i])
		if !ok {
			return nil, 0, fmt.Errorf("Unknown option -%c", word[i])
		}
		rest := word[i+1:]
		switch {
		case o.takes == noValue:
			found = append(found, given{o.long, ""})
			continue
		case rest != "":
			return append(found, given{o.long, strings.TrimPrefix(rest, "=")}), 0, nil
		case len(args) > 0 && (o.takes == value || (o.takes == optional && !strings.HasPrefix(args[0], "-"))):
			return append(found, given{o.long, args[0]}), 1, nil
		case o.takes == value:
			return nil, 0, fmt.Errorf("Missing argument for -%c", o.short)
		}
		return append(found, given{o.long, ""}), 0, nil
	}
	return found, 0, nil
}

func shortNamed(options []option, c byte) (option, bool) {
	for _, o := range options {
		if o.short == c {
			return o, true
		}
	}
	return option{}, false
}

// common are the options that every tool of GLib's family has.
var common = []option{
	{short: 'h', long: "help"}, {short: '?', long: "help"}, {long: "help-all"}, {short: '$', long: "version"}, {short: 'V', long: "verbose"},
	{long: "output-as", takes: value}, {long: "output-to", takes: value}, {long: "text-fancy"},
}
