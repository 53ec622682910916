// Package shell answers "what does this crm command do?": the crm shell, interactive,
// as one command, from a file or from standard input.
//
// One table describes it all (grammar.go holds its types, root.go its top): levels,
// their commands, how each is written, what it does, what completes it, its help.
// Parsing, help and completion read that table and nothing else.
//
//	words ──lookup──> Command ──Run──> Session: CIB store, draft, agents, options
//
// The language of the configuration is in shell/language, its editing in shell/draft.
//
// Exit codes: 0 everything was done; 1 something was refused or went wrong (the message
// says what, and in a file where); 2 crm itself was called wrongly.
package shell
