package state

import (
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// oldNames are former spellings of cluster properties.
var oldNames = map[string]string{
	"fencing-enabled":          "stonith-enabled",
	"fencing-timeout":          "stonith-timeout",
	"fencing-action":           "stonith-action",
	"fencing-watchdog-timeout": "stonith-watchdog-timeout",
	"fencing-max-attempts":     "stonith-max-attempts",
	"stop-removed-resources":   "stop-orphan-resources",
	"cancel-removed-actions":   "stop-orphan-actions",
}

// Get gives a property as set, in its new or old spelling; "" when it is not set.
func (o *Options) Get(name string) string {
	if v, ok := o.Raw[name]; ok {
		return v
	}
	if old, ok := oldNames[name]; ok {
		return o.Raw[old]
	}
	return ""
}

// Bool gives a boolean property, or the default when it is unset or no boolean.
func (o *Options) Bool(name string, def bool) bool {
	if v, ok := parseBool(o.Get(name)); ok {
		return v
	}
	return def
}

// Duration gives a time property, or the default when it is unset or no time.
func (o *Options) Duration(name string, def time.Duration) time.Duration {
	text := o.Get(name)
	if text == "" {
		return def
	}
	if d, ok := rules.ParseInterval(text); ok {
		return d
	}
	return def
}

func (r *reader) options(section *cib.Element) {
	o := &r.c.Options
	o.Raw = map[string]string{}
	r.unpack(section, "cluster_property_set", "cib-bootstrap-options", r.input(), o.Raw)
	o.ProbeResources = o.Bool("enable-startup-probes", true)
	o.FencingEnabled = o.Bool("fencing-enabled", true)
	o.ConcurrentFencing = o.Bool("concurrent-fencing", true)
	o.StopAll = o.Bool("stop-all-resources", false)
	o.Symmetric = o.Bool("symmetric-cluster", true)
	o.StopRemoved = o.Bool("stop-removed-resources", true)
	o.CancelRemoved = o.Bool("cancel-removed-actions", true)
	o.MaintenanceMode = o.Bool("maintenance-mode", false)
	o.StartFailureIsFatal = o.Bool("start-failure-is-fatal", true)
	o.StartupFencing = o.FencingEnabled && o.Bool("startup-fencing", true)
	o.ShutdownLock = o.Bool("shutdown-lock", false)
	o.FenceRemoteNoQuorum = o.Bool("fence-remote-without-quorum", false)
	o.FencingTimeout = o.Duration("fencing-timeout", time.Minute)
	o.PriorityFencingDelay = o.Duration("priority-fencing-delay", 0)
	if o.ShutdownLock {
		o.ShutdownLockLimit = o.Duration("shutdown-lock-limit", 0)
	}
	o.NodePendingTimeout = o.Duration("node-pending-timeout", 0)
	o.FenceAction = "reboot"
	// "poweroff" is a word of the property's old name only.
	if o.Get("fencing-action") == "off" || o.Raw["fencing-action"] == "" && o.Raw["stonith-action"] == "poweroff" {
		o.FenceAction = "off"
	}
	o.PlacementStrategy = strings.ToLower(o.Get("placement-strategy"))
	switch o.PlacementStrategy {
	case "utilization", "minimal", "balanced":
	default:
		o.PlacementStrategy = "default"
	}
	if o.Bool("have-watchdog", false) {
		r.c.HaveFencing = true
	}
	r.health()
	r.quorumPolicy()
	r.c.UnfencingInUse = r.unfencingConfigured()
	if !r.c.Quorate && o.NoQuorum != QuorumIgnore {
		r.finding("warning", "Fencing and resource management disabled due to lack of quorum")
	}
}

func (r *reader) quorumPolicy() {
	o := &r.c.Options
	switch strings.ToLower(o.Get("no-quorum-policy")) {
	case "ignore":
		o.NoQuorum = QuorumIgnore
	case "freeze":
		o.NoQuorum = QuorumFreeze
	case "demote":
		o.NoQuorum = QuorumDemote
	case "fence", "suicide":
		if !o.FencingEnabled {
			r.finding("error", "Resetting no-quorum-policy to 'stop' because fencing is disabled")
		} else if n := r.c.Root.Get("no-quorum-panic"); r.c.Quorate || n != "" && n != "0" {
			o.NoQuorum = QuorumFence
		}
	}
}

func (r *reader) health() {
	h := &r.c.Options.Health
	o := &r.c.Options
	score := func(name string, def crm.Score) crm.Score {
		text := o.Get(name)
		if text == "" {
			return def
		}
		s, err := r.c.ParseScore(text)
		if err != nil {
			r.finding("warning", "Using 0 for "+name+" because '"+text+"' is not a valid score")
		}
		return s
	}
	h.Strategy = strings.ToLower(o.Get("node-health-strategy"))
	h.Base = score("node-health-base", 0)
	switch h.Strategy {
	case "migrate-on-red":
		h.Red = -crm.Infinity
	case "only-green":
		h.Red, h.Yellow = -crm.Infinity, -crm.Infinity
	case "progressive", "custom":
		h.Red = score("node-health-red", -crm.Infinity)
		h.Yellow = score("node-health-yellow", 0)
		h.Green = score("node-health-green", 0)
	default:
		h.Strategy = "none"
	}
}

// ParseScore reads a score in which red, yellow and green mean what node-health-strategy
// makes of them. Of a number with more behind it ("1.5") the beginning counts.
func (c *Cluster) ParseScore(text string) (crm.Score, error) {
	switch strings.ToLower(text) {
	case "red":
		return c.Options.Health.Red, nil
	case "yellow":
		return c.Options.Health.Yellow, nil
	case "green":
		return c.Options.Health.Green, nil
	}
	if n := numberIn(text); n != "" {
		return crm.ParseScore(n)
	}
	switch text {
	case "INFINITY", "+INFINITY", "-INFINITY":
		return crm.ParseScore(text)
	}
	return 0, fmt.Errorf("score %q: not a whole number or INFINITY", text)
}

// numberIn gives the whole number that a text begins with; "" when there is none.
func numberIn(text string) string {
	text = strings.TrimLeft(text, " \t\n")
	end := 0
	if end < len(text) && (text[end] == '-' || text[end] == '+') {
		end++
	}
	digits := end
	for end < len(text) && digit(text[end]) {
		end++
	}
	if end == digits {
		return ""
	}
	return text[:end]
}

// unfencingConfigured looks for requires or provides with the value unfencing.
func (r *reader) unfencingConfigured() bool {
	hasPair := func(block *cib.Element) bool {
		for p := range block.All("nvpair") {
			if n := p.Get("name"); (n == "provides" || n == "requires") && p.Get("value") == "unfencing" {
				return true
			}
		}
		return false
	}
	for e := range r.resources.Walk() {
		if e.Name == "meta_attributes" && hasPair(e) {
			return true
		}
	}
	for b := range r.rscDefaults.All("meta_attributes") {
		if hasPair(b) {
			return true
		}
	}
	return false
}
