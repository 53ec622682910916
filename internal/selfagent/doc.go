// Package selfagent answers "how is this program an OCF agent of its own test clusters?":
// a script in the agents' folder runs the program again, and the service that the agent
// controls is the program once more, as a process of its own.
//
//	lrmd ──> script ──> PROGRAM agent ACTION ──start──> PROGRAM service ARGS   (Ready)
//	                                          ──stop───> killed and gone
package selfagent
