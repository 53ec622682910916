// Package cib answers "what is configured, and what was seen?": the cluster
// information base as an immutable document, its versions, the operations that change
// it and the patches by which changes travel.
//
//	XML text ──Parse──> *Element (immutable tree) ──NewSnapshot──> *Snapshot (index, version)
//	*Snapshot + Op ──Apply──> next *Snapshot + *Patch        (path copying: the rest is shared)
//	Machine: the same, driven by replicated commands          (used by consensus)
//
// XML is spoken only here: every other package sees Elements, Snapshots and the
// constants in names.go.
package cib
