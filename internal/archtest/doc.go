// Package archtest answers "may this package import that one?". Its test reads every
// import of the module and fails when one points up the layers of docs/architecture.md,
// or when a pure layer (0 to 2) reaches for a clock, a disk, a network or a lock.
package archtest
