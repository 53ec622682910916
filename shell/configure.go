package shell

import (
	"context"
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

func configureLevel() *Level {
	l := &Level{Name: "configure", Short: "the configuration of resources, constraints and the cluster",
		Long: `Statements change a draft; commit sends the draft to the cluster as one change.
Commands given from a file, by a pipe or as "crm configure ..." are committed at their end.`,
		Enter: enterConfigure, Leave: leaveConfigure}
	for _, verb := range language.Verbs() {
		l.Commands = append(l.Commands, statementCommand(verb))
	}
	l.Commands = append(l.Commands,
		&Command{Name: "show", Args: "[xml] [ids] [FILTER ...]", Short: "print the draft", Max: -1, Complete: completeShow, Run: runShow,
			Long: "FILTER is an id, a pattern (*, ?), changed, type:VERB, tag:TAG, related:RSC, or, and."},
		&Command{Name: "edit", Changes: true, Args: "[xml] [FILTER ...]", Short: "change objects with an editor ($EDITOR)", Max: -1, Complete: completeShow, Run: runEdit},
		&Command{Name: "delete", Changes: true, Aliases: []string{"remove", "rm"}, Args: "ID [ID ...]", Short: "remove objects; constraints on them go too", Min: 1, Max: -1, Complete: completeObjects, Run: runDelete},
		&Command{Name: "rename", Changes: true, Args: "OLD NEW", Short: "give an object another id", Min: 2, Max: 2, Complete: completeObjects, Run: runRename},
		&Command{Name: "modgroup", Changes: true, Args: "GROUP add RSC [before|after RSC] | GROUP remove RSC", Short: "change the members of a group", Min: 3, Max: 5, Complete: completeModgroup, Run: runModgroup},
		&Command{Name: "set", Changes: true, Args: "ID.[OPERATION.[INTERVAL.]]NAME VALUE", Short: "change one value of an object", Min: 2, Max: 2, Complete: completeObjects, Run: runSet},
		&Command{Name: "get-property", Aliases: []string{"get_property"}, Args: "NAME", Short: "print the value of a cluster property", Min: 1, Max: 1, Complete: completeProperty, Run: runGetProperty},
		&Command{Name: "load", Changes: true, Args: "[xml] update|replace|push FILE", Short: "read statements from a file (- is standard input)", Min: 1, Max: 3, Complete: words("xml", "update", "replace", "push"), Run: runLoad,
			Long: "update merges into what is there; push makes the configuration be what the file says, and keeps nodes;\nreplace does that to everything."},
		&Command{Name: "save", Args: "[xml] FILE [FILTER ...]", Short: "write the draft to a file (- is standard output)", Min: 1, Max: -1, Complete: completeShow, Run: runSave},
		&Command{Name: "verify", Short: "check the draft: references, agents, parameters, and what the policy engine says", Run: runVerify},
		&Command{Name: "commit", Changes: true, Args: "[force]", Short: "make the draft the cluster's configuration, as one change", Max: 1, Complete: words("force"), Run: runCommit},
		&Command{Name: "refresh", Short: "drop the draft and read the configuration again", Run: runRefresh},
		&Command{Name: "simulate", Aliases: []string{"ptest"}, Args: "[nograph] [v...] [scores] [actions] [utilization] [--lose NODE[+NODE]|each]", Short: "say what the draft would do, and for how long", Max: -1, Complete: completeDraftSimulate, Run: runDraftSimulate,
			Long: "The words are those of ptest: v lists the recorded times, scores, actions and utilization are printed\nbesides; there is no graph to leave out. help simulate, outside configure, says the rest."},
		&Command{Name: "erase", Changes: true, Args: "[nodes]", Short: "remove everything but the nodes; with nodes, the nodes only", Max: 1, Complete: words("nodes"), Run: runErase},
		&Command{Name: "schema", Changes: true, Args: "[SCHEMA]", Short: "show or set the schema (validate-with)", Max: 1, Run: runSchema},
		&Command{Name: "upgrade", Changes: true, Args: "[force]", Short: "bring the configuration to the newest schema", Max: 1, Complete: words("force"), Run: runUpgrade},
		&Command{Name: "default-timeouts", Changes: true, Aliases: []string{"default_timeouts"}, Args: "ID [ID ...]", Short: "set the timeouts that the agents advise", Min: 1, Max: -1, Complete: completeResources, Run: runDefaultTimeouts},
	)
	return l
}

func enterConfigure(ctx context.Context, s *Session) error {
	if s.draft != nil && s.draft.Changed() {
		return nil
	}
	return s.readDraft(ctx)
}

func (s *Session) readDraft(ctx context.Context) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	s.draft = draft.New(snap.Root())
	return nil
}

// leaveConfigure commits in a batch, and asks when somebody is there.
func leaveConfigure(ctx context.Context, s *Session) error {
	if s.draft == nil || !s.draft.Changed() {
		return nil
	}
	if s.ask != nil && s.interactive {
		if !s.ask("There are changes pending. Do you want to commit them?") {
			if !s.ask("Drop the changes?") {
				return fmt.Errorf("still in configure: commit, or refresh to drop the changes")
			}
			s.draft.Reset(s.draft.Base())
			return nil
		}
	}
	return s.commit(ctx, false)
}

