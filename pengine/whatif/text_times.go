package whatif

import (
	"fmt"
	"slices"
)

// maxNames bounds how many resources one line names.
const maxNames = 5

// estimateLines tells what was assumed; with all, what is recorded too.
func estimateLines(list []Estimate, all bool) []string {
	var out []string
	var assumed []Estimate // without resource: each kind once
	whose := map[Estimate][]string{}
	for _, e := range list {
		switch {
		case !e.Recorded:
			kind := e
			kind.Resource, kind.Node = "", ""
			if kind.Like != "" {
				kind.Length, kind.Seconds = 0, 0
			}
			name := string(e.Resource)
			if name == "" {
				name = string(e.Node)
			}
			if whose[kind] == nil {
				assumed = append(assumed, kind)
			}
			if !slices.Contains(whose[kind], name) {
				whose[kind] = append(whose[kind], name)
			}
		case all && e.Samples > 0:
			out = append(out, fmt.Sprintf("Recorded: %s of %s: none; the median of %d of other resources of %s is %s.", e.Operation, e.Resource, e.Samples, e.Agent, length(e.Length)))
		case all && e.Operation == "fencing":
			out = append(out, fmt.Sprintf("Recorded: fencing of %s took %s the last time.", e.Node, length(e.Length)))
		case all:
			out = append(out, fmt.Sprintf("Recorded: %s of %s took %s the last time.", e.Operation, e.Resource, length(e.Length)))
		}
	}
	for _, kind := range assumed {
		names := whose[kind]
		if more := len(names) - maxNames; more > 0 && !all {
			names = append(slices.Clone(names[:maxNames]), fmt.Sprintf("%d more", more))
		}
		how := length(kind.Length)
		if kind.Like != "" {
			how = "to take as long as the " + kind.Like
		}
		out = append(out, fmt.Sprintf("No recorded %s of %s; assumed %s.", kind.Operation, enumerate(names), how))
	}
	return out
}
