package simulate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Injections are events that happen before the cluster decides.
type Injections struct {
	Quorum, Watchdog  string // "": as it is
	Up, Down, Fail    []string
	Grant, Revoke     []string
	Standby, Activate []string // tickets
	Operations        []string // RESOURCE_TASK_INTERVAL@NODE=RC
}

// Happen reports whether anything is to happen. A quorum alone is not taken for it: the
// original looks at it only beside another event.
func (i *Injections) Happen() bool {
	return i.Watchdog != "" || len(i.Up)+len(i.Down)+len(i.Fail)+len(i.Grant)+len(i.Revoke)+len(i.Standby)+
		len(i.Activate)+len(i.Operations) > 0
}

// Inject lets the events happen to the CIB of c. It returns what was done, and what
// could not be understood.
func Inject(c *state.Cluster, in *Injections, wall time.Time) (root *cib.Element, events []Event, errors []string) {
	w := newWorld(c.Root, wall)
	say := func(e Event) { events = append(events, e) }
	if in.Quorum != "" {
		say(Event{Kind: SetQuorum, Value: in.Quorum})
		set(w.root, "have-quorum", in.Quorum)
	}
	if in.Watchdog != "" {
		say(Event{Kind: SetWatchdog, Value: in.Watchdog})
		w.option("have-watchdog", in.Watchdog)
	}
	for _, change := range [...]struct {
		nodes []string
		task  string
		do    func(node string)
	}{
		{in.Up, "Online", func(n string) { w.nodeUp(n, true); w.updated() }},
		{in.Down, "Offline", func(n string) { e := w.nodeUp(n, false); w.updated(); w.forget(e) }},
		{in.Fail, "Failing", func(n string) { set(w.nodeUp(n, true), "in_ccm", "false"); w.updated() }},
	} {
		for _, n := range change.nodes {
			say(Event{Kind: NodeChange, Task: change.task, Node: n})
			if len(in.Up) > 0 {
				w.configureNode(n) // whoever makes nodes come up may invent them
			}
			if !w.known(c, n) {
				errors = append(errors, "Invalid node name: "+n)
				continue
			}
			change.do(n)
		}
	}
	for _, t := range [...]struct {
		ids               []string
		task, attr, value string
	}{{in.Grant, "Granting", "granted", "true"}, {in.Revoke, "Revoking", "granted", "false"},
		{in.Standby, "Standby", "standby", "true"}, {in.Activate, "Activating", "standby", "false"}} {
		for _, id := range t.ids {
			say(Event{Kind: TicketChange, Task: t.task, Name: id})
			set(child(child(w.status, "tickets", ""), "ticket_state", id), t.attr, t.value)
			w.updated()
		}
	}
	for _, spec := range in.Operations {
		say(Event{Kind: Injection, Value: spec})
		more, err := w.inject(c, spec, len(in.Up) > 0)
		events = append(events, more...)
		if err != "" {
			errors = append(errors, err)
		}
	}
	return w.root, events, errors
}

// option sets a cluster property.
func (w *world) option(name, value string) {
	conf := w.root.Child("configuration")
	if conf == nil {
		return
	}
	copied := deepCopy(conf)
	w.root.Children[slices.Index(w.root.Children, conf)] = copied
	w.configured()
	section := child(copied, "crm_config", "")
	for block := range section.All("cluster_property_set") {
		if pair := block.ChildWith("nvpair", "name", name); pair != nil {
			set(pair, "value", value)
			return
		}
	}
	block := child(section, "cluster_property_set", "cib-bootstrap-options")
	set(child(block, "nvpair", "cib-bootstrap-options-"+name), "name", name, "value", value)
}

// configureNode adds a node to the configuration unless it is there.
func (w *world) configureNode(name string) {
	conf := w.root.Child("configuration")
	if conf == nil || conf.Child("nodes").ChildWith("node", "uname", name) != nil {
		return
	}
	copied := deepCopy(conf)
	w.root.Children[slices.Index(w.root.Children, conf)] = copied
	child(copied, "nodes", "").Children = append(child(copied, "nodes", "").Children, cib.New("node", "id", name, "uname", name))
	w.configured()
}

// known reports whether there is a node of that name, configured or in the status.
func (w *world) known(c *state.Cluster, name string) bool {
	if c.Node(crm.NodeName(name)) != nil || w.status.ChildWith("node_state", "uname", name) != nil {
		return true
	}
	return w.root.Child("configuration").Child("nodes").ChildWith("node", "uname", name) != nil
}

// inject records a made-up result.
func (w *world) inject(c *state.Cluster, spec string, invent bool) (events []Event, err string) {
	keyText, rest, ok := strings.Cut(spec, "@")
	if !ok || keyText == "" || rest == "" {
		return nil, "Invalid operation spec: " + spec + ".  Only found 1 fields"
	}
	node, rcText, ok := strings.Cut(rest, "=")
	rc, e := strconv.Atoi(leadingNumber(rcText))
	if !ok || e != nil {
		return nil, "Invalid operation spec: " + spec + ".  Only found 2 fields"
	}
	key, e := crm.ParseOpKey(keyText)
	if e != nil {
		return nil, "Invalid resource name: " + keyText
	}
	rsc := c.Resource(string(key.Resource))
	if rsc == nil {
		return nil, "Invalid resource name: " + string(key.Resource)
	}
	if invent {
		w.configureNode(node)
	}
	if !w.known(c, node) {
		return nil, "Invalid node name: " + node
	}
	entry := w.node(node, "")
	infinity := key.Name == "stop" || key.Name == "start" && c.Options.StartFailureIsFatal
	events = w.failed(entry, string(key.Resource), key.Name, key.Interval, crm.ExitCode(rc), infinity)
	if rsc.Variant != state.Primitive {
		return events, "Resource " + string(key.Resource) + " not found in the status section of " + entry.ID() + " (supply class and type to continue)"
	}
	h := w.history(entry, string(key.Resource), string(key.Resource), rsc.Class, rsc.Provider, rsc.Type)
	w.record(h, outcome{resource: h.ID(), task: key.Name, interval: key.Interval, rc: crm.ExitCode(rc), node: node,
		reason: "Simulated action result"})
	w.store(entry, h)
	return events, ""
}

// leadingNumber is the number that a text begins with, as scanf reads it.
func leadingNumber(s string) string {
	s = strings.TrimLeft(s, " \t\n")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	return s[:end]
}
