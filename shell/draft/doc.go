// Package draft answers "what would the CIB be if this were committed?". A Draft is a
// copy of the configuration that statements change; nothing reaches the cluster until
// the result is committed as one change.
//
//	New(root) ── Put, Delete, Rename, Modgroup ──> Root()
//	                                                 │
//	Merge(base, Root(), current root) <── someone else changed the CIB meanwhile
//
// Each step either does all it was asked or leaves the draft as it was. The draft knows
// nothing of files, sockets or terminals.
package draft
