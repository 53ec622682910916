package heartbeat

import (
	"maps"
	"slices"
)

// directive is what is known of one word of ha.cf.
type directive struct {
	read   func(p *parser, line int, args []string) // nil: accepted, without meaning here
	args   int                                      // the least number of arguments
	usage  string                                   // the corrected form
	remark string                                   // why it has no meaning; "" for nothing to say
}

const (
	noSerial   = "serial links are not used; name an Ethernet medium too"
	noPing     = "ping nodes are watched by the ocf:pacemaker:ping resource"
	noClients  = "client programs of Heartbeat are not started"
	noDevice   = "fencing devices are resources of class stonith"
	noMeaning  = "it has no meaning here"
	noQuorumd  = "there is no quorumd: a third vote is a witness; write \"witness NAME\" on all machines, and run crmd --witness on that one"
	wireFormat = "the wire format is our own"
)

// directives is the table of ha.cf.
// Source: ha.cf(5) of heartbeat 3.0.6, and what that program really accepted. "witness" is our
// own word, as in corosync.conf.
var directives = map[string]directive{
	"node":          {(*parser).node, 1, "node alpha beta", ""},
	"witness":       {(*parser).witness, 1, "witness gamma", ""}, // ours
	"bcast":         {(*parser).bcast, 1, "bcast eth0", ""},
	"udp":           {(*parser).udp, 1, "bcast eth0", ""},
	"mcast":         {(*parser).mcast, 5, "mcast eth0 239.0.0.1 694 1 0", ""},
	"mcast6":        {(*parser).mcast, 5, "mcast6 eth0 ff02::1:1 694 1 0", ""},
	"ucast":         {(*parser).ucast, 2, "ucast eth0 192.0.2.2", ""},
	"ucast6":        {(*parser).ucast, 2, "ucast6 eth0 2001:db8::2", ""},
	"udpport":       {(*parser).udpPort, 1, "udpport 694", ""},
	"keepalive":     {(*parser).time, 1, "keepalive 200ms", ""},
	"deadtime":      {(*parser).time, 1, "deadtime 2", ""},
	"warntime":      {(*parser).time, 1, "warntime 1", ""},
	"initdead":      {(*parser).time, 1, "initdead 12", ""},
	"deadping":      {(*parser).time, 1, "deadping 10", noPing},
	"auto_failback": {(*parser).failback, 1, "auto_failback off", ""},
	"nice_failback": {(*parser).niceFailback, 1, "auto_failback off", ""},
	"crm":           {(*parser).crm, 1, "crm on", ""},
	"pacemaker":     {(*parser).crm, 1, "pacemaker on", ""},
	"cluster":       {(*parser).cluster, 1, "cluster linux-ha", ""},
	"logfile":       {(*parser).logFile, 1, "logfile /var/log/ha-log", ""},
	"debugfile":     {(*parser).logFile, 1, "debugfile /var/log/ha-debug", ""},
	"logfacility":   {(*parser).facility, 1, "logfacility local0", ""},
	"use_logd":      {(*parser).boolean, 1, "use_logd on", ""},
	"debug":         {(*parser).debug, 1, "debug 1", ""},
	"autojoin":      {(*parser).autojoin, 1, "autojoin none", ""},

	"serial": {(*parser).serial, 1, "serial /dev/ttyS0", noSerial},
	"baud":   {(*parser).baud, 1, "baud 19200", noSerial}, "hopfudge": {nil, 1, "hopfudge 1", noSerial},
	"ping": {nil, 1, "ping 192.0.2.254", noPing}, "ping_group": {nil, 2, "ping_group name 192.0.2.254", noPing}, "hbaping": {nil, 1, "", noPing},
	"respawn": {nil, 2, "respawn hacluster /path/program", noClients}, "failfast": {nil, 2, "failfast hacluster /path/program", noClients},
	"apiauth": {nil, 2, "apiauth name uid=root", noClients},
	"stonith": {nil, 2, "", noDevice}, "stonith_host": {nil, 2, "", noDevice},
	"watchdog": {nil, 1, "watchdog /dev/watchdog", "the watchdog is set up with the cluster property stonith-watchdog-timeout"},
	"msgfmt":   {nil, 1, "msgfmt classic", wireFormat}, "compression": {nil, 1, "compression bz2", wireFormat},
	"compression_threshold": {nil, 1, "compression_threshold 2", wireFormat}, "traditional_compression": {(*parser).boolean, 1, "traditional_compression no", wireFormat},
	"hbgenmethod": {nil, 1, "hbgenmethod file", wireFormat}, "uuidfrom": {nil, 1, "uuidfrom file", wireFormat},
	"max_rexmit_delay": {nil, 1, "max_rexmit_delay 250", wireFormat},
	"realtime":         {(*parser).boolean, 1, "realtime on", ""}, "rtprio": {nil, 1, "rtprio 1", noMeaning}, "memreserve": {nil, 1, "memreserve 6500", noMeaning},
	"env": {nil, 1, "env NAME=value", noClients}, "coredumps": {(*parser).boolean, 1, "coredumps true", ""}, "coreroot": {nil, 1, "", noMeaning},
	"conn_logd_time": {(*parser).time, 1, "conn_logd_time 60", ""}, "syslogmsgfmt": {(*parser).boolean, 1, "syslogmsgfmt true", ""},
	"log_badpack":           {(*parser).boolean, 1, "log_badpack true", ""},
	"record_config_changes": {(*parser).boolean, 1, "record_config_changes on", noMeaning}, "record_pengine_inputs": {(*parser).boolean, 1, "record_pengine_inputs on", noMeaning},
	"enable_config_writes": {(*parser).boolean, 1, "enable_config_writes on", noMeaning},
	"quorum_server":        {nil, 1, "", noQuorumd}, "use_apphbd": {(*parser).boolean, 1, "use_apphbd off", noMeaning}, "normalpoll": {nil, 1, "", noMeaning},
	"crm_daemon_dir": {nil, 1, "", noMeaning}, "crmd_spawns_pengine": {(*parser).boolean, 1, "", noMeaning},
}

// Directives returns every word that ha.cf may begin a line with, sorted.
func Directives() []string { return slices.Sorted(maps.Keys(directives)) }
