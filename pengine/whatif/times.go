package whatif

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// What is assumed to take how long where nothing is recorded. An assumption is always
// reported as one.
const (
	AssumedStart   = 2 * time.Second
	AssumedStop    = time.Second
	AssumedPromote = time.Second
	AssumedDemote  = time.Second
	AssumedMigrate = 5 * time.Second
	AssumedProbe   = 100 * time.Millisecond
	AssumedOther   = 100 * time.Millisecond
	AssumedFencing = 5 * time.Second
)

// Estimate is how long one operation is expected to take, and how that is known.
type Estimate struct {
	Resource  crm.ResourceID `json:"resource,omitempty"` // "": fencing
	Node      crm.NodeName   `json:"node,omitempty"`     // fencing: of whom
	Operation string         `json:"operation"`          // start, stop, promote, ...
	Length    time.Duration  `json:"-"`
	Seconds   float64        `json:"seconds"`           // Length
	Recorded  bool           `json:"recorded"`          // false: assumed
	Samples   int            `json:"samples,omitempty"` // of other resources of the same agent, whose median this is; 0: of the resource itself
	Agent     string         `json:"agent,omitempty"`   // with Samples
	Like      string         `json:"like,omitempty"`    // the recorded operation as long as which it is assumed to be
}

// Times are the lengths of operations that a status section has recorded.
type Times struct {
	last   map[timeKey]sample          // by resource: the newest
	agents map[timeKey][]time.Duration // by agent: one of each history
}

// timeKey names an operation of a resource, or of an agent.
type timeKey struct{ whose, operation string }

type sample struct {
	at     int64 // last-rc-change
	length time.Duration
}

// RecordedTimes reads exec-time of every successful operation in the histories. What
// simulations wrote does not count.
func RecordedTimes(status *cib.Element) *Times {
	t := &Times{last: map[timeKey]sample{}, agents: map[timeKey][]time.Duration{}}
	for ns := range status.All("node_state") {
		for h := range ns.Child("lrm").Child("lrm_resources").All("lrm_resource") {
			for op := range h.All("lrm_rsc_op") {
				t.add(h, op)
			}
		}
	}
	for _, list := range t.agents {
		slices.Sort(list)
	}
	return t
}

func (t *Times) add(h, op *cib.Element) {
	ms, err := strconv.ParseInt(op.Get("exec-time"), 10, 64)
	if err != nil || ms < 0 || ms > int64(24*time.Hour/time.Millisecond) || op.Get("crm-debug-origin") == "crm_simulate" || !succeeded(op) {
		return
	}
	name := op.Get("operation")
	if name == "monitor" && op.Get("interval") != "0" {
		return // nothing waits for these
	}
	length := time.Duration(ms) * time.Millisecond
	at, _ := strconv.ParseInt(op.Get("last-rc-change"), 10, 64)
	key := timeKey{baseID(h.ID()), name}
	if s, ok := t.last[key]; !ok || at >= s.at {
		t.last[key] = sample{at, length}
	}
	agent := timeKey{agentName(h.Get("class"), h.Get("provider"), h.Get("type")), name}
	t.agents[agent] = append(t.agents[agent], length)
}

// succeeded reports whether an operation ended as it should; a probe may say "not running".
func succeeded(op *cib.Element) bool {
	if status := op.Get("op-status"); status != "" && status != "0" {
		return false
	}
	rc := op.Get("rc-code")
	return rc == "0" || op.Get("operation") == "monitor" && (rc == "7" || rc == "8")
}

func agentName(class, provider, kind string) string {
	if provider == "" {
		return class + ":" + kind
	}
	return class + ":" + provider + ":" + kind
}

// baseID is the configured id behind the id of an instance.
func baseID(id string) string {
	base, _, _ := strings.Cut(id, ":")
	return base
}

// Of estimates an operation of a resource: as long as it took the last time; else as long
// as it takes other resources of the agent; else what is assumed. A history keeps only the
// last of starts and stops: a stop of which there is no record is assumed to take as long
// as the start, and a demotion as long as the promotion.
func (t *Times) Of(resource crm.ResourceID, agent, operation string) Estimate {
	e, ok := t.recorded(resource, agent, operation)
	if like := map[string]string{"stop": "start", "demote": "promote"}[operation]; !ok && like != "" {
		if as, ok := t.recorded(resource, agent, like); ok {
			e.Length, e.Like = as.Length, like
		}
	}
	e.Seconds = e.Length.Seconds()
	return e
}

// recorded gives what is recorded, or what is assumed because nothing is.
func (t *Times) recorded(resource crm.ResourceID, agent, operation string) (e Estimate, ok bool) {
	e = Estimate{Resource: resource, Operation: operation, Recorded: true}
	if s, ok := t.last[timeKey{baseID(string(resource)), operation}]; ok {
		e.Length = s.length
	} else if list := t.agents[timeKey{agent, operation}]; len(list) > 0 {
		e.Length, e.Samples, e.Agent = list[len(list)/2], len(list), agent
	} else {
		e.Length, e.Recorded = assumed(operation), false
	}
	return e, e.Recorded
}

func assumed(operation string) time.Duration {
	switch operation {
	case "start":
		return AssumedStart
	case "stop":
		return AssumedStop
	case "promote":
		return AssumedPromote
	case "demote":
		return AssumedDemote
	case "migrate_to", "migrate_from":
		return AssumedMigrate
	case "monitor":
		return AssumedProbe
	case "stonith":
		return AssumedFencing
	}
	return AssumedOther
}
