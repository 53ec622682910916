// Package acceptance answers "does the whole do what was promised?": tests that type
// what operators type, on clusters of real processes, and break what breaks at night.
// It has no code of its own beside the tests.
package acceptance
