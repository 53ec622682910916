// Package probe answers "how long was the service away, for a client?": it asks again
// and again, each time anew, and remembers who answered when.
package probe
