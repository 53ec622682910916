package shell

import (
	"fmt"
	"strings"
)

// help prints the help of a level or a command: help, help COMMAND, help LEVEL COMMAND.
// What the innermost level does not know is looked for at the root.
func (s *Session) help(topic []string) error {
	level := s.level()
	for i, word := range topic {
		c, err := level.find(word)
		if err != nil && i == 0 && level != s.root {
			c, err = s.root.find(word)
		}
		if err != nil {
			if text, ok := topics()[word]; ok && len(topic) == 1 {
				s.printf("%s\n", strings.TrimSpace(text))
				return nil
			}
			return err
		}
		if c.Level == nil {
			if i+1 < len(topic) {
				return fmt.Errorf("%s is a command, not a level", word)
			}
			s.printf("%s", commandHelp(c))
			return nil
		}
		level = c.Level
	}
	s.printf("%s", levelHelp(level))
	return nil
}

func commandHelp(c *Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nUsage:\n    %s\n", c.Name, c.Short, c.synopsis())
	if len(c.Aliases) > 0 {
		fmt.Fprintf(&b, "Also: %s\n", strings.Join(c.Aliases, ", "))
	}
	if c.Long != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.Long))
	}
	if c.Changes {
		b.WriteString("\nWith --dry-run as the last word it only says what it would do, and for how long that would\nbe felt. Exit codes then: 0 nothing that runs is stopped; 3 interrupted; 4 something stays stopped.\n")
	}
	return b.String()
}

// synopsis is how the command is written.
func (c *Command) synopsis() string {
	text := strings.TrimSpace(c.Name + " " + c.Args)
	if c.Changes {
		text += " [--dry-run]"
	}
	return text
}

func levelHelp(l *Level) string {
	var b strings.Builder
	title := l.Name
	if title == "" {
		title = "crm"
	}
	fmt.Fprintf(&b, "%s: %s\n", title, l.Short)
	if l.Long != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(l.Long))
	}
	b.WriteString("\n")
	for _, c := range l.Commands {
		name := c.Name
		if c.Level != nil {
			name += "/"
		}
		fmt.Fprintf(&b, "  %-20s %s\n", name, c.Short)
	}
	b.WriteString("\nEverywhere: help [COMMAND], up (..), cd LEVEL, ls, quit (bye, exit).\n")
	return b.String()
}

// topics are help texts that belong to no command.
func topics() map[string]string {
	return map[string]string{
		"exitcodes": `
Exit codes of crm:
    0  everything was done
    1  something was refused or failed; the message says what, and in a file on which line
    2  crm itself was called wrongly
Of simulate, and of commands with --dry-run:
    0  nothing that runs would be stopped; everything survives
    3  something that runs would be interrupted, and come back
    4  something that runs would stay stopped, or does not survive the loss of a node`,
		"rules": `
A rule is written
    rule [$id=ID] [$role=ROLE] [SCORE:] EXPRESSION [and|or EXPRESSION ...]
EXPRESSION is one of
    NAME [string:|number:|version:]lt|gt|lte|gte|eq|ne VALUE
    defined NAME
    not_defined NAME
    date lt END | date gt START
    date in start=START end=END | date in start=START hours=N ...
    date spec hours=9-16 weekdays=1-5 ...
#uname is the node's name. SCORE is inf when it is left out.`,
		"syntax": `
A statement is one line; a line that ends in \ goes on in the next. A line that begins
with # is a comment. Values with blanks are quoted: description="two words".`,
	}
}

// reference lists every command, a section for each level: it follows the help text in
// the manual page.
func reference() string {
	var b strings.Builder
	var list func(path string, l *Level)
	list = func(path string, l *Level) {
		fmt.Fprintf(&b, "%s - %s:\n", path, l.Short)
		for _, c := range l.Commands {
			if c.Level == nil {
				fmt.Fprintf(&b, "  %s\n      %s\n", c.synopsis(), c.Short)
				if c.Long != "" {
					fmt.Fprintf(&b, "      %s\n", strings.Join(strings.Fields(c.Long), " "))
				}
			}
		}
		b.WriteString("\n")
		for _, c := range l.Commands {
			if c.Level != nil {
				list(path+" "+c.Name, c.Level)
			}
		}
	}
	list("crm", grammar())
	return b.String()
}
