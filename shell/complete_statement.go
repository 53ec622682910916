package shell

import (
	"context"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/shell/language"
)

// completeStatement completes a word of a configuration statement, after args.
func (s *Session) completeStatement(ctx context.Context, verb string, args []string) []string {
	switch verb {
	case "primitive", "rsc_template":
		return s.completePrimitive(ctx, args)
	case "group", "clone", "ms":
		return s.completeContainer(verb, args)
	case "location":
		return s.completeLocation(args)
	case "colocation", "order", "rsc_ticket":
		return s.completeConstraint(verb, args)
	case "property":
		return assignments(language.Properties())
	case "rsc_defaults":
		return assignments(language.MetaAttributes())
	case "op_defaults":
		return assignments(language.OpAttributes())
	case "node":
		if len(args) == 0 && s.draft != nil {
			return s.draft.Nodes()
		}
		return []string{"attributes", "utilization", "standby=", "maintenance="}
	case "tag", "fencing_topology":
		if len(args) == 0 && verb == "tag" || s.draft == nil {
			return nil
		}
		return s.draft.Resources()
	case "monitor":
		if len(args) == 0 {
			return s.idsOf("primitive")
		}
	}
	return nil
}

func assignments(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, n+"=")
	}
	return out
}

// lastKeyword returns the word of the list that the cursor is in, "" before the first,
// and the words after it.
func lastKeyword(args []string, keywords ...string) (word string, after []string) {
	for i := len(args) - 1; i >= 0; i-- {
		if slices.Contains(keywords, args[i]) {
			return args[i], args[i+1:]
		}
	}
	return "", args
}

func (s *Session) completePrimitive(ctx context.Context, args []string) []string {
	switch len(args) {
	case 0:
		return nil
	case 1:
		out := s.allAgents()
		for _, t := range s.idsOf("rsc_template") {
			out = append(out, "@"+t)
		}
		return out
	}
	meta := s.statementAgent(ctx, args[1])
	keywords := []string{"params", "meta", "utilization", "op"}
	word, after := lastKeyword(args[2:], keywords...)
	switch word {
	case "meta":
		return append(assignments(language.MetaAttributes()), keywords...)
	case "utilization":
		return append([]string{"cpu=", "memory="}, keywords...)
	case "op":
		if len(after) == 0 {
			return operationNames(meta)
		}
		return append(operationAttributes(meta, after[0]), keywords...)
	}
	out := slices.Clone(keywords)
	for _, p := range meta.Parameters {
		out = append(out, p.Name+"=")
	}
	if strings.HasPrefix(args[1], "stonith:") {
		for _, p := range fenceParameters() {
			out = append(out, p[0]+"=")
		}
	}
	return out
}

// statementAgent gives the meta-data of the agent or template that a word names.
func (s *Session) statementAgent(ctx context.Context, spec string) ocf.Metadata {
	agent := lrmd.Agent{}
	if template, ok := strings.CutPrefix(spec, "@"); ok && s.draft != nil {
		o, _ := s.draft.Find(template)
		agent = lrmd.Agent{Class: o.Element.Get("class"), Provider: o.Element.Get("provider"), Type: o.Element.Get("type")}
	} else if class, provider, typ, err := s.agents.resolve(spec); err == nil {
		agent = lrmd.Agent{Class: class, Provider: provider, Type: typ}
	}
	_, meta, _ := s.agents.metadata(ctx, agent)
	return meta
}

func operationNames(meta ocf.Metadata) []string {
	out := []string{"start", "stop", "monitor", "promote", "demote"}
	for _, a := range meta.Actions {
		if a.Name != "meta-data" && a.Name != "validate-all" {
			out = append(out, a.Name)
		}
	}
	return out
}

// operationAttributes offers the attributes of an operation, with what the agent
// advises and what may be said.
func operationAttributes(meta ocf.Metadata, name string) []string {
	out := assignments(language.OpAttributes()[1:])
	for _, a := range meta.Actions {
		if a.Name != name {
			continue
		}
		if a.Timeout > 0 {
			out = append(out, "timeout="+seconds(a.Timeout))
		}
		if a.Interval > 0 {
			out = append(out, "interval="+seconds(a.Interval))
		}
	}
	for _, v := range language.OnFailValues() {
		out = append(out, "on-fail="+v)
	}
	return append(out, "role=Promoted", "role=Unpromoted", "enabled=false")
}

func (s *Session) completeContainer(verb string, args []string) []string {
	if len(args) == 0 {
		return nil
	}
	if word, _ := lastKeyword(args[1:], "params", "meta"); word == "meta" {
		return assignments(language.MetaAttributes())
	}
	free := []string{}
	if s.draft != nil {
		for _, o := range s.draft.Objects() {
			if o.Parent == nil && (o.Verb == "primitive" || o.Verb == "group" && verb != "group") && !slices.Contains(args, o.ID) {
				free = append(free, o.ID)
			}
		}
	}
	if verb != "group" && len(args) > 1 {
		return []string{"meta", "params"}
	}
	return append(free, "meta", "params")
}

func scores() []string { return []string{"inf:", "-inf:", "0:", "10:", "100:"} }

func (s *Session) completeLocation(args []string) []string {
	switch {
	case len(args) == 0 || s.draft == nil:
		return nil
	case len(args) == 1:
		return append(s.draft.Resources(), s.idsOf("tag")...)
	case strings.HasSuffix(args[len(args)-1], ":"):
		if slices.Contains(args, "rule") {
			return []string{"#uname", "defined", "not_defined", "date"}
		}
		return s.draft.Nodes()
	}
	switch args[len(args)-1] {
	case "#uname":
		return []string{"eq", "ne"}
	case "eq", "ne":
		return s.draft.Nodes()
	case "rule", "and", "or":
		return append(scores(), "#uname", "defined", "not_defined", "date", "$role=")
	case "date":
		return []string{"lt", "gt", "in", "spec"}
	}
	if slices.Contains(args, "rule") {
		return []string{"and", "or", "rule", "lt", "gt", "lte", "gte", "eq", "ne"}
	}
	return append(scores(), "rule", "role=Promoted", "role=Started", "resource-discovery=never", "resource-discovery=exclusive")
}

func (s *Session) completeConstraint(verb string, args []string) []string {
	switch {
	case len(args) == 0 || s.draft == nil:
		return nil
	case len(args) == 1 && verb == "colocation":
		return scores()
	case len(args) == 1 && verb == "order":
		return append([]string{"Mandatory:", "Optional:", "Serialize:"}, s.draft.Resources()...)
	case len(args) == 1:
		return nil // a ticket has any name
	}
	out := without(s.draft.Resources(), args)
	for _, id := range s.idsOf("ms", "clone") {
		if verb == "order" {
			out = append(out, id+":promote", id+":start")
		} else {
			out = append(out, id+":Promoted")
		}
	}
	return append(out, map[string]string{"order": "symmetrical=", "colocation": "node-attribute=", "rsc_ticket": "loss-policy="}[verb])
}
