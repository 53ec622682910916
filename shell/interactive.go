package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/peterh/liner"

	"github.com/tactus-ha/tactus/shell/language"
)

// interact reads commands from a terminal until quit.
func (s *Session) interact(ctx context.Context) error {
	s.interactive = true
	told := catchInterrupts()
	defer signal.Stop(told)
	s.findNode(ctx)
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetTabCompletionStyle(liner.TabPrints)
	line.SetWordCompleter(func(text string, at int) (string, []string, string) {
		head, candidates := s.completeLine(ctx, text[:at])
		return head, candidates, text[at:]
	})
	s.ask = func(question string) bool { return yes(line.Prompt(question + " (y/n)? ")) }
	history := s.historyFile()
	if f, err := os.Open(history); err == nil {
		_, _ = line.ReadHistory(f)
		f.Close()
	}
	defer saveHistory(line, history)
	for !s.done {
		text, err := readStatement(line, s.prompt())
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			continue // Ctrl-C drops the line, as shells do
		case errors.Is(err, io.EOF):
			fmt.Fprintln(s.env.Stdout)
			if err := s.runWords(ctx, []string{"quit"}); err != nil {
				s.report(err)
				continue
			}
			return nil
		case err != nil:
			return err
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		line.AppendHistory(text)
		command, done := told.during(ctx)
		s.report(s.runLine(command, text))
		done()
	}
	return nil
}

// findNode learns this node's name for the prompt; a cluster that is down costs no time.
func (s *Session) findNode(ctx context.Context) {
	if !s.store.Live() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if st, err := s.store.API().Status(ctx); err == nil {
		s.node = string(st.Node)
	}
}

// readStatement reads a line, and more while it ends in a backslash.
func readStatement(line *liner.State, prompt string) (string, error) {
	text, err := line.Prompt(prompt)
	for err == nil && language.Continues(text) {
		var more string
		more, err = line.Prompt("   > ")
		text = strings.TrimSuffix(strings.TrimRight(text, " \t\r"), `\`) + " " + strings.TrimSpace(more)
	}
	return text, err
}

func yes(answer string, err error) bool {
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// askUser asks on a terminal when no line editor is running.
func (s *Session) askUser(question string) bool {
	fmt.Fprintf(s.env.Stderr, "%s (y/n)? ", question)
	return yes(bufio.NewReader(s.env.Stdin).ReadString('\n'))
}

func (s *Session) historyFile() string {
	dir := s.env.Getenv("XDG_CACHE_HOME")
	if dir == "" {
		dir = filepath.Join(s.env.Getenv("HOME"), ".cache")
	}
	return filepath.Join(dir, "crm", "history")
}

func saveHistory(line *liner.State, file string) {
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = line.WriteHistory(f)
}
