package ocf

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ExitReasonPrefix starts the line of standard error in which an agent says why it failed.
const ExitReasonPrefix = "ocf-exit-reason:"

// CheckLevel is the one parameter that reaches an agent under its own name: how deep a
// monitor or validate-all looks.
const CheckLevel = "OCF_CHECK_LEVEL"

// Invocation is one call of an OCF agent, as far as its environment goes.
type Invocation struct {
	Root     string            // OCF_ROOT, usually /usr/lib/ocf
	Provider string            // heartbeat, pacemaker, ...
	Type     string            // the agent's name
	Instance string            // the resource: OCF_RESOURCE_INSTANCE
	Params   map[string]string // without OCF_RESKEY_; CRM_meta_* and crm_feature_set included
	Timeout  time.Duration     // becomes CRM_meta_timeout where Params has none
}

// Environment gives the variables an OCF agent sees: inherited ones first (those that
// an invocation sets itself are dropped), then the invocation's, sorted by name.
// Source: Pacemaker's executor, captured with an agent that dumps its environment.
func Environment(inherited []string, inv Invocation) []string {
	env := make([]string, 0, len(inherited)+len(inv.Params)+12)
	for _, kv := range inherited {
		if !strings.HasPrefix(kv, "OCF_RES") && !strings.HasPrefix(kv, CheckLevel+"=") {
			env = append(env, kv)
		}
	}
	own := map[string]string{
		"OCF_ROOT":                  inv.Root,
		"OCF_RA_VERSION_MAJOR":      "1",
		"OCF_RA_VERSION_MINOR":      "1",
		"OCF_RESOURCE_INSTANCE":     inv.Instance,
		"OCF_RESOURCE_TYPE":         inv.Type,
		"OCF_RESOURCE_PROVIDER":     inv.Provider,
		"OCF_EXIT_REASON_PREFIX":    ExitReasonPrefix,
		"OCF_OUTPUT_FORMAT":         "text",
		"OCF_RESKEY_" + MetaTimeout: strconv.FormatInt(inv.Timeout.Milliseconds(), 10),
	}
	if inv.Timeout <= 0 {
		delete(own, "OCF_RESKEY_"+MetaTimeout)
	}
	for k, v := range inv.Params {
		if !settable(k, v) {
			continue
		}
		if k != CheckLevel {
			k = "OCF_RESKEY_" + k
		}
		own[k] = v
	}
	for _, k := range slices.Sorted(maps.Keys(own)) {
		env = append(env, k+"="+own[k])
	}
	return env
}

// The meta parameters that the executor itself reads or writes.
const (
	MetaTimeout  = "CRM_meta_timeout"  // milliseconds
	MetaInterval = "CRM_meta_interval" // milliseconds; absent or 0 in a probe
	MetaNative   = "CRM_meta_prefer_native_agents"
)

// settable reports whether a parameter can be an environment variable at all.
func settable(name, value string) bool {
	return name != "" && name != MetaNative && !strings.ContainsAny(name, "=\x00") && !strings.Contains(value, "\x00")
}

// Daemon gives the variables that every agent inherits from the cluster's daemons, over
// those of the daemon's own environment. facility is the syslog facility agents log to;
// logfile may be empty.
func Daemon(own []string, facility, logfile string) []string {
	fixed := map[string]string{
		"LC_ALL": "C", "HA_debug": "0", "HA_logfacility": facility, "HA_LOGFACILITY": facility, "HA_mcp": "true",
		"HA_cluster_type": "corosync", "HA_quorum_type": "corosync", "PCMK_debug": "0", "PCMK_logfacility": facility,
		"PCMK_mcp": "true", "PCMK_cluster_type": "corosync", "PCMK_quorum_type": "corosync", "PCMK_service": "pacemaker-execd",
	}
	if logfile != "" {
		fixed["HA_LOGFILE"], fixed["HA_logfile"], fixed["PCMK_logfile"] = logfile, logfile, logfile
	}
	var env []string
	path := false
	for _, kv := range own {
		name, _, _ := strings.Cut(kv, "=")
		if _, set := fixed[name]; set || strings.HasPrefix(name, "OCF_RES") || name == "NOTIFY_SOCKET" || strings.HasPrefix(name, "WATCHDOG_") || strings.HasPrefix(name, "GO") {
			continue
		}
		path = path || name == "PATH"
		env = append(env, kv)
	}
	if !path {
		env = append(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	}
	for _, k := range slices.Sorted(maps.Keys(fixed)) {
		env = append(env, k+"="+fixed[k])
	}
	return env
}
