package state

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// OnFail is what to do when an operation fails, in order of severity.
type OnFail uint8

// The values of on-fail, and what the cluster does by itself.
const (
	FailIgnore OnFail = iota
	FailDemote
	FailRestart
	FailResetRemote      // fence the remote node, or restart its connection
	FailRestartContainer // restart what launched it
	FailBan              // never again on this node ("migrate")
	FailBlock            // hands off
	FailStop             // stop and leave stopped
	FailStandby          // node into standby
	FailFence            // fence the node
)

// String gives the value as upstream's logs write it.
func (f OnFail) String() string {
	return [...]string{"ignore", "demote", "recover", "reset remote", "restart container", "migrate", "block", "stop",
		"standby", "fence"}[f]
}

// DefaultTimeout is the timeout of operations that have none.
const DefaultTimeout = 20 * time.Second

// Op finds the configured operation of that name and interval; migrations fall back to
// one named "migrate". Disabled ones are found when asked for.
func (r *Resource) Op(name string, interval time.Duration, disabled bool) *OpConfig {
	if op := r.exactOp(name, interval, disabled); op != nil {
		return op
	}
	if name == "migrate_to" || name == "migrate_from" {
		return r.exactOp("migrate", 0, disabled)
	}
	return nil
}

func (r *Resource) exactOp(name string, interval time.Duration, disabled bool) *OpConfig {
	for _, op := range r.Ops {
		if op.Name == name && op.Interval == interval && (op.Enabled || disabled) {
			return op
		}
	}
	return nil
}

// OpParams gives the parameters that are configured for one operation only.
func (r *Resource) OpParams(op *OpConfig, n *Node) map[string]string {
	p := map[string]string{}
	if op == nil {
		return p
	}
	in := r.cluster.r.input()
	if n != nil {
		in.NodeAttrs = n.Attrs
	}
	r.cluster.r.unpack(op.XML, "instance_attributes", "", in, p)
	return p
}

// OpMeta gives the meta-attributes of an operation: timeout in milliseconds, interval in
// milliseconds (absent when it does not recur), on-fail, start-delay, role ...; the
// configured operation may be nil.
// Source: Pacemaker Explained, "Resource Operations".
func (r *Resource) OpMeta(op *OpConfig, n *Node, name string, interval time.Duration) map[string]string {
	m := map[string]string{}
	rd := r.cluster.r
	in := rd.input()
	in.Class, in.Provider, in.Type, in.OpName, in.OpInterval = r.Class, r.Provider, r.Type, name, interval
	probe := name == "monitor" && interval == 0
	if op != nil {
		rd.unpack(op.XML, "meta_attributes", "", in, m)
		for _, a := range op.XML.Attrs {
			m[a.Name] = a.Value
		}
	}
	if _, have := m["timeout"]; probe && !have {
		if most := r.mostFrequentMonitor(); most != nil {
			if t, ok := most.XML.Lookup("timeout"); ok {
				m["timeout"] = t
			}
		}
	}
	rd.unpack(rd.opDefaults, "meta_attributes", "", in, m)
	delete(m, "id")
	if interval > 0 {
		m["interval"] = strconv.FormatInt(interval.Milliseconds(), 10)
	} else {
		delete(m, "interval")
	}
	if equalFold(r.Class, "stonith") && (name == "start" || probe) {
		if t, ok := r.Params(n)["pcmk_monitor_timeout"]; ok {
			m["timeout"] = t
		}
	}
	m["timeout"] = strconv.FormatInt(timeoutMS(m["timeout"]), 10)
	r.validOnFail(op, name, m)
	r.startDelay(m, interval)
	return m
}

func timeoutMS(text string) int64 {
	if d, ok := rules.ParseTimeout(text); ok && d > 0 {
		return min(d.Milliseconds(), 1<<31-1)
	}
	return DefaultTimeout.Milliseconds()
}

