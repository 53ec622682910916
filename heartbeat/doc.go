// Package heartbeat answers "what do Heartbeat's own files say?": ha.cf (members, media,
// times, logging) and authkeys, read as Heartbeat 3.0.6 read them, down to its time
// syntax and its booleans. ParseHA gives facts; HA.Config turns them into the same
// configuration that corosync.conf gives. All mistakes of a file are reported at once,
// each with its line and the corrected form.
package heartbeat
