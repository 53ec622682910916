package fencing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Remark is something about a configuration that an operator should know before a node
// has to be fenced. It says what to write.
type Remark struct {
	Level string // error, warning, info
	Text  string
}

// Review looks for what will keep nodes from being fenced: names that are nobody's,
// parameters without a meaning, levels of nothing, nodes that no device can fence. Agents
// are known by type as far as somebody has asked them. Devices for drills: see Drills.
func Review(snap *cib.Snapshot, now time.Time, agents map[string]Agent) []Remark {
	v := &review{snap: snap, e: Read(snap, now), agents: agents, c: state.ReadRoot(essence(snap), now, state.ReadOptions{LocationOnly: true})}
	for n := range snap.Section(cib.TagNodes).All(cib.TagNode) {
		if t := n.Get("type"); t != "remote" && t != "ping" {
			v.nodes = append(v.nodes, crm.NodeName(n.Get(cib.AttrUname)))
		}
	}
	for _, d := range v.e.Devices {
		v.device(d)
	}
	v.topology()
	v.coverage()
	return v.remarks
}

type review struct {
	snap    *cib.Snapshot
	e       *Equipment
	c       *state.Cluster
	agents  map[string]Agent
	nodes   []crm.NodeName // full nodes of the configuration
	remarks []Remark
}

func (v *review) add(level, format string, args ...any) {
	v.remarks = append(v.remarks, Remark{level, fmt.Sprintf(format, args...)})
}

// known finds a node; without a list of nodes every name is believed.
func (v *review) known(name string) bool {
	if len(v.nodes) == 0 {
		return true
	}
	if slices.ContainsFunc(v.nodes, func(n crm.NodeName) bool { return strings.EqualFold(string(n), name) }) {
		return true
	}
	for r := range v.snap.Section(cib.TagResources).Walk() { // remote and guest nodes are resources
		if r.ID() == name || r.Name == cib.TagNvpair && r.Get(cib.AttrName) == "remote-node" && r.Get(cib.AttrValue) == name {
			return true
		}
	}
	return v.snap.Section(cib.TagNodes).ChildWith(cib.TagNode, cib.AttrUname, name) != nil
}

func (v *review) nodeList() string { return namesOf(v.nodes) }

// device looks at one device alone.
func (v *review) device(d Device) {
	for _, name := range d.Named() {
		if !v.known(name) {
			v.add("warning", "fence device %s: pcmk_host_list or pcmk_host_map names %s, which is no node of the cluster; the nodes are %s", d.ID, name, v.nodeList())
		}
	}
	if pairs := strings.TrimSpace(d.Params["pcmk_host_map"]); pairs != "" {
		for _, pair := range strings.FieldsFunc(pairs, separator) {
			if i := strings.IndexAny(pair, ":="); i < 1 || i+1 == len(pair) {
				v.add("error", "fence device %s: pcmk_host_map: %q is no pair; write NODE:PLUG;NODE:PLUG", d.ID, pair)
			}
		}
	}
	v.values(d)
	if d.Check(v.agents[d.Agent]) == StaticList && len(d.Named()) == 0 {
		v.add("error", "fence device %s: pcmk_host_check=static-list, and neither pcmk_host_list nor pcmk_host_map says whom it can fence; add: pcmk_host_list=\"NODE NODE\"", d.ID)
	}
	v.onlyItself(d)
}

// values looks at parameters of the cluster's own that have no meaning as they are.
func (v *review) values(d Device) {
	if text, set := d.Params["pcmk_host_check"]; set && !slices.Contains([]Check{StaticList, DynamicList, ByStatus, NoCheck}, Check(strings.ToLower(text))) {
		v.add("error", "fence device %s: pcmk_host_check=%s means nothing; use static-list, dynamic-list, status or none", d.ID, text)
	}
	if _, set := d.Params["action"]; set {
		v.add("warning", "fence device %s: the parameter action is ignored; what is done is the cluster's property stonith-action, or pcmk_off_action and pcmk_reboot_action of the device", d.ID)
	}
	for _, name := range sortedNames(d.Params) {
		value := d.Params[name]
		known, isTime, isNumber := parameterKind(name)
		switch {
		case !strings.HasPrefix(name, "pcmk_"):
		case !known:
			v.add("warning", "fence device %s: parameter %s is not known", d.ID, name)
		case isTime && !readableTime(value):
			v.add("error", "fence device %s: %s=%s is no time; write it as 10s", d.ID, name, value)
		case isNumber:
			if _, err := strconv.Atoi(value); err != nil {
				v.add("error", "fence device %s: %s=%s is no number", d.ID, name, value)
			}
		}
	}
	if most := d.delayMax(); most > 0 && d.delayBase("") > most {
		v.add("warning", "fence device %s: pcmk_delay_base (%s) is longer than pcmk_delay_max (%s): it always waits for the latter", d.ID, d.Params["pcmk_delay_base"], d.Params["pcmk_delay_max"])
	}
}

