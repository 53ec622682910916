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

// Empty reports whether nothing happens.
func (i *Injections) Empty() bool {
	return i.Quorum == "" && i.Watchdog == "" && len(i.Up)+len(i.Down)+len(i.Fail)+len(i.Grant)+len(i.Revoke)+len(i.Standby)+
		len(i.Activate)+len(i.Operations) == 0
}

// Inject lets the events happen to the CIB of c. It returns what was done, as
// crm_simulate prints it, and what could not be understood.
func Inject(c *state.Cluster, in *Injections, wall time.Time) (root *cib.Element, lines, errors []string) {
	w := newWorld(c.Root, wall)
	say := func(text string) { lines = append(lines, text) }
	if in.Quorum != "" {
		say("Setting quorum: " + in.Quorum)
		set(w.root, "have-quorum", in.Quorum)
	}
	if in.Watchdog != "" {
		say("Setting watchdog: " + in.Watchdog)
		w.option("have-watchdog", in.Watchdog)
	}
	for _, n := range in.Up {
		say("Bringing node " + n + " online")
		w.nodeUp(n, true)
	}
	for _, n := range in.Down {
		say("Taking node " + n + " offline")
		w.forget(w.nodeUp(n, false))
	}
	for _, n := range in.Fail {
		say("Failing node " + n)
		set(w.nodeUp(n, true), "in_ccm", "false")
	}
	for _, t := range []struct {
		ids               []string
		text, attr, value string
	}{{in.Grant, "Granting ticket ", "granted", "true"}, {in.Revoke, "Revoking ticket ", "granted", "false"},
		{in.Standby, "Making ticket %s standby", "standby", "true"}, {in.Activate, "Activating ticket ", "standby", "false"}} {
		for _, id := range t.ids {
			if strings.Contains(t.text, "%s") {
				say(strings.Replace(t.text, "%s", id, 1))
			} else {
				say(t.text + id)
			}
			set(child(child(w.status, "tickets", ""), "ticket_state", id), t.attr, t.value)
		}
	}
	for _, spec := range in.Operations {
		say("Injecting " + spec + " into the configuration")
		more, err := w.inject(c, spec)
		lines = append(lines, more...)
		if err != "" {
			errors = append(errors, err)
		}
	}
	return w.root, lines, errors
}

// option sets a cluster property.
func (w *world) option(name, value string) {
	conf := w.root.Child("configuration")
	if conf == nil {
		return
	}
	copied := deepCopy(conf)
	w.root.Children[slices.Index(w.root.Children, conf)] = copied
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

// inject records a made-up result.
func (w *world) inject(c *state.Cluster, spec string) (lines []string, err string) {
	keyText, rest, ok1 := strings.Cut(spec, "@")
	node, rcText, ok2 := strings.Cut(rest, "=")
	rc, e := strconv.Atoi(rcText)
	if !ok1 || !ok2 || e != nil {
		return nil, "Invalid operation spec: " + spec + ": want RESOURCE_TASK_INTERVAL@NODE=RC"
	}
	key, e := crm.ParseOpKey(keyText)
	if e != nil {
		return nil, "Invalid operation spec: " + spec + ": " + e.Error()
	}
	rsc := c.Resource(string(key.Resource))
	if rsc == nil {
		return nil, "Invalid resource name: " + string(key.Resource)
	}
	entry := w.node(node, "")
	infinity := key.Name == "stop" || key.Name == "start" && c.Options.StartFailureIsFatal
	for _, ch := range w.failed(entry, string(key.Resource), key.Name, key.Interval, crm.ExitCode(rc), infinity) {
		lines = append(lines, "Injecting attribute "+ch[0]+"="+ch[1]+" into /node_state '"+entry.ID()+"'")
	}
	h := w.history(entry, string(key.Resource), string(key.Resource), rsc.Class, rsc.Provider, rsc.Type)
	w.record(h, outcome{resource: h.ID(), task: key.Name, interval: key.Interval, rc: crm.ExitCode(rc), node: node,
		reason: "Simulated action result"})
	return lines, ""
}
