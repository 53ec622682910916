package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Command is one entry of the table that drives parsing, help and completion.
type Command struct {
	Name    string
	Aliases []string
	Args    string // how it is written after its name, "" when it takes nothing
	Short   string // one line
	Long    string // more help, "" when Short says it all
	Min     int    // arguments needed
	Max     int    // arguments allowed; any number when negative
	Changes bool   // it changes the cluster, or the draft: it can be rehearsed with --dry-run
	// Complete gives candidates for the word after args. Nil: it takes no words.
	Complete func(ctx context.Context, s *Session, args []string) []string
	Run      func(ctx context.Context, s *Session, args []string) error
	Level    *Level // entered by this command instead of running it
}

// Level is a group of commands that can be entered.
type Level struct {
	Name     string
	Short    string
	Long     string
	Commands []*Command
	// Enter prepares the session; Leave ends the level, and may refuse to.
	Enter func(ctx context.Context, s *Session) error
	Leave func(ctx context.Context, s *Session) error
}

// find returns the command of that name: exact, an alias, or the only one that begins
// with the word.
func (l *Level) find(word string) (*Command, error) {
	var starts []*Command
	for _, c := range l.Commands {
		if c.Name == word || slices.Contains(c.Aliases, word) {
			return c, nil
		}
		if strings.HasPrefix(c.Name, word) {
			starts = append(starts, c)
		}
	}
	switch {
	case len(starts) == 1 && len(word) > 1:
		return starts[0], nil
	case len(starts) > 1:
		return nil, fmt.Errorf("%s is ambiguous: %s", word, strings.Join(names(starts), ", "))
	}
	return nil, fmt.Errorf("no such command: %s%s", word, l.suggestion(word))
}

// suggestion names the closest command, or says where to look.
func (l *Level) suggestion(word string) string {
	best, distance := "", 3
	for _, c := range l.Commands {
		if d := editDistance(word, c.Name); d < distance {
			best, distance = c.Name, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	return "; help lists what there is"
}

func names(commands []*Command) []string {
	var out []string
	for _, c := range commands {
		out = append(out, c.Name)
	}
	return out
}

// editDistance counts the letters to insert, delete or replace between two words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// usage checks the number of arguments.
func (c *Command) usage(args []string) error {
	if len(args) < c.Min || c.Max >= 0 && len(args) > c.Max {
		return fmt.Errorf("usage: %s", strings.TrimSpace(c.Name+" "+c.Args))
	}
	return nil
}