// statementCommand is the table entry of a statement of the language.
func statementCommand(verb string) *Command {
	form := language.Form(verb)
	args := form
	if len(form) > len(verb) {
		args = form[len(verb)+1:]
	}
	c := &Command{Name: verb, Changes: true, Args: args, Short: statementHelp(verb), Min: 1, Max: -1,
		Complete: func(ctx context.Context, s *Session, args []string) []string {
			return s.completeStatement(ctx, verb, args)
		},
		Run: func(ctx context.Context, s *Session, args []string) error {
			return s.statement(append([]string{verb}, args...), draft.Create)
		}}
	switch verb {
	case "ms":
		c.Aliases = []string{"master"}
	case "colocation":
		c.Aliases = []string{"collocation"}
	case "fencing_topology":
		c.Aliases = []string{"fencing-topology"}
	case "location":
		c.Long = "SCORE is a whole number, inf or -inf. help rules says how an EXPRESSION is written."
	}
	return c
}

func statementHelp(verb string) string {
	return map[string]string{
		"node":             "a node and its attributes",
		"primitive":        "a resource",
		"rsc_template":     "what several primitives have in common",
		"group":            "resources that run on one node, started in order",
		"clone":            "a resource that runs on several nodes",
		"ms":               "a clone whose instances can be promoted",
		"bundle":           "a resource in containers",
		"location":         "which nodes a resource prefers or avoids",
		"colocation":       "resources that run together, or apart",
		"order":            "resources that start one after another",
		"rsc_ticket":       "resources that depend on a ticket",
		"fencing_topology": "which fencing devices to try, in which order",
		"property":         "properties of the cluster",
		"rsc_defaults":     "defaults of meta attributes",
		"op_defaults":      "defaults of operations",
		"tag":              "a name for several resources",
		"monitor":          "a monitor operation for a resource",
		"xml":              "an object written as XML",
	}[verb]
}

// statement puts one statement into the draft.
func (s *Session) statement(words []string, how draft.How) error {
	p, err := language.Parse(words, s.languageContext())
	if err != nil {
		return err
	}
	notes, err := s.draft.Put(p, how)
	if err != nil {
		return err
	}
	s.notes(notes)
	return nil
}

func (s *Session) languageContext() language.Context {
	return language.Context{Agent: s.agents.resolve, Nodes: s.draft.Nodes()}
}

func runDelete(_ context.Context, s *Session, args []string) error {
	force := false
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool {
		if a == "--force" || a == "force" {
			force = true
			return true
		}
		return false
	})
	for _, id := range args {
		if nodes := s.runningOn(id); len(nodes) > 0 && !force && !s.options.Force {
			return fmt.Errorf("resource %s is running on %s, can't delete it: stop it first, or delete --force %s", id, nodes[0], id)
		}
	}
	notes, err := s.draft.Delete(args...)
	if err != nil {
		return err
	}
	s.notes(notes)
	return nil
}

func runRename(_ context.Context, s *Session, args []string) error {
	if nodes := s.runningOn(args[0]); len(nodes) > 0 && !s.options.Force {
		return fmt.Errorf("resource %s is running on %s, can't rename it: stop it first", args[0], nodes[0])
	}
	return s.draft.Rename(args[0], args[1])
}

func runModgroup(_ context.Context, s *Session, args []string) error {
	if len(args) == 4 {
		return fmt.Errorf("modgroup %s: %s which member?", args[0], args[3])
	}
	where, beside := "", ""
	if len(args) == 5 {
		where, beside = args[3], args[4]
	}
	return s.draft.Modgroup(args[0], args[1], args[2], where, beside)
}

func runGetProperty(_ context.Context, s *Session, args []string) error {
	v := s.draft.Property(args[0])
	if v == "" {
		return fmt.Errorf("property %s is not set", args[0])
	}
	s.printf("%s\n", v)
	return nil
}

func runRefresh(ctx context.Context, s *Session, _ []string) error {
	if s.draft.Changed() && s.interactive && s.ask != nil && !s.options.Force && !s.ask("All changes will be dropped. Do you want to proceed?") {
		return nil
	}
	return s.readDraft(ctx)
}

func runErase(_ context.Context, s *Session, args []string) error {
	if len(args) == 1 && args[0] != "nodes" {
		return fmt.Errorf("erase %s: want erase or erase nodes", args[0])
	}
	if len(args) == 0 && !s.options.Force {
		for _, id := range s.draft.Resources() {
			if nodes := s.runningOn(id); len(nodes) > 0 {
				return fmt.Errorf("resource %s is running on %s: erase aborted, nothing was deleted", id, nodes[0])
			}
		}
	}
	s.draft.Erase(len(args) == 1)
	return nil
}

func runSchema(_ context.Context, s *Session, args []string) error {
	if len(args) == 0 {
		s.printf("%s\n", s.draft.Root().Get("validate-with"))
		return nil
	}
	s.draft.SetRoot(s.draft.Root().With("validate-with", args[0]))
	return nil
}
