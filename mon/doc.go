// Package mon answers "how is the cluster?": crm_mon, once or for ever, as text, as XML
// for programs, or as a live view of the terminal (mon/tui).
//
//	tools/store (CIB_file, CIB_shadow, the running cluster) ──> state.Read ──> report / XML
//
// The text is pengine/report's; here are the flags, the XML and what only a running
// cluster can tell: whether it is protected, why it has quorum, who is DC.
package mon