func (r *Resource) startDelay(m map[string]string, interval time.Duration) {
	if text, ok := m["start-delay"]; ok {
		d, _ := rules.ParseTimeout(text)
		m["start-delay"] = strconv.FormatInt(min(d.Milliseconds(), 1<<31-1), 10)
		return
	}
	text, ok := m["interval-origin"]
	if !ok || interval == 0 {
		return
	}
	origin, ok := rules.ParseTime(text, r.cluster.Now)
	every := int64(WholeSeconds(interval) / time.Second)
	if !ok || every == 0 {
		r.cluster.r.finding("error", "Ignoring 'interval-origin' for operation because '"+text+"' is not valid")
		return
	}
	left := (r.cluster.Now.Unix() - origin.Unix()) % every
	if left <= 0 {
		left = -left
	} else {
		left = every - left
	}
	m["start-delay"] = strconv.FormatInt(left*1000, 10)
}

// mostFrequentMonitor is the enabled recurring monitor with the shortest interval.
func (r *Resource) mostFrequentMonitor() *OpConfig {
	var best *OpConfig
	for _, op := range r.Ops {
		if op.Name == "monitor" && op.Interval > 0 && op.Enabled && (best == nil || op.Interval < best.Interval) {
			best = op
		}
	}
	return best
}

// validOnFail removes an on-fail that the operation must not have.
func (r *Resource) validOnFail(op *OpConfig, name string, m map[string]string) {
	value, have := m["on-fail"]
	lowered := strings.ToLower(value)
	switch {
	case name == "stop" && (lowered == "standby" || lowered == "demote" || lowered == "stop"):
		delete(m, "on-fail")
	case name == "demote" && !have:
		for _, o := range r.Ops {
			f, set := o.XML.Lookup("on-fail")
			if set && o.Name == "monitor" && o.Role == crm.RolePromoted && o.Interval > 0 && o.Enabled && !equalFold(f, "demote") {
				m["on-fail"] = f
			}
		}
	case name == "lrm_delete" && lowered != "ignore":
		m["on-fail"] = "ignore"
	case lowered == "demote":
		if op == nil || op.Name != "promote" && (op.Interval == 0 || op.Name != "monitor" || op.Role != crm.RolePromoted) {
			delete(m, "on-fail")
		}
	}
}

// OnFail gives what to do when the operation fails, from the on-fail of its OpMeta.
func (r *Resource) OnFail(name string, interval time.Duration, value string) OnFail {
	fencing := r.cluster.Options.FencingEnabled
	f, set := FailIgnore, true
	switch strings.ToLower(value) {
	case "block":
		f = FailBlock
	case "fence":
		if f = FailFence; !fencing {
			f = FailStop
		}
	case "standby":
		f = FailStandby
	case "ignore", "nothing":
	case "migrate":
		f = FailBan
	case "stop":
		f = FailStop
	case "restart":
		f = FailRestart
	case "restart-container":
		if f = FailRestartContainer; r.Launcher == nil {
			f, set = FailIgnore, false
		}
	case "demote":
		f = FailDemote
	default:
		set = false
	}
	reset := false
	if r.RemoteConnection && name != "start" && (name != "monitor" || interval > 0) {
		if n := r.cluster.Node(crm.NodeName(r.ID)); n != nil && n.Kind != ClusterNode && !n.guest() {
			reset = true
			set = set && r.Managed
		}
	}
	switch {
	case set:
	case r.Launcher != nil:
		f = FailRestartContainer
	case reset && r.Managed:
		f = FailResetRemote
	case reset:
		f = FailStop
	case name == "stop" && fencing:
		f = FailFence
	case name == "stop":
		f = FailBlock
	default:
		f = FailRestart
	}
	return f
}

// RoleAfterFailure is the highest role that a resource may have after the failure.
func (r *Resource) RoleAfterFailure(name string, f OnFail) crm.Role {
	switch {
	case f == FailStop, f == FailResetRemote && r.ReconnectInterval > 0:
		return crm.RoleStopped
	case name == "promote":
		return crm.RoleUnpromoted
	}
	return crm.RoleStarted
}

// intAttr reads a whole number; ok is false when it is none.
func intAttr(e *cib.Element, name string) (int, bool) {
	n, err := strconv.Atoi(numberIn(e.Get(name)))
	return n, err == nil
}
