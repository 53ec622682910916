package main

import (
	"flag"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crmd/daemon"
)

func TestHelpNamesEveryOption(t *testing.T) {
	flags := flag.NewFlagSet("crmd", flag.ContinueOnError)
	define(flags, &daemon.Options{})
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(daemon.Help, "\n  --"+f.Name) {
			t.Errorf("the help text does not explain --%s", f.Name)
		}
	})
}
