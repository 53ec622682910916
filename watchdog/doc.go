// Package watchdog answers "how does a node make sure that it is off, without anybody's
// help?". A node that must not go on ends itself, at once and without asking anything that
// may hang; a hardware watchdog ends it when it cannot even do that.
//
//	Machine.Reset ──> note why (last-reset, on disk) ──> reboot(2) ──> sysrq, if that failed
//
//	Device              armed, fed, disarmed (magic close); settings.go: which, as sbd names it
//
// Both end the whole machine: files are not closed, services are not stopped, disks are not
// synced. That is the point: it takes no time, and nothing can hold it up.
package watchdog
