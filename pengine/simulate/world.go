package simulate

import (
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// world is a CIB whose status may be written: every element of it is a copy.
type world struct {
	root, status *cib.Element
	wall         time.Time             // what results are stamped with
	invent       bool                  // nodes that something is done to are configured
	stored       map[*cib.Element]bool // node states that were stored once

	states    map[string]*cib.Element                  // node states found before, by name
	histories map[*cib.Element]map[string]*cib.Element // of a node state, by resource; first come
}

func newWorld(root *cib.Element, wall time.Time) *world {
	w := &world{wall: wall}
	copied := *root
	w.root = &copied
	w.root.Attrs = slices.Clone(root.Attrs)
	w.root.Children = slices.Clone(root.Children)
	for i, c := range w.root.Children {
		if c.Name == "status" {
			w.status = deepCopy(c)
			w.root.Children[i] = w.status
		}
	}
	if w.status == nil {
		w.status = cib.New("status")
		w.root.Children = append(w.root.Children, w.status)
	}
	return w
}

func deepCopy(e *cib.Element) *cib.Element {
	c := *e
	c.Attrs = slices.Clone(e.Attrs)
	c.Children = make([]*cib.Element, len(e.Children))
	for i, child := range e.Children {
		c.Children[i] = deepCopy(child)
	}
	return &c
}

func set(e *cib.Element, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		at := slices.IndexFunc(e.Attrs, func(a cib.Attr) bool { return a.Name == pairs[i] })
		if at < 0 {
			e.Attrs = append(e.Attrs, cib.Attr{Name: pairs[i], Value: pairs[i+1]})
		} else {
			e.Attrs[at].Value = pairs[i+1]
		}
	}
}

// child finds or makes a child.
func child(e *cib.Element, name, id string) *cib.Element {
	for _, c := range e.Children {
		if c.Name == name && (id == "" || c.ID() == id) {
			return c
		}
	}
	c := cib.New(name)
	if id != "" {
		set(c, "id", id)
	}
	e.Children = append(e.Children, c)
	return c
}

// anyChild finds a child whatever its id, or makes one with that id.
func anyChild(e *cib.Element, name, id string) *cib.Element {
	if c := e.Child(name); c != nil {
		return c
	}
	return child(e, name, id)
}

// updated counts a change of the status.
func (w *world) updated() {
	if n, err := strconv.Atoi(w.root.Get("num_updates")); err == nil {
		set(w.root, "num_updates", strconv.Itoa(n+1))
	}
}

// configured counts a change of the configuration.
func (w *world) configured() {
	if n, err := strconv.Atoi(w.root.Get("epoch")); err == nil {
		set(w.root, "epoch", strconv.Itoa(n+1), "num_updates", "0")
	}
}

// store does what storing a changed node state does to ids that are there more than once:
// every element is merged into the first of its name and id, so that the first says what
// the last said. h is the only history that changed since the node was stored before.
func (w *world) store(node, h *cib.Element) {
	w.updated()
	if w.stored[node] && h != nil {
		merge(h)
		return
	}
	if w.stored == nil {
		w.stored = map[*cib.Element]bool{}
	}
	w.stored[node] = true
	merge(node)
}

func merge(e *cib.Element) {
	type key struct{ name, id string }
	var first map[key]*cib.Element
	for i, c := range e.Children {
		merge(c)
		if len(e.Children) == 1 || c.ID() == "" {
			continue
		}
		if first == nil {
			first = make(map[key]*cib.Element, len(e.Children)-i)
		}
		k := key{c.Name, c.ID()}
		if before := first[k]; before == nil {
			first[k] = c
		} else {
			for _, a := range c.Attrs {
				set(before, a.Name, a.Value)
			}
		}
	}
}

func drop(e *cib.Element, name string) {
	e.Children = slices.DeleteFunc(e.Children, func(c *cib.Element) bool { return c.Name == name })
}

// node finds or makes the state entry of a node; uuid may be "": then the configuration
// is asked, and a node of no configuration has its name as id.
func (w *world) node(name, uuid string) *cib.Element {
	if w.invent {
		w.configureNode(name)
	}
	if e := w.states[name]; e != nil && e.Get("uname") == name {
		return e
	}
	e := w.findNode(name, uuid)
	if w.states == nil {
		w.states = map[string]*cib.Element{}
	}
	w.states[name] = e
	return e
}

func (w *world) findNode(name, uuid string) *cib.Element {
	for e := range w.status.All("node_state") {
		if e.Get("uname") == name {
			return e
		}
	}
	if uuid == "" {
		uuid = name
		if e := w.root.Child("configuration").Child("nodes").ChildWith("node", "uname", name); e != nil {
			uuid = e.ID()
		}
	}
	for e := range w.status.All("node_state") {
		if e.ID() == uuid {
			set(e, "uname", name)
			return e
		}
	}
	e := cib.New("node_state", "id", uuid, "uname", name)
	w.status.Children = append(w.status.Children, e)
	w.updated()
	return e
}

// nodeUp records that a node is, or is not, a member.
func (w *world) nodeUp(name string, up bool) *cib.Element {
	e := w.node(name, "")
	if up {
		set(e, "in_ccm", "true", "crmd", "online", "join", "member", "expected", "member")
	} else {
		set(e, "in_ccm", "false", "crmd", "offline", "join", "down", "expected", "down")
	}
	set(e, "crm-debug-origin", "crm_simulate")
	return e
}

// forget drops what a node that went away leaves behind.
func (w *world) forget(e *cib.Element) {
	delete(w.histories, e)
	for _, name := range [...]string{"lrm", "transient_attributes"} {
		if e.Child(name) != nil {
			w.updated()
		}
		drop(e, name)
	}
}

