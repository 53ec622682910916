package shell

import (
	"context"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

type completer = func(ctx context.Context, s *Session, args []string) []string

// words completes with fixed words.
func words(list ...string) completer {
	return func(context.Context, *Session, []string) []string { return list }
}

// then completes the first word with one completer and the second with fixed words.
func then(first completer, second ...string) completer {
	return func(ctx context.Context, s *Session, args []string) []string {
		if len(args) == 0 {
			return first(ctx, s, args)
		}
		return second
	}
}

// completeLine completes what was typed before the cursor. It returns what stays and
// the candidates for the rest, each with the blank that follows it.
func (s *Session) completeLine(ctx context.Context, text string) (head string, candidates []string) {
	start := strings.LastIndexAny(text, " \t") + 1
	words := append(strings.Fields(text[:start]), text[start:])
	for _, c := range s.candidates(ctx, words) {
		if !strings.HasSuffix(c, "=") && !strings.HasSuffix(c, ":") {
			c += " "
		}
		candidates = append(candidates, c)
	}
	return text[:start], candidates
}

// printCompletions is crm --complete WORD ...: one candidate for the last word a line.
func (s *Session) printCompletions(ctx context.Context, words []string) {
	words = withoutOptions(words)
	if len(words) == 0 {
		words = []string{""}
	}
	for _, c := range s.candidates(ctx, words) {
		s.printf("%s\n", c)
	}
}

// withoutOptions drops the options, and their values, that come before the words. An
// option that is being typed stays.
func withoutOptions(words []string) []string {
	for len(words) > 1 && strings.HasPrefix(words[0], "-") {
		takesValue := slices.Contains([]string{"-D", "--display", "-c", "--cib", "-f", "--file", "-H", "--history"}, words[0])
		if words = words[1:]; takesValue && len(words) > 1 {
			words = words[1:]
		}
	}
	return words
}

// candidates lists what the last word can become, sorted, each once. It walks the
// command table as runWords does, and changes nothing.
func (s *Session) candidates(ctx context.Context, words []string) []string {
	level, last := s.level(), words[len(words)-1]
	var options []string
	for i := 0; ; i++ {
		if i == len(words)-1 {
			options = append(names(level.Commands), "help", "quit", "up")
			break
		}
		if words[i] == "help" || words[i] == "?" {
			continue // what follows help is a command
		}
		c, err := level.find(words[i])
		if err != nil {
			return nil
		}
		if c.Level != nil {
			level = c.Level
			continue
		}
		if c.Complete != nil {
			if s.draft == nil {
				_ = s.readDraft(ctx)
			}
			options = c.Complete(ctx, s, append(slices.Clone(words[i+1:len(words)-1]), last)[:len(words)-i-2])
			if slices.Contains(words[i+1:], ":") {
				options = nil
			}
		}
		if c.Changes {
			options = append(options, dryWords(last)...)
		}
		break
	}
	return matching(options, last)
}

func matching(options []string, last string) []string {
	var out []string
	for _, o := range options {
		if strings.HasPrefix(o, last) && o != "" {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func completeResources(_ context.Context, s *Session, args []string) []string {
	if s.draft == nil {
		return nil
	}
	return without(s.draft.Resources(), args)
}

func without(list, used []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return slices.Contains(used, x) })
}

func completeNodes(_ context.Context, s *Session, args []string) []string {
	if s.draft == nil || len(args) > 0 {
		return nil
	}
	return s.draft.Nodes()
}

func completeObjects(_ context.Context, s *Session, args []string) []string {
	if s.draft == nil {
		return nil
	}
	return without(ids(s.draft.Objects()), args)
}

func completeShow(ctx context.Context, s *Session, args []string) []string {
	out := append(completeObjects(ctx, s, args), "xml", "changed")
	for _, v := range language.Verbs() {
		out = append(out, "type:"+v)
	}
	return out
}

func completeMove(ctx context.Context, s *Session, args []string) []string {
	if len(args) == 0 {
		return completeResources(ctx, s, args)
	}
	return append(completeNodes(ctx, s, nil), "force", "PT5M", "PT1H", "P1D")
}

func completeModgroup(ctx context.Context, s *Session, args []string) []string {
	switch len(args) {
	case 0:
		return s.idsOf("group")
	case 1:
		return []string{"add", "remove"}
	case 3:
		return []string{"before", "after"}
	}
	return completeResources(ctx, s, args)
}

// idsOf lists the ids of objects of some verbs.
func (s *Session) idsOf(verbs ...string) []string {
	var out []string
	if s.draft == nil {
		return nil
	}
	for _, o := range s.draft.Objects() {
		if slices.Contains(verbs, o.Verb) {
			out = append(out, o.ID)
		}
	}
	return out
}

func completeProperty(context.Context, *Session, []string) []string { return language.Properties() }

func completeFailcount(ctx context.Context, s *Session, args []string) []string {
	switch len(args) {
	case 0:
		return completeResources(ctx, s, args)
	case 1:
		return []string{"show", "set", "delete"}
	case 2:
		return completeNodes(ctx, s, nil)
	}
	return nil
}

// pairCompletion completes RSC show|set|delete NAME.
func pairCompletion(set string) completer {
	return func(ctx context.Context, s *Session, args []string) []string {
		switch {
		case len(args) == 0:
			return completeResources(ctx, s, args)
		case len(args) == 1:
			return []string{"show", "set", "delete"}
		case len(args) > 2 || s.draft == nil:
			return nil
		}
		o, ok := s.draft.Find(args[0])
		if !ok {
			return nil
		}
		out := pairNames(o, set)
		switch {
		case args[1] != "set":
		case set == "meta_attributes":
			out = append(out, language.MetaAttributes()...)
		case set == "instance_attributes":
			out = append(out, s.parameterNames(ctx, o)...)
		}
		return out
	}
}

func pairNames(o draft.Object, set string) []string {
	var out []string
	for list := range o.Element.All(set) {
		for nv := range list.All("nvpair") {
			out = append(out, nv.Get("name"))
		}
	}
	return out
}

func (s *Session) parameterNames(ctx context.Context, o draft.Object) []string {
	agent, err := agentOf(o.Element, s.draft.Root().Child("configuration").Child("resources"))
	if err != nil {
		return nil
	}
	_, meta, _ := s.agents.metadata(ctx, agent)
	var out []string
	for _, p := range meta.Parameters {
		out = append(out, p.Name)
	}
	return out
}

func nodePairCompletion(ctx context.Context, s *Session, args []string) []string {
	switch len(args) {
	case 0:
		return completeNodes(ctx, s, nil)
	case 1:
		return []string{"show", "set", "delete"}
	case 2:
		return []string{"standby", "maintenance"}
	}
	return nil
}

func completeAgents(_ context.Context, s *Session, args []string) []string {
	if len(args) > 0 {
		return nil
	}
	return s.allAgents()
}

// allAgents lists every agent, with and without its class.
func (s *Session) allAgents() []string {
	out := s.agents.list("ocf", "")
	for _, p := range s.agents.providers("") {
		for _, t := range s.agents.list("ocf", p) {
			out = append(out, "ocf:"+p+":"+t)
		}
	}
	for _, class := range s.agents.classes() {
		if class == "ocf" {
			continue
		}
		for _, t := range s.agents.list(class, "") {
			out = append(out, class+":"+t)
		}
	}
	return out
}

func completeAgentTypes(_ context.Context, s *Session, args []string) []string {
	if len(args) > 0 {
		return []string{"ocf"}
	}
	return s.agents.list("ocf", "")
}

func completeClass(_ context.Context, s *Session, args []string) []string {
	switch {
	case len(args) == 0:
		return s.agents.classes()
	case args[0] == "ocf":
		return s.agents.providers("")
	}
	return nil
}
