// Package store answers "which CIB does this tool work on?": a file (CIB_file), a shadow
// copy (CIB_shadow in CIB_shadow_dir), or the running cluster through crmd's socket. All
// tools, the shell and the displays read and change the CIB through it, and none of them
// need a daemon for the first two. A Rehearsal stands before any of them and keeps every
// change on paper.
package store
