// Package diff answers "where do we decide differently from Pacemaker?".
//
//	seed ──Random, Mutated, Evolved──> Case ──┬──> our crm_simulate ──┐
//	                                          └──> the reference ─────┴──Compare──> differences ──Shrink──> a folder
//
// Cases are CIBs that nobody wrote: random ones from a grammar of everything that a CIB can
// say, published ones with something changed, and clusters that live for some rounds in
// which things break. The same seed makes the same case. `make diff` runs it.
package diff
