// Package files answers "what does this machine's configuration say, and which of the
// nodes is this one?": it reads corosync.conf and authkey, or heartbeat's ha.cf and
// authkeys, resolves host names, finds the local node, and refuses key files that others
// can read.
package files
