// Package language answers "what does this line of the crm language mean, and how is
// this piece of the CIB written in it?". It is the words of `crm configure`, in both
// directions, and nothing else: no files, no cluster, no terminal.
//
//	text ──Statements──> []Statement ──Words──> []string ──Parse──> Parsed (an element, ids still missing)
//	Parsed.Element ──FillIDs(old)──> element with ids            (package draft puts it into a CIB)
//	element ──Printer.Print──> text
//
// A statement that was printed and is read again gives the same element: Printer
// checks that itself and falls back to `xml <...>` when the language has no words for
// what an element holds.
//
// The language is crmsh's. Source: crm(8), "CONFIGURE".
package language
