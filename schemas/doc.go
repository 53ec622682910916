// Package schemas answers "is this configuration well-formed, and if not, what has to be
// written instead?": the structure of a CIB as one table (elements, what they may hold,
// which attributes they need and of what type), the check of a document against it, and
// the spellings of older guides with their standard form.
//
//	table.go      what the elements are
//	validate.go   the check: findings with line, element, what, and the corrected form
//	check.go      the same for a change: only what changed is looked at
//	normalize.go  target_role -> target-role and the like
//	upgrade.go    documents of older schemas brought to the newest
//	upgrade_2.go  what 2.0 and 3.0 changed
//	upgrade_3*.go what 4.0 changed: pairs, structure, what was dropped
//
// Status is written by the cluster itself and not checked.
package schemas