func readableTime(text string) bool {
	_, ok := rules.ParseInterval(text)
	return ok
}

// parameterKind tells the parameters of the cluster's own, and how their values are
// written. pcmk_delay_base may be a list, too.
func parameterKind(name string) (known, isTime, isNumber bool) {
	switch name {
	case "pcmk_host_list", "pcmk_host_map", "pcmk_host_check", "pcmk_host_argument", "pcmk_delay_base":
		return true, false, false
	case "pcmk_delay_max":
		return true, true, false
	case "pcmk_action_limit":
		return true, false, true
	}
	rest, ok := strings.CutPrefix(name, "pcmk_")
	action, what, _ := strings.Cut(rest, "_")
	if !ok || !slices.Contains([]Action{On, Off, Reboot, Monitor, Status, List, "metadata", "validate-all"}, Action(action)) {
		return false, false, false
	}
	return what == "action" || what == "timeout" || what == "retries", what == "timeout", what == "retries"
}

func sortedNames(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// onlyItself finds a device that may run only on the one node that it can fence.
func (v *review) onlyItself(d Device) {
	var where []crm.NodeName
	for _, n := range v.nodes {
		if d.Allowed[n] {
			where = append(where, n)
		}
	}
	if named := d.Named(); len(v.nodes) > 1 && len(named) == 1 && len(where) == 1 && strings.EqualFold(named[0], string(where[0])) {
		v.add("error", "fence device %s may be used on %s only, and fences %s only: a lost node cannot fence itself; remove its location constraint, or forbid %s instead", d.ID, where[0], where[0], where[0])
	}
	if len(v.nodes) > 0 && len(where) == 0 {
		v.add("error", "fence device %s: location constraints forbid every node: it can be used nowhere", d.ID)
	}
}

// topology looks at levels that name nothing.
func (v *review) topology() {
	for l := range v.snap.Section(cib.TagFencingTopology).All("fencing-level") {
		for _, id := range strings.FieldsFunc(l.Get("devices"), func(r rune) bool { return r == ',' || r == ' ' }) {
			if _, ok := v.e.device(crm.ResourceID(id)); ok || id == string(Watchdog) {
				continue
			}
			why := "there is no such fence device"
			if v.snap.Configured(id) != nil {
				why = "it is no fence device, or it is disabled (target-role)"
			}
			v.add("error", "fencing topology %s: device %s: %s; the level can never succeed", targetOf(l), id, why)
		}
		if t := l.Get("target"); t != "" && !v.known(t) {
			v.add("warning", "fencing topology: %s is no node of the cluster; the nodes are %s", t, v.nodeList())
		}
	}
}

func targetOf(l *cib.Element) string {
	switch {
	case l.Get("target") != "":
		return l.Get("target")
	case l.Get("target-pattern") != "":
		return "pattern:" + l.Get("target-pattern")
	}
	return "attr:" + l.Get("target-attribute") + "=" + l.Get("target-value")
}

// coverage looks for nodes that nothing can fence, and for races of two.
func (v *review) coverage() {
	if !v.c.Options.FencingEnabled {
		if len(v.e.Devices) > 0 {
			v.add("warning", "fence devices are configured, and never used: stonith-enabled is false; set: property stonith-enabled=true")
		}
		return
	}
	if len(v.e.Devices) == 0 {
		if v.e.WatchdogTimeout == 0 {
			v.add("warning", "fencing is on and there is no fence device: when a node is lost, what it ran waits for an operator's word; configure one (crm ra list stonith shows the agents), or watchdogs (property stonith-watchdog-timeout)")
		}
		return
	}
	var helpless []crm.NodeName
	real, _ := v.e.protecting()
	for _, n := range v.nodes {
		if !real.CanFence(n, v.agents) {
			helpless = append(helpless, n)
		}
	}
	if len(helpless) > 0 && v.e.WatchdogTimeout == 0 {
		v.add("warning", "no fence device can fence %s: when it is lost, what it ran waits for an operator's word; add it to pcmk_host_list or pcmk_host_map of a device", namesOf(helpless))
	}
	if len(v.nodes) == 2 && len(helpless) == 0 && !v.delays() {
		v.add("info", "two nodes, and no delay is configured: when they lose sight of each other, the one that runs less waits two seconds before it shoots; pcmk_delay_base of the device that fences the more important node, or property priority-fencing-delay, makes the choice yours")
	}
}

// delays reports whether anything makes one of two nodes shoot later.
func (v *review) delays() bool {
	if v.c.Options.PriorityFencingDelay > 0 {
		return true
	}
	for _, d := range v.e.Devices {
		for _, n := range v.nodes {
			if d.Delays(n) {
				return true
			}
		}
	}
	return false
}
