package sched

// available reports whether n can run resources at all: a node that is down, leaving,
// unclean, in standby or in maintenance cannot.
func (n *node) available() bool {
	return n != nil && n.online && !n.shutdown && !n.unclean && !n.standby && !n.maintenance
}
