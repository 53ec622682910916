package tools

import "github.com/tactus-ha/tactus/manual"

// ManualPage is the manual page of a command, made of its help text.
func ManualPage(c Command) string {
	return manual.Page(manual.Source{Name: c.Name, Summary: c.Summary, Help: c.Help})
}
