package crmd

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// countFailure gives the operations that count a failure of this node: fail-count-R#op_ms
// and last-failure-R#op_ms. offsets are what a failed start and a failed stop count, by the
// order; empty ones: the order is not known (any more), and the configuration says it.
// Source: Pacemaker Explained, "Resource failures".
func (c *Controller) countFailure(r lrmd.Result, offsets [2]string) []cib.Op {
	if r.RC == expectedRC(r) && !failed(r) {
		return nil
	}
	value := "value++"
	key, err := crm.ParseTransitionKey(r.UserData)
	outside := err == nil && key.Transition == -1
	switch {
	case r.Status == crm.ExecPending || r.Status == crm.ExecCancelled || r.Status == crm.ExecInvalid:
		return nil
	case r.Op.Name == "start":
		value = offset(c.startOffset(offsets[0]))
	case r.Op.Name == "stop":
		value = offset(offsets[1])
	case r.Op.Interval > 0 || r.Op.Name == "promote" || r.Op.Name == "demote" || outside:
	default:
		return nil // probes and migrations do not count
	}
	suffix := failureSuffix(r.Op.Resource, r.Op.Name, r.Op.Interval)
	attrs := []attribute{{"last-failure-" + suffix, strconv.FormatInt(c.now.Unix(), 10)}}
	if r.Params["CRM_meta_on_fail"] != "ignore" {
		attrs = append([]attribute{{"fail-count-" + suffix, value}}, attrs...)
	}
	return []cib.Op{modify(transient(c.cfg.Self, "", attrs...))}
}

// startOffset is what a failed start counts. A controller that was started anew meanwhile has
// no order to tell it.
func (c *Controller) startOffset(ordered string) string {
	fatal := c.Property("start-failure-is-fatal")
	if ordered == "" && fatal != "" && !isTrue(fatal) {
		return "1"
	}
	return ordered
}

// offset is INFINITY, or one more.
func offset(text string) string {
	if text == "" || strings.EqualFold(text, "INFINITY") || strings.EqualFold(text, "+INFINITY") || text == "1000000" {
		return "INFINITY"
	}
	return "value++"
}

func failureSuffix(id crm.ResourceID, op string, interval time.Duration) string {
	return string(id) + "#" + op + "_" + strconv.FormatInt(interval.Milliseconds(), 10)
}

// clearFailures gives the operations that remove the failcounts of a resource on a node:
// all of them, or of one operation.
func (c *Controller) clearFailures(p Peer, id crm.ResourceID, op string, interval time.Duration) (ops []cib.Op) {
	for set := range c.nodeState(p).Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
		for nv := range set.All(cib.TagNvpair) {
			if isFailureOf(nv.Get(cib.AttrName), id, op, interval) {
				ops = append(ops, remove(statePath(p)+"/transient_attributes/instance_attributes/nvpair[@id='"+nv.ID()+"']"))
			}
		}
	}
	return ops
}

// clearRecords gives the operations that the DC's clearing of failcounts takes: the counts,
// and what is recorded of the last failure. As long as that record is there, made with
// parameters that have changed since, every decision asks for the clearing again.
func (c *Controller) clearRecords(p Peer, id crm.ResourceID, op string, interval time.Duration) []cib.Op {
	ops := c.clearFailures(p, id, op, interval)
	failure := c.historyOf(p, id).ChildWith(cib.TagLRMRscOp, cib.AttrID, string(id)+"_last_failure_0")
	if failure == nil || op != "" && (failure.Get("operation") != op || failure.Get("interval") != strconv.FormatInt(interval.Milliseconds(), 10)) {
		return ops
	}
	return append(ops, remove(statePath(p)+"/lrm/lrm_resources/lrm_resource[@id='"+string(id)+"']/lrm_rsc_op[@id='"+failure.ID()+"']"))
}

func isFailureOf(name string, id crm.ResourceID, op string, interval time.Duration) bool {
	rest, ok := strings.CutPrefix(name, "fail-count-")
	if !ok {
		if rest, ok = strings.CutPrefix(name, "last-failure-"); !ok {
			return false
		}
	}
	rsc, suffix, _ := strings.Cut(rest, "#")
	if rsc != string(id) {
		return false
	}
	return op == "" || suffix == op+"_"+strconv.FormatInt(interval.Milliseconds(), 10)
}
