// Package links answers "how do packets travel between nodes?": over several redundant
// networks at once (UDP to single addresses, multicast, broadcast), sealed with the
// cluster's key, and in a way that trouble on one network never touches another.
//
//	            ┌ link 0 ─ socket, reader, errors, statistics
//	Set ── seal ┤
//	            └ link 1 ─ ...
//	     open <─── all links: authentic? ours? new? ──> heartbeats, packets (first copy only)
//
// Each packet names its sender, the sender's boot and a counter; replays, strangers,
// garbage and oversized packets are dropped and counted. A heartbeat counts only when it
// answers a heartbeat of ours, so a recorded one proves nothing and a link that works in
// one direction is not taken for a link.
package links
