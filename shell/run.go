package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

const usageText = `crm - configure, run and look at the cluster

Usage: crm [-F] [-w] [-D plain|color|uppercase] [-c CIB] [-f FILE] [COMMAND ...]

Options:
  -f, --file FILE        run the commands in FILE (- is standard input)
  -F, --force            go ahead where crm would ask, refuse or stop
  -w, --wait             wait until the cluster has done what a change makes it do
  -D, --display STYLE    plain, color or uppercase
  -c, --cib CIB          work on the shadow copy CIB
  -n, --dry-run          rehearse everything: say what it would do, change nothing
      --complete WORD ...
                         print what the last word can become, one a line (for shells)
      --version          print the version
  -h, --help             print this

Without COMMAND an interactive shell begins; crm help says more.

A command that changes something can be rehearsed: put --dry-run behind it.

Exit codes: 0 done; 1 refused or failed; 2 crm was called wrongly. Of simulate and dry runs:
0 nothing that runs would be stopped; 3 something would be interrupted and come back;
4 something would stay stopped, or does not survive.
`

// request is what the command line asks for.
type request struct {
	file     string
	words    []string
	complete bool
	help     bool
	version  bool
}

// Run is the crm command. args do not include the program's name.
func Run(ctx context.Context, env Env, args []string) int {
	options := defaultOptions()
	req, err := parseArgs(args, &options)
	switch {
	case err != nil:
		fmt.Fprintf(env.Stderr, "ERROR: crm: %v\n%s", err, usageText)
		return exitUsage
	case req.help:
		fmt.Fprint(env.Stdout, usageText)
		return exitOK
	case req.version:
		fmt.Fprintln(env.Stdout, "crm 4.4.1 (Tactus)")
		return exitOK
	}
	s := newSession(env, options)
	if req.complete {
		s.printCompletions(ctx, req.words)
		return exitOK
	}
	if code := s.report(s.serve(ctx, req)); code != exitOK {
		return code
	}
	return exitFor(s.severity)
}

// serve runs what was asked for: words, then a file or standard input.
func (s *Session) serve(ctx context.Context, req request) error {
	if req.file != "" && req.file != "-" {
		f, err := os.Open(req.file)
		if err != nil {
			return err
		}
		defer f.Close()
		return s.runReader(ctx, req.file, f)
	}
	terminal := isTerminal(s.env.Stdin) && req.file == ""
	if terminal {
		s.ask = s.askUser
	}
	if len(req.words) > 0 {
		if err := s.runWords(ctx, req.words); err != nil || len(s.stack) == 1 {
			return err
		}
	}
	if terminal {
		return s.interact(ctx)
	}
	return s.runReader(ctx, "", s.env.Stdin)
}

// report prints an error and gives the exit code.
func (s *Session) report(err error) int {
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errQuiet) {
		s.errorf("%v", err)
	}
	return exitError
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func parseArgs(args []string, o *Options) (request, error) {
	var r request
	for i := 0; i < len(args); i++ {
		a := args[i]
		name, value, has := strings.Cut(a, "=")
		next := func() (string, error) {
			if has {
				return value, nil
			}
			if i+1 >= len(args) {
				return "", fmt.Errorf("%s needs a value", a)
			}
			i++
			return args[i], nil
		}
		var err error
		switch {
		case name == "-F" || name == "--force":
			o.Force = true
		case name == "-w" || name == "--wait":
			o.Wait = true
		case name == "-n" || name == "--dry-run":
			o.DryRun = true
		case name == "-R" || name == "-d" || name == "--debug":
		case name == "-D" || name == "--display":
			o.Output, err = next()
			if err == nil && !slices.Contains([]string{"plain", "color", "color-always", "uppercase"}, o.Output) {
				err = fmt.Errorf("display style %q: use plain, color or uppercase", o.Output)
			}
		case name == "-c" || name == "--cib":
			o.Shadow, err = next()
		case name == "-f" || name == "--file":
			r.file, err = next()
		case name == "-H" || name == "--history":
			_, err = next()
		case name == "-h" || name == "--help":
			r.help = true
		case name == "--version":
			r.version = true
		case name == "--complete":
			r.complete, r.words = true, args[i+1:]
			return r, nil
		case strings.HasPrefix(a, "-") && len(a) > 1:
			err = fmt.Errorf("unknown option %s", a)
		default:
			r.words = args[i:]
			return r, err
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}
