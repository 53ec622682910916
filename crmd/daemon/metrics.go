package daemon

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
)

// metrics are what Prometheus reads. Everything that can be read off the state is read
// when asked for; only events are counted as they happen.
type metrics struct {
	d           *Daemon
	registry    *prometheus.Registry
	operations  *prometheus.HistogramVec
	transitions *prometheus.CounterVec
	scheduling  *prometheus.HistogramVec

	nodes, members, quorate, dc, term, incarnation, votes             *prometheus.Desc
	resources, failcounts, applied, lag, links, rtt, diskBad, refused *prometheus.Desc
	votesNeeded, fencing, protection                                  *prometheus.Desc
}

func newMetrics(d *Daemon) *metrics {
	m := &metrics{d: d, registry: prometheus.NewRegistry(),
		operations:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tactus_operation_duration_seconds", Help: "How long operations of this node's agents took.", Buckets: prometheus.ExponentialBuckets(0.002, 4, 8)}, []string{"operation", "result"}),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tactus_decisions_total", Help: "Decisions of the policy engine on this node: about the whole cluster, or about the part that a change concerns."}, []string{"about"}),
		scheduling:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tactus_decision_duration_seconds", Help: "How long the policy engine took to decide.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8)}, []string{"about"}),
		nodes:       desc("tactus_node_alive", "1 when heartbeats of the node arrive here.", "node"),
		members:     desc("tactus_node_joined", "1 when the node takes part in the cluster.", "node"),
		quorate:     desc("tactus_quorate", "1 when this node's partition has quorum."),
		dc:          desc("tactus_dc", "1 for the node that is the DC.", "node"),
		term:        desc("tactus_term", "Term of the leadership, within the incarnation."),
		incarnation: desc("tactus_incarnation", "How many times the cluster was taken over without a majority, plus one."),
		votes:       desc("tactus_votes_present", "Votes that are present."),
		votesNeeded: desc("tactus_votes_needed", "Votes that quorum takes."),
		resources:   desc("tactus_resources", "Resources by node and role, as their history says.", "node", "role"),
		failcounts:  desc("tactus_failcount", "Failures of resources that count.", "node", "resource"),
		applied:     desc("tactus_raft_applied_index", "Last change that is applied here."),
		lag:         desc("tactus_raft_unapplied_entries", "Changes on disk here that are not applied yet."),
		links:       desc("tactus_link_up", "1 when the link to the node works.", "node", "link"),
		rtt:         desc("tactus_link_rtt_seconds", "Round trip time of the link to the node.", "node", "link"),
		refused:     desc("tactus_refused_total", "What this node dropped because it is nobody's who belongs here: replayed and forged packets, other keys, strangers.", "kind"),
		fencing:     desc("tactus_fence_requests", "Requests for fencing on record, by node and state: pending (open), success, failed.", "node", "state"),
		protection:  desc("tactus_protection", "1 for what keeps resources from running twice: fencing, watchdog, operator, witness, quorum, nothing.", "level"),
		diskBad:     desc("tactus_disk_error", "1 when agreement cannot write to its disk."),
	}
	m.registry.MustRegister(m.operations, m.transitions, m.scheduling, m)
	return m
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) scheduled(took time.Duration, p crmd.Plan) {
	about := "whole"
	switch {
	case p.Part:
		about = "part"
	case p.Graph == nil:
		about = "given up"
	}
	m.transitions.WithLabelValues(about).Inc()
	m.scheduling.WithLabelValues(about).Observe(took.Seconds())
}

// observe counts an operation's result.
func (d *Daemon) observe(r lrmd.Result) {
	if r.Removed {
		return
	}
	result := "ok"
	if r.RC != 0 && r.RC != 7 && r.RC != 8 {
		result = "error"
	}
	d.metrics.operations.WithLabelValues(r.Op.Name, result).Observe(r.ExecTime.Seconds())
}

// Describe lists what Collect gives.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.nodes, m.members, m.quorate, m.dc, m.term, m.incarnation, m.votes, m.votesNeeded, m.resources, m.failcounts, m.applied, m.lag, m.links, m.rtt, m.diskBad, m.refused, m.fencing, m.protection} {
		out <- d
	}
}

// Collect reads the state.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := m.d.agreement.Status()
	gauge(m.quorate, number(s.Quorate))
	gauge(m.term, float64(s.Stamp.Term))
	gauge(m.incarnation, float64(s.Stamp.Incarnation))
	gauge(m.votes, float64(s.Votes.Present))
	gauge(m.votesNeeded, float64(s.Votes.Quorum))
	gauge(m.applied, float64(s.AppliedIndex))
	gauge(m.lag, float64(s.CommitIndex-min(s.CommitIndex, s.AppliedIndex)))
	gauge(m.diskBad, number(s.DiskError != ""))
	for _, r := range m.d.refusals() {
		out <- prometheus.MustNewConstMetric(m.refused, prometheus.CounterValue, float64(r.Count), r.Kind)
	}
	for _, n := range m.d.members(s) {
		name := string(n.Name)
		gauge(m.nodes, number(n.Alive), name)
		gauge(m.members, number(n.Joined), name)
		gauge(m.dc, number(n.ID == s.Leader), name)
		for _, l := range n.Links {
			gauge(m.links, number(l.Up), name, strconv.Itoa(l.Number))
			gauge(m.rtt, l.RTT.Seconds(), name, strconv.Itoa(l.Number))
		}
	}
	m.collectStatus(gauge)
	m.collectFencing(gauge)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// collectStatus reads the status section.
func (m *metrics) collectStatus(gauge func(*prometheus.Desc, float64, ...string)) {
	for st := range m.d.replica.Current().Section(cib.TagStatus).All(cib.TagNodeState) {
		node := st.Get(cib.AttrUname)
		roles := map[string]int{"started": 0, "promoted": 0, "stopped": 0, "failed": 0}
		for rsc := range st.Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
			roles[roleOf(rsc)]++
		}
		for _, role := range []string{"started", "promoted", "stopped", "failed"} {
			gauge(m.resources, float64(roles[role]), node, role)
		}
		counts := map[string]float64{}
		var order []string
		for set := range st.Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
			for nv := range set.All(cib.TagNvpair) {
				rest, ok := strings.CutPrefix(nv.Get(cib.AttrName), "fail-count-")
				if !ok {
					continue
				}
				rsc, _, _ := strings.Cut(rest, "#")
				if _, seen := counts[rsc]; !seen {
					order = append(order, rsc)
				}
				counts[rsc] = min(1000000, counts[rsc]+scoreOf(nv.Get(cib.AttrValue)))
			}
		}
		for _, rsc := range order {
			gauge(m.failcounts, counts[rsc], node, rsc)
		}
	}
}

func scoreOf(text string) float64 {
	if text == "INFINITY" {
		return 1000000
	}
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

// roleOf reads a role off the last one-off operation of a history.
func roleOf(rsc *cib.Element) string {
	last := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, rsc.ID()+"_last_0")
	rc, op := last.Get("rc-code"), last.Get("operation")
	switch {
	case op == "stop" && rc == "0", rc == "7":
		return "stopped"
	case op == "promote" && rc == "0", rc == "8":
		return "promoted"
	case rc == "0", rc == "190":
		return "started"
	}
	return "failed"
}
