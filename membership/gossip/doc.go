// Package gossip answers "who is there right now, and what do they say about
// themselves?": it runs the heartbeats and the detector over membership/links, and
// memberlist beside them for metadata and discovery.
//
//	heartbeat thread ──> links ──> peers          links' readers ──> Detector ──> Events
//	memberlist ──> transport ──> links (packets), TCP with mutual TLS (streams)
//	rejoin loop: whoever is heard but not known to memberlist is joined, for ever
//
// The detector alone decides who is up. Why, and why memberlist is there at all, is in
// docs/decisions/0020-heartbeats-beside-memberlist.md.
package gossip
