package tools

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools/store"
)

const crmShadowHelp = `crm_shadow - try configuration changes in a sandbox

A shadow copy is a file with a copy of the configuration. While CIB_shadow names one,
cibadmin, crm_resource, crm and the others work on it instead of the running cluster.

Usage: crm_shadow COMMAND [OPTION...]

Queries (of the active copy):
 -w, --which                Name it
 -F, --file                 Print where its file is
 -p, --display              Print its contents
 -E, --edit                 Edit it with $EDITOR
 -d, --diff                 Print how it differs from the cluster

Commands:
 -c, --create=NAME          Make a copy of the active configuration
 -e, --create-empty=NAME    Make a copy with an empty configuration
 -C, --commit=NAME          Put its configuration into the cluster (needs --force)
 -D, --delete=NAME          Delete it (needs --force)
 -r, --reset=NAME           Make it a copy of the active configuration again
 -s, --switch=NAME          Use it

Options:
 -f, --force                Do what could destroy something
 -b, --batch                Do not start a shell
 -a, --all                  With --commit: the whole CIB, status included
 -v, --validate-with=NAME   With --create-empty: the schema (pacemaker-3.9)
 -V, --verbose              accepted
 -?, --help                 This text
 -$, --version              Version

Environment: CIB_shadow_dir says where the files are (shadow.NAME); without it they are
in /var/lib/pacemaker/cib for root, else in ~/.cib.

Exit codes: 0 done; 1 with --diff: they differ; 64 wrong use; 66 no such copy; 73 the
copy exists already; 102 the cluster is not running; 103 the copy is older than the
cluster's configuration; 105 no copy is active; 107 needs --force.
`

var crmShadowOptions = []option{
	{'w', "which", noValue, ""}, {'p', "display", noValue, ""}, {'E', "edit", noValue, ""}, {'d', "diff", noValue, ""}, {'F', "file", noValue, ""},
	{'c', "create", value, ""}, {'e', "create-empty", optional, ""}, {'C', "commit", value, ""}, {'D', "delete", value, ""}, {'r', "reset", value, ""}, {'s', "switch", value, ""},
	{'f', "force", noValue, ""}, {'b', "batch", noValue, ""}, {'a', "all", noValue, ""}, {'v', "validate-with", value, ""}, {'V', "verbose", noValue, ""},
	{'?', "help", noValue, ""}, {'h', "help", noValue, ""}, {'$', "version", noValue, ""},
}

type shadow struct {
	env               Env
	command, name     string
	force, batch, all bool
	schema            string
}

func runCrmShadow(ctx context.Context, env Env, args []string) int {
	found, words, err := parseOptions(crmShadowOptions, args)
	if err != nil {
		fmt.Fprintf(env.Stderr, "crm_shadow: %v\n", err)
		return ExitUsage
	}
	s := shadow{env: env, schema: cib.ValidateWith, name: env.Getenv("CIB_shadow")}
	for _, g := range found {
		switch g.name {
		case "help":
			fmt.Fprint(env.Stdout, crmShadowHelp)
			return ExitOK
		case "version":
			fmt.Fprint(env.Stdout, versionText)
			return ExitOK
		case "force":
			s.force = true
		case "batch":
			s.batch = true
		case "all":
			s.all = true
		case "validate-with":
			s.schema = g.value
		case "verbose":
		default:
			s.command = g.name
			if g.value != "" {
				s.name = g.value
			}
		}
	}
	if (s.command == "create-empty" || s.command == "create") && len(words) > 0 { // "-b -e NAME" and "-b -f -c NAME"
		s.name = words[0]
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	return s.run(ctx)
}

func (s *shadow) complain(format string, args ...any) {
	fmt.Fprintf(s.env.Stderr, "crm_shadow: "+format+"\n", args...)
}

func (s *shadow) path() string { return store.ShadowPath(s.env.storeEnv(), s.name) }

func (s *shadow) copy() (*cib.Element, error) {
	data, err := os.ReadFile(s.path())
	if err != nil {
		return nil, err
	}
	return cib.Parse(data)
}

func (s *shadow) run(ctx context.Context) int {
	if s.command == "" {
		s.complain("no command given; see --help")
		return ExitUsage
	}
	if s.name == "" {
		fmt.Fprintln(s.env.Stderr, "No active shadow configuration defined")
		return ExitNoSuch
	}
	if strings.ContainsAny(s.name, "/\x00") {
		s.complain("%q is no name for a shadow copy", s.name)
		return ExitUsage
	}
	if (s.command == "commit" || s.command == "delete") && !s.force {
		fmt.Fprintln(s.env.Stderr, "The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, the --force flag is required in order to proceed.")
		return ExitUsage
	}
	switch s.command {
	case "which":
		fmt.Fprintln(s.env.Stdout, s.name)
	case "file":
		fmt.Fprintln(s.env.Stdout, s.path())
	case "display":
		return s.display()
	case "edit":
		return s.edit(ctx)
	case "diff":
		return s.diff(ctx)
	case "create", "create-empty", "reset":
		return s.create(ctx)
	case "commit":
		return s.commit(ctx)
	case "delete":
		if err := os.Remove(s.path()); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.complain("Could not remove shadow instance '%s': %v", s.name, err)
			return store.ExitCode(err)
		}
		fmt.Fprintf(s.env.Stdout, "To prevent accidental destruction of the cluster, unset CIB_shadow: the copy '%s' is gone\n", s.name)
	case "switch":
		if _, err := os.Stat(s.path()); err != nil {
			s.complain("Could not access shadow instance '%s': %v", s.name, err)
			return ExitNoInput
		}
		s.hint()
	}
	return ExitOK
}

