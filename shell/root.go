package shell

import "strings"

// grammar is the whole command tree.
func grammar() *Level {
	level := func(l *Level) *Command { return &Command{Name: l.Name, Short: l.Short, Max: -1, Level: l} }
	return &Level{Short: "the command line of the cluster",
		Long: `Commands are grouped in levels. "crm LEVEL COMMAND" runs one command, "crm LEVEL"
enters the level. help LEVEL COMMAND explains a command; help syntax, help rules and
help exitcodes explain the language.`,
		Commands: []*Command{
			level(configureLevel()),
			level(resourceLevel()),
			level(nodeLevel()),
			{Name: "status", Args: "[WORD ...]", Short: "show the state of the cluster, as crm_mon -1 does", Long: "WORD is one of " + strings.Join(statusWords(), ", ") + ", or an option of crm_mon.", Max: -1,
				Complete: words(statusWords()...), Run: runStatus},
			level(clusterLevel()),
			level(fencingLevel()),
			level(raLevel()),
			level(historyLevel()),
			explainCommand(),
			simulateCommand(),
			{Name: "verify", Short: "check the configuration that the cluster has", Run: runVerify},
			level(optionsLevel()),
		}}
}

func newSession(env Env, options Options) *Session {
	root := grammar()
	env = withShadow(env, options.Shadow)
	return &Session{env: env, store: env.Store(), agents: newAgentSource(env), options: options,
		root: root, stack: []*Level{root}, noted: map[string]bool{}}
}
