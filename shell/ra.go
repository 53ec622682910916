package shell

import (
	"context"
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

func raLevel() *Level {
	return &Level{Name: "ra", Short: "resource agents on this machine", Commands: []*Command{
		{Name: "classes", Short: "classes of agents, and providers of ocf", Run: runClasses},
		{Name: "providers", Args: "TYPE [CLASS]", Short: "who provides an agent", Min: 1, Max: 2, Complete: completeAgentTypes, Run: runProviders},
		{Name: "list", Args: "CLASS [PROVIDER]", Short: "agents of a class", Min: 1, Max: 2, Complete: completeClass, Run: runList},
		{Name: "info", Aliases: []string{"meta"}, Args: "[CLASS:[PROVIDER:]]TYPE", Short: "what an agent does, its parameters and operations", Min: 1, Max: 3, Complete: completeAgents, Run: runInfo},
		{Name: "validate", Args: "[CLASS:[PROVIDER:]]TYPE [NAME=VALUE ...]", Short: "check parameters against what the agent knows", Min: 1, Max: -1, Complete: completeAgents, Run: runValidate},
	}}
}

func runClasses(_ context.Context, s *Session, _ []string) error {
	for _, class := range s.agents.classes() {
		if class == "ocf" {
			class += " / " + strings.Join(s.agents.providers(""), " ")
		}
		s.printf("%s\n", class)
	}
	return nil
}

func runProviders(_ context.Context, s *Session, args []string) error {
	if len(args) == 2 && args[1] != "ocf" {
		return fmt.Errorf("class %s has no providers: only ocf has", args[1])
	}
	providers := s.agents.providers(args[0])
	if len(providers) == 0 {
		return fmt.Errorf("no agent %s is installed", args[0])
	}
	s.printf("%s\n", strings.Join(providers, " "))
	return nil
}

func runList(_ context.Context, s *Session, args []string) error {
	class, provider := args[0], ""
	if c, p, ok := strings.Cut(class, ":"); ok {
		class, provider = c, p
	}
	if len(args) == 2 {
		provider = args[1]
	}
	if !contains(s.agents.classes(), class) {
		return fmt.Errorf("class %s does not exist: use %s", class, strings.Join(s.agents.classes(), ", "))
	}
	if provider != "" && !contains(s.agents.providers(""), provider) {
		return fmt.Errorf("there are no agents of provider %s: use %s", provider, strings.Join(s.agents.providers(""), ", "))
	}
	s.columns(s.agents.list(class, provider))
	return nil
}

// columns prints words side by side, as ls does.
func (s *Session) columns(words []string) {
	const width = 80
	longest := 0
	for _, w := range words {
		longest = max(longest, len(w)+2)
	}
	if longest == 0 {
		return
	}
	count := max(1, width/longest)
	rows := (len(words) + count - 1) / count
	for row := range rows {
		var b strings.Builder
		for i := row; i < len(words); i += rows {
			fmt.Fprintf(&b, "%-*s", longest, words[i])
		}
		s.printf("%s\n", strings.TrimRight(b.String(), " "))
	}
}

// agentNamed finds the agent that words name: CLASS:PROVIDER:TYPE, or TYPE CLASS
// PROVIDER as old versions had it.
func (s *Session) agentNamed(args []string) (lrmd.Agent, error) {
	spec := args[0]
	if len(args) == 3 {
		spec = args[1] + ":" + args[2] + ":" + args[0]
	} else if len(args) == 2 {
		spec = args[1] + ":" + args[0]
	}
	class, provider, typ, err := s.agents.resolve(spec)
	return lrmd.Agent{Class: class, Provider: provider, Type: typ}, err
}

func runInfo(ctx context.Context, s *Session, args []string) error {
	agent, err := s.agentNamed(args)
	if err != nil {
		return err
	}
	_, meta, err := s.agents.metadata(ctx, agent)
	if err != nil {
		return fmt.Errorf("%s: %w", agentName(agent), err)
	}
	s.printf("%s", agentText(agent, meta))
	return nil
}

// agentText is the description of an agent for people.
func agentText(agent lrmd.Agent, meta ocf.Metadata) string {
	var b strings.Builder
	if short := strings.TrimSpace(meta.ShortDesc); short != "" {
		fmt.Fprintf(&b, "%s (%s)\n\n", short, agentName(agent))
	} else {
		fmt.Fprintf(&b, "%s\n\n", agentName(agent))
	}
	if long := strings.TrimSpace(meta.LongDesc); long != "" {
		fmt.Fprintf(&b, "%s\n\n", long)
	}
	if len(meta.Parameters) > 0 {
		b.WriteString("Parameters (*: required, []: default):\n\n")
	}
	for _, p := range meta.Parameters {
		mark := ""
		if p.Required {
			mark = "*"
		}
		typ := p.Type
		if len(p.Values) > 0 {
			typ = strings.Join(p.Values, "|")
		}
		fmt.Fprintf(&b, "%s%s (%s", p.Name, mark, typ)
		if p.HasDefault && p.Default != "" {
			fmt.Fprintf(&b, ", [%s]", p.Default)
		}
		fmt.Fprintf(&b, "): %s\n", strings.TrimSpace(p.ShortDesc))
		if long := strings.TrimSpace(p.LongDesc); long != "" && long != strings.TrimSpace(p.ShortDesc) {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(long, "\n", "\n    "))
		}
		b.WriteString("\n")
	}
	if agent.Class == "stonith" {
		b.WriteString("Parameters of every fence device:\n\n")
		for _, p := range fenceParameters() {
			fmt.Fprintf(&b, "%s: %s\n\n", p[0], p[1])
		}
	}
	if len(meta.Actions) > 0 {
		b.WriteString("Operations' defaults (advised minimum):\n\n")
	}
	for _, a := range meta.Actions {
		fmt.Fprintf(&b, "    %-13s", a.Name)
		if a.Role != "" {
			fmt.Fprintf(&b, " role=%s", a.Role)
		}
		if a.Timeout > 0 {
			fmt.Fprintf(&b, " timeout=%s", seconds(a.Timeout))
		}
		if a.Interval > 0 {
			fmt.Fprintf(&b, " interval=%s", seconds(a.Interval))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func runValidate(ctx context.Context, s *Session, args []string) error {
	agent, err := s.agentNamed(args[:1])
	if err != nil {
		return err
	}
	_, meta, err := s.agents.metadata(ctx, agent)
	if err != nil {
		return fmt.Errorf("%s: %w", agentName(agent), err)
	}
	given, bad := map[string]bool{}, 0
	for _, a := range args[1:] {
		name, _, ok := strings.Cut(a, "=")
		given[name] = true
		if _, known := meta.Parameter(name); !ok || !known {
			s.errorf("%s: parameter %s is not known%s", agentName(agent), name, closeParameter(name, meta))
			bad++
		}
	}
	for _, p := range meta.Missing(func(name string) bool { return given[name] }) {
		s.errorf("%s: required parameter %s is missing", agentName(agent), p.Name)
		bad++
	}
	if bad > 0 {
		return errQuiet
	}
	return nil
}
