// Package rules answers "is this rule in force now, and until when?": date expressions,
// node attribute expressions, resource and operation expressions, and what combines
// them. It also evaluates the blocks of name/value pairs that rules guard.
//
//	rule ── and/or ── date_expression | expression | rsc_expression | op_expression | rule
//
// Source: Pacemaker Explained, "Rules"; where text and program differ, the program.
package rules
