// Package testreport answers "what did the tests prove, and what did they leave out?". It
// reads the events of `go test -json` and writes what go test itself would: a line a package, everything that failed
// tests said, and at the end a line for each test that was skipped, with its reason.
package testreport
