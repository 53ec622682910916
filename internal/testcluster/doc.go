// Package testcluster answers "how do I get a real cluster to hurt?": several nodes on
// one machine, each a set of real processes in namespaces of its own (network, mount,
// pid, host name), joined by bridges. Nodes can be killed as a whole, paused, cut off
// link by link, and started again with their disk kept. It needs no more than the
// kernel's namespaces: as root directly, otherwise inside a user namespace.
//
//	Enter           re-executes the program in private namespaces (nothing leaks to the host)
//	New ─> Cluster  bridges br0, br1 ... with the test itself at .1 of each network
//	  Node          init (pid 1 of the node) ── crmd, lrmd, whatever else is started
//
// Killing a node kills its init, and with it everything on the node, and downs its
// network ports: what the others see of a machine that lost its power.
package testcluster
