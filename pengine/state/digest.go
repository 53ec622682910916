package state

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// FeatureSet is the version of decisions that this engine makes.
const FeatureSet = "3.20.5"

// DigestResult says how the parameters of a recorded operation compare with the
// configuration.
type DigestResult uint8

// The results of comparing digests.
const (
	DigestMatch    DigestResult = iota
	DigestMismatch              // reload, or schedule the recurring operation anew
	DigestRestart               // only a restart will do
	DigestUnknown               // the history has no digest
)

// Digests are the parameters of an operation as the configuration gives them now, and
// their digests. Restart and Secure are "" when they were not asked for.
type Digests struct {
	All, Restart, Secure string
	Params               map[string]string // what All was made of
	SecureParams         map[string]string
	ExtraOnce            bool // a one-off operation with parameters of its own
}

// Digests works out digests for an operation on a node. op is its history, nil when there
// is none; overrides go before everything else.
// Source: the digests that Pacemaker records, which a running cluster must find unchanged.
func (r *Resource) Digests(task string, interval time.Duration, n *Node, op *Op, overrides map[string]string, host string) Digests {
	d := Digests{}
	all := map[string]string{}
	add := func(from map[string]string) {
		for k, v := range from {
			if _, have := all[k]; !have {
				all[k] = v
			}
		}
	}
	if host != "" && r.NeedsRemoteName() {
		all["addr"] = host
	}
	if text, ok := overrides["CRM_meta_interval"]; ok {
		if ms, err := strconv.ParseUint(text, 10, 32); err == nil {
			interval = time.Duration(ms) * time.Millisecond
		}
	}
	add(overrides)
	params := r.Params(n)
	add(params)
	config := r.Op(task, interval, true)
	own := r.OpParams(config, n)
	d.ExtraOnce = interval == 0 && len(own) > 0
	add(own)
	for k, v := range r.OpMeta(config, n, task, interval) {
		if !strings.ContainsAny(k, "#:") {
			if k = MetaName(k); all[k] == "" {
				all[k] = v
			}
		}
	}
	filtered := ocf.OperationParams(all)
	d.Params, d.All = filtered, ocf.DigestParams(filtered)
	if r.cluster.Sanitized || op == nil {
		d.secure(r, op, filtered, params, overrides)
	}
	if op != nil {
		d.restart(op, filtered)
	}
	return d
}

// MetaName gives the name under which agents and digests know a meta-attribute.
func MetaName(name string) string { return "CRM_meta_" + strings.ReplaceAll(name, "-", "_") }

func (d *Digests) secure(r *Resource, op *Op, all, params, overrides map[string]string) {
	version, hidden := r.cluster.Root.Get("crm_feature_set"), []string{"passwd", "password", "user"}
	if op != nil {
		hidden = strings.Fields(op.XML.Get("op-secure-params"))
		if v := op.XML.Get("crm_feature_set"); v != "" {
			version = v
		}
	}
	if version == "" {
		version = FeatureSet
	}
	secure := maps.Clone(all)
	old := rules.CompareVersions(version, "3.16.0") < 0
	if old {
		secure = maps.Clone(params)
		for k, v := range overrides {
			secure[k] = v
		}
	}
	for _, name := range hidden {
		delete(secure, name)
	}
	if old {
		if equalFold(r.Class, "stonith") {
			maps.DeleteFunc(secure, func(k, _ string) bool { return fencingParam(k) })
		}
		secure = ocf.OperationParams(secure)
		delete(secure, "CRM_meta_timeout")
	} else {
		secure = ocf.OperationParams(secure)
	}
	d.SecureParams, d.Secure = secure, ocf.DigestParams(secure)
}

// fencingParam reports whether a parameter is the cluster's, not the fence agent's.
func fencingParam(name string) bool {
	if !strings.HasPrefix(name, "pcmk_") {
		return slices.Contains([]string{"provides", "stonith-timeout", "fencing-timeout"}, name)
	}
	p := name[len("pcmk_"):]
	if slices.Contains([]string{"host_argument", "host_map", "host_list", "host_check", "delay_max", "delay_base", "action_limit"}, p) {
		return true
	}
	return slices.ContainsFunc([]string{"_action", "_timeout", "_retries"}, func(s string) bool { return strings.HasSuffix(p, s) })
}

func (d *Digests) restart(op *Op, all map[string]string) {
	if _, ok := op.XML.Lookup("op-restart-digest"); !ok && !op.Rescheduled {
		return
	}
	kept := all
	if names, ok := op.XML.Lookup("op-force-restart"); ok {
		list := strings.Split(names, " ")
		kept = map[string]string{}
		for k, v := range all {
			if slices.Contains(list, k) {
				kept[k] = v
			}
		}
	}
	d.Restart = ocf.DigestParams(kept)
}

// CompareDigests compares an operation's recorded digests with the configuration. host is
// the address of a connection that has none of its own, "" while it is not known.
func (r *Resource) CompareDigests(op *Op, n *Node, host string) (DigestResult, Digests) {
	interval := time.Duration(op.IntervalMS) * time.Millisecond
	d := r.Digests(op.Task, interval, n, op, nil, host)
	restart, all := op.XML.Get("op-restart-digest"), op.XML.Get("op-digest")
	if op.Rescheduled {
		restart = "calculated-failure-timeout"
	}
	switch {
	case d.Restart != restart:
		return DigestRestart, d
	case all == "":
		return DigestUnknown, d
	case all == d.All:
		return DigestMatch, d
	case d.ExtraOnce:
		return DigestRestart, d
	}
	return DigestMismatch, d
}

// ParamsDigest is the digest that a node records with the result of an operation that was
// given these parameters, meta-attributes included.
func ParamsDigest(params map[string]string) string {
	return ocf.DigestParams(ocf.OperationParams(params))
}
