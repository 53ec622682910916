// Package fencedevices answers "how are fence agents tested without a rack?": devices that
// behave towards the agents of Debian's fence-agents and cluster-glue as the real ones
// do, and that tests can look at, mislead and let die.
//
//	Machines          what hangs on a device: plugs that are on or off, and what was done to them
//	 ├─ APC           rack PDU of APC, its menus   ──┬─ Telnet or SSH serves them
//	 ├─ Chassis       blade chassis of Dell (DRAC) ──┘
//	 ├─ RackPDU       the same PDU by SNMP
//	 ├─ BMC           IPMI 2.0: Debian's ipmi_sim
//	 └─ SSHHost       a machine that is rebooted through Debian's sshd, and never reboots anything
//	Deaf              a device that is there and does not answer, by TCP and UDP
//
// Everything listens inside the namespaces of the test that calls testcluster.Enter first.
package fencedevices