// hint says how to use the copy; a shell is not started.
func (s *shadow) hint() {
	fmt.Fprintf(s.env.Stdout, "A new shadow instance was created.  To begin using it paste the following into your shell:\n  CIB_shadow=%s ; export CIB_shadow\n", s.name)
}

func (s *shadow) display() int {
	e, err := s.copy()
	if err != nil {
		s.complain("Could not access shadow instance '%s': %v", s.name, err)
		return store.ExitCode(err)
	}
	_, _ = s.env.Stdout.Write(e.XML())
	return ExitOK
}

// edit runs the editor on the copy; text that is not XML any more is put back.
func (s *shadow) edit(ctx context.Context) int {
	before, err := os.ReadFile(s.path())
	if err != nil {
		s.complain("Could not access shadow instance '%s': %v", s.name, err)
		return store.ExitCode(err)
	}
	editor := s.env.Getenv("EDITOR")
	if editor == "" {
		s.complain("no editor: set EDITOR")
		return ExitUsage
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", editor+` "$1"`, "sh", s.path())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env.Stdin, s.env.Stdout, s.env.Stderr
	if err := cmd.Run(); err != nil {
		s.complain("%s: %v", editor, err)
		return ExitError
	}
	if _, err := s.copy(); err != nil {
		s.complain("%s: %v: the copy is as before, your text is in %s.rejected", s.name, err, s.path())
		_ = os.Rename(s.path(), s.path()+".rejected")
		_ = store.WriteAtomically(s.path(), before)
		return ExitDataErr
	}
	return ExitOK
}

// real is the CIB that copies are made of: CIB_file's or the running cluster's.
func (s *shadow) real() store.Store {
	env := s.env
	getenv := env.Getenv
	env.Getenv = func(name string) string {
		if name == "CIB_shadow" {
			return ""
		}
		return getenv(name)
	}
	return env.Store()
}

func (s *shadow) diff(ctx context.Context) int {
	e, err := s.copy()
	if err != nil {
		s.complain("Could not access shadow instance '%s': %v", s.name, err)
		return store.ExitCode(err)
	}
	live, err := s.real().CIB(ctx)
	if err != nil {
		s.complain("Could not query the CIB: %v", err)
		return store.ExitCode(err)
	}
	p := cib.DiffElements(live.Root(), e)
	if p.Empty() {
		return ExitOK
	}
	_, _ = s.env.Stdout.Write(p.Element().XML())
	return ExitError
}

func (s *shadow) create(ctx context.Context) int {
	_, statErr := os.Stat(s.path())
	if s.command == "reset" && statErr != nil {
		s.complain("Could not access shadow instance '%s': %v", s.name, statErr)
		return ExitNoInput
	}
	if s.command != "reset" && statErr == nil && !s.force {
		s.complain("A shadow instance '%s' already exists.\nTo prevent accidental destruction of the cluster, the --force flag is required in order to proceed.", s.name)
		return ExitCantCreate
	}
	root := cib.Empty(time.Time{}).Root().With(cib.AttrEpoch, "1").With(cib.AttrValidateWith, s.schema)
	if s.command != "create-empty" {
		live, err := s.real().CIB(ctx)
		if err != nil {
			s.complain("Could not connect to the CIB: %v", err)
			return store.ExitCode(err)
		}
		root = live.Root()
	}
	if err := os.MkdirAll(filepath.Dir(s.path()), 0o750); err != nil {
		s.complain("%v", err)
		return ExitCantCreate
	}
	if err := store.WriteAtomically(s.path(), root.XML()); err != nil {
		s.complain("Could not create the shadow instance '%s': %v", s.name, err)
		return ExitCantCreate
	}
	if s.command != "reset" {
		s.hint()
	}
	return ExitOK
}

func (s *shadow) commit(ctx context.Context) int {
	e, err := s.copy()
	if err != nil {
		s.complain("Could not access shadow instance '%s': %v", s.name, err)
		return store.ExitCode(err)
	}
	op := api.CIBOp{Kind: "replace"}
	if !s.all {
		op.Scope, e = cib.TagConfiguration, e.Child(cib.TagConfiguration)
	}
	op.XML = string(e.AppendCompact(nil))
	if _, err := s.real().Change(ctx, api.CIBRequest{Ops: []api.CIBOp{op}}); err != nil {
		s.complain("Could not commit shadow instance '%s' to the CIB: %v", s.name, err)
		return store.ExitCode(err)
	}
	return ExitOK
}