// history finds or makes a resource's history on a node, under its own name, else under
// the preferred one.
func (w *world) history(node *cib.Element, name, preferred string, class, provider, kind string) *cib.Element {
	known := w.historiesOf(node)
	for _, id := range [...]string{name, preferred} {
		if e := known[id]; e != nil {
			return e
		}
	}
	lrm := anyChild(node, "lrm", node.ID())
	e := cib.New("lrm_resource", "id", preferred)
	list := child(lrm, "lrm_resources", "")
	list.Children = append(list.Children, e)
	known[preferred] = e
	set(e, "class", class)
	if provider != "" {
		set(e, "provider", provider)
	}
	set(e, "type", kind)
	return e
}

// historiesOf indexes the histories of a node, which only history adds to.
func (w *world) historiesOf(node *cib.Element) map[string]*cib.Element {
	if known := w.histories[node]; known != nil {
		return known
	}
	known := map[string]*cib.Element{}
	for e := range node.Child("lrm").Child("lrm_resources").All("lrm_resource") {
		if known[e.ID()] == nil {
			known[e.ID()] = e
		}
	}
	if w.histories == nil {
		w.histories = map[*cib.Element]map[string]*cib.Element{}
	}
	w.histories[node] = known
	return known
}

// fakeUUID stands for the DC in the keys of made-up results.
const fakeUUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

// outcome is a made-up result.
type outcome struct {
	resource, task string
	interval       time.Duration
	rc, want       crm.ExitCode
	node           string
	params         map[string]string // nil: no digest
	reason         string
}

// record writes a result into a history.
func (w *world) record(h *cib.Element, o outcome) {
	call := 0
	for _, c := range h.Children {
		if n, err := strconv.Atoi(c.Get("call-id")); err == nil {
			call = max(call, n)
		}
	}
	call++
	task := o.task
	if task == "reload" || task == "reload-agent" {
		task = "start" // what it says about the resource is what a start says
	}
	key := crm.OpKey{Resource: crm.ResourceID(o.resource), Name: task, Interval: o.interval}.String()
	ids := []string{o.resource + "_last_0"}
	reason := ""
	switch {
	case task == "notify":
		ids = []string{o.resource + "_" + o.params["CRM_meta_notify_type"] + "_notify_" + o.params["CRM_meta_notify_operation"] + "_0"}
	case task == "migrate_to", task == "migrate_from":
		ids = []string{key}
	case o.rc != o.want:
		ids[0] = o.resource + "_last_failure_0"
		if o.interval == 0 {
			ids = append(ids, o.resource+"_last_0")
		}
		reason = o.reason
	case o.interval > 0:
		ids = []string{key}
	}
	transition := crm.TransitionKey{Action: call, Transition: -1, TargetRC: o.want, UUID: fakeUUID}.String()
	stamp := strconv.FormatInt(w.wall.Unix(), 10)
	for _, id := range ids {
		e := child(h, "lrm_rsc_op", id)
		set(e, "operation_key", key, "operation", task, "crm-debug-origin", "crm_simulate", "crm_feature_set", state.FeatureSet,
			"transition-key", transition, "transition-magic", "0:"+strconv.Itoa(int(o.rc))+";"+transition, "exit-reason", reason,
			"on_node", o.node, "call-id", strconv.Itoa(call), "rc-code", strconv.Itoa(int(o.rc)), "op-status", "0",
			"interval", strconv.FormatInt(o.interval.Milliseconds(), 10), "last-rc-change", stamp, "exec-time", "0", "queue-time", "0")
		if task == "migrate_to" || task == "migrate_from" {
			set(e, "migrate_source", o.params["CRM_meta_migrate_source"], "migrate_target", o.params["CRM_meta_migrate_target"])
		}
		if o.params != nil {
			set(e, "op-digest", state.ParamsDigest(o.params))
		}
	}
}

// attribute sets a transient attribute.
func (w *world) attribute(node *cib.Element, name, value string) {
	block := anyChild(anyChild(node, "transient_attributes", node.ID()), "instance_attributes", node.ID())
	set(child(block, "nvpair", validID(block.ID()+"-"+name)), "name", name, "value", value)
}

// validID makes an XML id of a text: what may not be in one becomes a dot, or, at the
// beginning, an underscore.
func validID(text string) string {
	var out []rune
	for i, c := range text {
		letter := c == '_' || c == ':' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c > 127
		switch {
		case letter, i > 0 && (c == '-' || c == '.' || c >= '0' && c <= '9'):
		case i == 0:
			c = '_'
		default:
			c = '.'
		}
		out = append(out, c)
	}
	return string(out)
}

// failed counts a failure.
func (w *world) failed(node *cib.Element, resource, task string, interval time.Duration, rc crm.ExitCode, infinity bool) []Event {
	if rc == crm.OK || rc == crm.NotRunning && interval == 0 {
		return nil
	}
	op := resource + "#" + task + "_" + strconv.FormatInt(interval.Milliseconds(), 10)
	value := "INFINITY"
	if !infinity {
		n := 0
		block := node.Child("transient_attributes").Child("instance_attributes")
		if pair := block.ChildWith("nvpair", "name", "fail-count-"+op); pair != nil {
			n, _ = strconv.Atoi(pair.Get("value"))
		}
		value = strconv.Itoa(n + 1)
	}
	changes := []Event{{Kind: AttributeSet, Name: "fail-count-" + op, Value: value, Node: node.ID()},
		{Kind: AttributeSet, Name: "last-failure-" + op, Value: strconv.FormatInt(w.wall.Unix(), 10), Node: node.ID()}}
	for _, c := range changes {
		w.attribute(node, c.Name, c.Value)
	}
	return changes
}
