// Package crm answers "what do the words mean?": the small value types that every
// other package speaks in. Names follow docs/glossary.md, which follows the field.
//
// A resource is named by a ResourceID and runs on a node named by a NodeName in a
// Role. What is asked of it is an operation, identified by OpKey; what an agent
// answered is an ExitCode; what the executor made of it is an ExecStatus. Scores
// add up with saturation. A Stamp says under whose authority an order was given.
package crm
