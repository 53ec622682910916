// Package tools answers "what does this command do, exactly?": the classic command-line
// tools, one file each, named after the tool. Main finds the tool by name and runs it;
// every tool takes its streams and environment as an Env, so tests need no process.
//
//	flags.go    options in getopt's and GLib's manner
//	exit.go     exit codes and their texts
//	result.go   text or --output-as=xml
//	node.go resource.go nvset.go   what several tools look up in the CIB
//
// A tool never hangs: every call to the cluster has a deadline, and a cluster that does
// not run is exit code 102.
package tools
