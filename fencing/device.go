package fencing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Device is a configured fence device that is not disabled.
type Device struct {
	ID       crm.ResourceID
	Agent    string // fence_ipmilan, external/ssh ...
	Params   map[string]string
	Priority int
	Unfences bool // meta-attribute provides=unfencing: "on" is needed from it
	Allowed  map[crm.NodeName]bool
}

// Agent is what a device's meta-data say. The zero value is an agent whose meta-data
// nobody could read: it is taken to know on, off and reboot, and nothing else.
type Agent struct {
	Known     bool
	Actions   []Action
	Automatic bool // "on" must be run before a node may be used
	OnTarget  bool // "on" is run by the node itself
}

// Has reports whether the agent offers an action.
func (a Agent) Has(action Action) bool {
	if !a.Known {
		return action == On || action == Off || action == Reboot
	}
	return slices.Contains(a.Actions, action)
}

// Equipment is what a CIB's configuration says about fencing.
type Equipment struct {
	Devices []Device // by falling priority, then by id
	targets []topology
	nodes   map[crm.NodeName]map[string]string // node attributes, for the topology

	Timeout         time.Duration // stonith-timeout: of an attempt whose device says nothing else
	MaxAttempts     int           // stonith-max-attempts: rounds after which retries become rare
	Concurrent      bool          // concurrent-fencing
	WatchdogTimeout time.Duration // stonith-watchdog-timeout; negative: twice the watchdog's own
}

// Read finds the fence devices of a CIB. Rules are judged at now.
func Read(snap *cib.Snapshot, now time.Time) *Equipment {
	c := state.ReadRoot(essence(snap), now, state.ReadOptions{LocationOnly: true})
	e := &Equipment{nodes: map[crm.NodeName]map[string]string{}, Timeout: c.Options.FencingTimeout, Concurrent: c.Options.ConcurrentFencing, MaxAttempts: 10}
	if n, err := crm.ParseScore(c.Options.Get("fencing-max-attempts")); err == nil && n > 0 {
		e.MaxAttempts = int(n)
	}
	e.WatchdogTimeout = WatchdogWait(c.Options.Get("fencing-watchdog-timeout"))
	for _, n := range c.Nodes {
		e.nodes[n.Name] = n.Attrs
	}
	seen := map[crm.ResourceID]bool{}
	for _, r := range c.All {
		id := r.XMLID
		if id == "" {
			id = r.ID
		}
		if r.Variant != state.Primitive || !r.FenceDevice || r.IsDisabled() || r.Top().IsDisabled() || seen[id] {
			continue
		}
		seen[id] = true
		e.Devices = append(e.Devices, Device{ID: id, Agent: r.Type, Params: r.Params(nil), Priority: priorityOf(r.Params(nil)), Unfences: r.Meta["provides"] == "unfencing", Allowed: allowed(c, r)})
	}
	slices.SortStableFunc(e.Devices, func(a, b Device) int {
		if a.Priority != b.Priority {
			return b.Priority - a.Priority
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	e.readTopology(snap.Section(cib.TagFencingTopology))
	return e
}

// WatchdogWait reads stonith-watchdog-timeout; a bare -1 is how "work it out" is written.
func WatchdogWait(text string) time.Duration {
	if strings.HasPrefix(text, "-") {
		return -1
	}
	d, _ := rules.ParseInterval(text)
	return d
}

// priorityOf is the instance attribute that orders devices; the highest is tried first.
func priorityOf(params map[string]string) int {
	n, _ := strconv.Atoi(params["priority"])
	return n
}

// essence is the CIB without what says nothing about fencing: reading it costs little,
// however many resources there are.
func essence(snap *cib.Snapshot) *cib.Element {
	var keep []*cib.Element
	for _, section := range snap.Section(cib.TagConfiguration).Children {
		switch section.Name {
		case cib.TagResources:
			section = only(section, func(e *cib.Element) bool { return e.Name == cib.TagTemplate || holdsDevice(snap, e) })
		case cib.TagConstraints:
			section = only(section, func(e *cib.Element) bool { return e.Name == cib.TagRscLocation })
		}
		keep = append(keep, section)
	}
	root := snap.Root().WithChildren(snap.Section(cib.TagConfiguration).WithChildren(keep...), cib.New(cib.TagStatus))
	return root
}

func only(section *cib.Element, wanted func(*cib.Element) bool) *cib.Element {
	var list []*cib.Element
	for _, e := range section.Children {
		if wanted(e) {
			list = append(list, e)
		}
	}
	return section.WithChildren(list...)
}

func holdsDevice(snap *cib.Snapshot, e *cib.Element) bool {
	for p := range e.Walk() {
		if p.Name != cib.TagPrimitive {
			continue
		}
		if t := p.Get("template"); t != "" {
			p = snap.Configured(t)
		}
		if p.Get(cib.AttrClass) == "stonith" {
			return true
		}
	}
	return false
}

// ActiveOn tells where a device was started last, and is monitored: that node is known to
// reach it.
func ActiveOn(snap *cib.Snapshot, id crm.ResourceID) (nodes []crm.NodeName) {
	for st := range snap.Section(cib.TagStatus).All(cib.TagNodeState) {
		for rsc := range st.Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
			if base, _, _ := strings.Cut(rsc.ID(), ":"); base != string(id) {
				continue
			}
			last, call := "", -1
			for op := range rsc.All(cib.TagLRMRscOp) {
				if n, err := strconv.Atoi(op.Get("call-id")); err == nil && n > call {
					last, call = op.Get("operation")+" "+op.Get("rc-code"), n
				}
			}
			if last == "start 0" || last == "monitor 0" {
				nodes = append(nodes, crm.NodeName(st.Get(cib.AttrUname)))
			}
		}
	}
	return nodes
}

// device finds a device by its id.
func (e *Equipment) device(id crm.ResourceID) (Device, bool) {
	i := slices.IndexFunc(e.Devices, func(d Device) bool { return d.ID == id })
	if i < 0 {
		return Device{}, false
	}
	return e.Devices[i], true
}
