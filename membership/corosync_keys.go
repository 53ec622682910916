package membership

// use says what becomes of a key of corosync.conf.
type use uint8

const (
	used    use = iota + 1 // changes what we do
	ignored                // known to corosync, without meaning here
)

// corosyncKeys lists the keys of each section of corosync.conf that corosync knows.
// "witness" is ours: corosync keeps keys of a node that it does not know, and reads over them.
// Source: corosync.conf(5) and votequorum(5) of corosync 3.1.
var corosyncKeys = map[string]map[string]use{
	"totem": {
		"version": used, "cluster_name": used, "transport": used, "token": used, "token_coefficient": used,
		"token_warning": used, "keyfile": used, "crypto_cipher": used, "crypto_hash": used, "secauth": used,
		"consensus": ignored, "crypto_model": ignored, "key": ignored, "token_retransmit": ignored, "hold": ignored,
		"token_retransmits_before_loss_const": ignored, "join": ignored, "send_join": ignored, "merge": ignored,
		"downcheck": ignored, "fail_recv_const": ignored, "seqno_unchanged_const": ignored,
		"heartbeat_failures_allowed": ignored, "max_network_delay": ignored, "window_size": ignored,
		"max_messages": ignored, "miss_count_const": ignored, "rrp_mode": ignored, "nodeid": ignored,
		"ip_version": ignored, "netmtu": ignored, "threads": ignored, "clear_node_high_bit": ignored,
		"link_mode": ignored, "block_unlisted_ips": ignored, "cancel_token_hold_on_retransmit": ignored,
		"knet_pmtud_interval": ignored, "knet_mtu": ignored, "knet_compression_model": ignored,
		"knet_compression_threshold": ignored, "knet_compression_level": ignored, "knet_ping_interval": ignored,
		"knet_ping_timeout": ignored, "knet_ping_precision": ignored, "knet_pong_count": ignored,
		"interface_name": ignored, "rrp_problem_count_timeout": ignored, "rrp_problem_count_threshold": ignored,
		"rrp_problem_count_mcast_threshold": ignored, "rrp_token_expired_timeout": ignored, "rrp_autorecovery_check_timeout": ignored,
	},
	"totem.interface": {
		"ringnumber": used, "linknumber": used, "bindnetaddr": used, "mcastaddr": used, "mcastport": used,
		"broadcast": used, "ttl": used, "knet_transport": ignored, "knet_link_priority": ignored,
		"knet_ping_interval": ignored, "knet_ping_timeout": ignored, "knet_ping_precision": ignored, "knet_pong_count": ignored,
	},
	"totem.interface.member": {"memberaddr": ignored},
	"nodelist":               {},
	"nodelist.node": {
		"name": used, "nodeid": used, "quorum_votes": used, "witness": used,
		"ring0_addr": used, "ring1_addr": used, "ring2_addr": used, "ring3_addr": used,
		"ring4_addr": used, "ring5_addr": used, "ring6_addr": used, "ring7_addr": used,
	},
	"quorum": {
		"provider": used, "expected_votes": used, "two_node": used, "wait_for_all": used, "last_man_standing": used,
		"auto_tie_breaker": used, "votes": ignored, "last_man_standing_window": used, "auto_tie_breaker_node": used,
		"allow_downscale": used, "qdevice_timeout": ignored, "qdevice_sync_timeout": ignored,
		"expected_votes_tracking": used, "ev_tracking": used, "device": ignored, "cluster_name": ignored,
	},
	"logging": {
		"to_stderr": used, "to_syslog": used, "to_logfile": used, "logfile": used, "syslog_facility": used, "debug": used,
		"timestamp": ignored, "fileline": ignored, "function_name": ignored, "logfile_priority": ignored,
		"syslog_priority": ignored, "blackbox": ignored, "tags": ignored,
	},
}

// corosyncAside lists sections that are read over with everything in them.
var corosyncAside = map[string]bool{
	"logging.logger_subsys": true, "logging.logging_daemon": true, "quorum.device": true, "qb": true, "uidgid": true,
	"resources": true, "aisexec": true, "amf": true, "service": true, "nozzle": true, "system": true, "cmap": true,
}

// corosyncSections are the sections that may stand inside another ("" is the file).
var corosyncSections = map[string][]string{
	"":                {"totem", "nodelist", "quorum", "logging", "qb", "uidgid", "resources", "aisexec", "amf", "service", "nozzle", "system", "cmap"},
	"totem":           {"interface"},
	"totem.interface": {"member"},
	"nodelist":        {"node"},
	"quorum":          {"device"},
	"logging":         {"logger_subsys", "logging_daemon"},
}
