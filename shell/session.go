package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tactus-ha/tactus/pengine/whatif"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
	"github.com/tactus-ha/tactus/tools/store"
)

// Session is one run of the shell.
type Session struct {
	env         Env
	store       store.Store
	agents      *agentSource
	options     Options
	root        *Level
	stack       []*Level // entered levels, innermost last; never empty
	draft       *draft.Draft
	interactive bool
	node        string                     // this node's name, for the prompt; "" when not known
	ask         func(question string) bool // asks yes or no; nil when nobody is there
	noted       map[string]bool            // spellings already warned of
	done        bool

	rehearsal *store.Rehearsal // the store, while it is one
	real      store.Store      // what is behind the rehearsal of a whole session; nil when there is none
	answers   io.Writer        // where JSON answers go while everything else goes to Stderr; nil: Stdout
	severity  whatif.Severity  // the worst that rehearsals have shown
	depth     int              // of commands within commands
}

// errQuiet is returned by commands that have printed what was wrong themselves.
var errQuiet = errors.New("reported already")

func (s *Session) level() *Level { return s.stack[len(s.stack)-1] }

func (s *Session) printf(format string, args ...any) { fmt.Fprintf(s.env.Stdout, format, args...) }
func (s *Session) infof(format string, args ...any) {
	if s.rehearsal != nil {
		format = "dry run: " + format
	}
	fmt.Fprintf(s.env.Stderr, "INFO: "+format+"\n", args...)
}
func (s *Session) warnf(format string, args ...any) {
	fmt.Fprintf(s.env.Stderr, "WARNING: "+format+"\n", args...)
}
func (s *Session) errorf(format string, args ...any) {
	fmt.Fprintf(s.env.Stderr, "ERROR: "+format+"\n", args...)
}

// notes prints remarks of the language and the draft; old spellings once each.
func (s *Session) notes(notes []string) {
	for _, n := range notes {
		if s.noted[n] {
			continue
		}
		if strings.HasSuffix(n, " stored") || strings.Contains(n, " dropped: ") {
			s.noted[n] = true
			s.warnf("%s", n)
		} else {
			s.infof("%s", n)
		}
	}
}

// runLine runs one typed line.
func (s *Session) runLine(ctx context.Context, line string) error {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if rest, ok := strings.CutPrefix(line, "xml "); ok {
		if rest, ok := strings.CutSuffix(rest, " --dry-run"); ok {
			return s.runWords(ctx, []string{"xml", rest, "--dry-run"})
		}
		return s.runWords(ctx, []string{"xml", rest})
	}
	words, err := language.Words(line)
	if err != nil {
		return err
	}
	return s.runWords(ctx, words)
}

// runWords runs a command given as words, in the innermost level. A level's name
// followed by more words runs them inside and comes back.
func (s *Session) runWords(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return nil
	}
	if s.depth == 0 {
		s.followDryRun(ctx)
	}
	s.depth++
	err := s.command(ctx, words)
	if s.depth--; s.depth > 0 || err != nil {
		return err
	}
	return s.tellWhatChanged(ctx)
}

// command runs a command given as words.
func (s *Session) command(ctx context.Context, words []string) error {
	if handled, err := s.builtin(ctx, words); handled {
		return err
	}
	word := words[0]
	if s.level().Name == "configure" {
		word = strings.ToLower(word)
	}
	c, err := s.level().find(word)
	if err != nil {
		return err
	}
	if c.Level == nil {
		args := words[1:]
		if c.Changes {
			var m manner
			if args, m = takeManner(args); m.dry {
				return s.rehearse(ctx, c, args, m)
			}
		}
		if err := c.usage(args); err != nil {
			return err
		}
		return c.Run(ctx, s, args)
	}
	if err := s.enter(ctx, c.Level); err != nil {
		return err
	}
	if len(words) == 1 {
		return nil
	}
	depth := len(s.stack)
	err = s.runWords(ctx, words[1:])
	for len(s.stack) >= depth && len(s.stack) > 1 {
		if err != nil {
			s.drop()
		} else if err = s.leave(ctx); err != nil {
			s.drop()
		}
	}
	return err
}

// builtin runs the words that every level knows.
func (s *Session) builtin(ctx context.Context, words []string) (bool, error) {
	switch words[0] {
	case "help", "?", "-h", "--help":
		return true, s.help(words[1:])
	case "quit", "bye", "exit":
		for len(s.stack) > 1 {
			if err := s.leave(ctx); err != nil {
				return true, err
			}
		}
		s.done = true
		return true, nil
	case "up", "..", "back", "end":
		return true, s.leave(ctx)
	case "cd":
		return true, s.cd(ctx, words[1:])
	case "ls":
		s.list()
		return true, nil
	}
	return false, nil
}

func (s *Session) enter(ctx context.Context, l *Level) error {
	if l.Enter != nil {
		if err := l.Enter(ctx, s); err != nil {
			return err
		}
	}
	s.stack = append(s.stack, l)
	return nil
}

// leave goes up one level; the level may refuse, to keep what was typed.
func (s *Session) leave(ctx context.Context) error {
	if len(s.stack) == 1 {
		return nil
	}
	if l := s.level(); l.Leave != nil {
		if err := l.Leave(ctx, s); err != nil {
			return err
		}
	}
	s.drop()
	return nil
}

func (s *Session) drop() { s.stack = s.stack[:len(s.stack)-1] }

// cd changes the level: .., /, LEVEL, ../LEVEL.
func (s *Session) cd(ctx context.Context, args []string) error {
	path := "/"
	if len(args) > 0 {
		path = args[0]
	}
	if strings.HasPrefix(path, "/") {
		for len(s.stack) > 1 {
			if err := s.leave(ctx); err != nil {
				return err
			}
		}
	}
	for _, part := range strings.Split(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if err := s.leave(ctx); err != nil {
				return err
			}
		default:
			c, err := s.level().find(part)
			if err != nil {
				return err
			}
			if c.Level == nil {
				return fmt.Errorf("%s is a command, not a level", part)
			}
			if err := s.enter(ctx, c.Level); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Session) list() {
	for _, c := range s.level().Commands {
		name := c.Name
		if c.Level != nil {
			name += "/"
		}
		s.printf("%s\n", name)
	}
}

// prompt is crm(live/NODE)LEVEL#, or crm(SHADOW)LEVEL#.
func (s *Session) prompt() string {
	where := "live"
	if s.node != "" {
		where += "/" + s.node
	}
	if !s.store.Live() {
		where = "file"
		if s.options.Shadow != "" {
			where = s.options.Shadow
		} else if name := s.env.Getenv("CIB_shadow"); name != "" {
			where = name
		}
	}
	name := ""
	if len(s.stack) > 1 {
		name = s.level().Name
	}
	return "crm(" + where + ")" + name + "# "
}
