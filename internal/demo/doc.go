// Package demo answers "does it work?": the story that `make demo` tells with real
// processes in namespaces. An LDAP service and its address on two, then on three
// machines; a client that asks every ten milliseconds; machines and services that die.
//
//	story.go    what happens, in order       stage.go   how things are done and awaited
//	client.go   who asks                     timeline.go what is printed at the end
package demo
