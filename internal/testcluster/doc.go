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
// network ports: what the others see of a machine that lost its power. A node that resets
// itself by reboot(2) boots again.
//
// # The power switch
//
// Every node hangs on a switch (Cluster.Power), and has the fence agent fence_testpower
// in <root>/usr/sbin, which operates it past all networks:
//
//	primitive power stonith:fence_testpower params pcmk_host_check=dynamic-list
//
// off kills the node and keeps it off, on boots it with its disk kept and starts its
// daemons (Options.Wake), reboot is both. The agent also knows status, monitor, list,
// metadata, and the parameters plug (or port), delay, fail, lie, hang. While the cluster
// runs, the test says with SetFaults what is wrong with which outlet (Fault: it is slow,
// refuses, hangs, lies, or loses the answer), with KeepDown that a machine does not
// come up again, and reads with Uses what the switch was asked for.
package testcluster
