// Package membership answers "who should be here, who is, and how do we know?": the
// configuration of members and links (corosync.conf, or heartbeat's ha.cf), the timing
// derived from one setting (token or deadtime), and the detector that turns heartbeats
// into events. It is pure; membership/links moves packets, membership/gossip runs
// memberlist over them.
package membership
