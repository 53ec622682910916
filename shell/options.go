package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Options are the user's settings for this run.
type Options struct {
	Force  bool
	Wait   bool
	DryRun bool
	Output string // plain, color, color-always, uppercase
	Shadow string // name of the shadow copy to work on; "" is the cluster itself
	Editor string // "" means $EDITOR, then vi
	Sort   bool   // print objects sorted by kind and id
}

func defaultOptions() Options { return Options{Output: "plain", Sort: true} }

// option is one setting: its name, what it does, what it may be.
type option struct {
	name, help string
	values     []string // nil: any text
	get        func() string
	set        func(string)
}

// table describes what the options level can show and set.
func (o *Options) table() []option {
	flag := func(name, help string, b *bool) option {
		return option{name, help, []string{"yes", "no"}, func() string {
			if *b {
				return "yes"
			}
			return "no"
		}, func(v string) { *b = v == "yes" }}
	}
	text := func(name, help string, t *string, values ...string) option {
		return option{name, help, values, func() string { return *t }, func(v string) { *t = v }}
	}
	return []option{
		flag("force", "go ahead where crm would ask or refuse", &o.Force),
		flag("wait", "wait for the cluster after each change", &o.Wait),
		flag("dry-run", "rehearse everything, change nothing", &o.DryRun),
		flag("sort-elements", "print objects sorted by kind and id", &o.Sort),
		text("output", "how to print", &o.Output, "plain", "color", "uppercase"),
		text("editor", "program for configure edit", &o.Editor),
	}
}

func optionsLevel() *Level {
	return &Level{Name: "options", Short: "user preferences of this session", Commands: []*Command{
		{Name: "show", Args: "[OPTION]", Short: "show the options", Max: 1, Complete: completeOption, Run: runOptionsShow},
		{Name: "set", Args: "OPTION VALUE", Short: "set an option", Min: 2, Max: 2, Complete: completeOption, Run: runOptionsSet},
	}}
}

func completeOption(_ context.Context, s *Session, args []string) []string {
	var out []string
	for _, e := range s.options.table() {
		if len(args) == 0 {
			out = append(out, e.name)
		} else if e.name == args[0] && len(args) == 1 {
			return e.values
		}
	}
	return out
}

func runOptionsShow(_ context.Context, s *Session, args []string) error {
	for _, e := range s.options.table() {
		if len(args) == 0 || args[0] == e.name {
			s.printf("%-14s %-8s # %s\n", e.name, `"`+e.get()+`"`, e.help)
		}
	}
	return nil
}

func runOptionsSet(_ context.Context, s *Session, args []string) error {
	for _, e := range s.options.table() {
		if e.name != args[0] {
			continue
		}
		if len(e.values) > 0 && !slices.Contains(e.values, args[1]) {
			return fmt.Errorf("option %s: %q: use %s", e.name, args[1], strings.Join(e.values, ", "))
		}
		e.set(args[1])
		return nil
	}
	return fmt.Errorf("no such option: %s", args[0])
}
