package graph

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Names of the graph's elements, by kind of action.
var kindNames = [...]string{ResourceOp: "rsc_op", PseudoEvent: "pseudo_event", ClusterEvent: "crm_event"}

// XML prints the graph as Pacemaker's transition_graph: what Element gives, without having
// all of it in memory.
func (g *Graph) XML() []byte {
	root := g.root()
	if len(g.Synapses) == 0 {
		return root.XML()
	}
	// A root with text is not printed as an empty element: its end is cut off and put back.
	root.Text = "x"
	const end = "x</transition_graph>\n"
	out := root.XML()
	out = append(out[:len(out)-len(end)], '\n')
	byID := g.byID()
	const sample = 256 // as many tell how much room all need
	for i := range g.Synapses {
		if i == sample && len(g.Synapses) > 2*sample {
			out = slices.Grow(out, len(out)/sample*(len(g.Synapses)-sample)*21/20)
		}
		out = g.Synapses[i].element(byID).AppendXML(out, 2)
	}
	return append(out, end[1:]...)
}

// Element gives the graph as Pacemaker's transition_graph.
func (g *Graph) Element() *cib.Element {
	root, byID := g.root(), g.byID()
	for i := range g.Synapses {
		root.Children = append(root.Children, g.Synapses[i].element(byID))
	}
	return root
}

// byID finds the actions of the graph.
func (g *Graph) byID() map[int]*Action {
	byID := make(map[int]*Action, len(g.Synapses))
	for i := range g.Synapses {
		byID[g.Synapses[i].Action.ID] = &g.Synapses[i].Action
	}
	return byID
}

// root gives the element without the synapses.
func (g *Graph) root() *cib.Element {
	root := cib.New("transition_graph",
		"cluster-delay", orDuration(g.ClusterDelayText, g.ClusterDelay),
		"fencing-timeout", orDuration(g.FencingTimeoutText, g.FencingTimeout),
		"failed-stop-offset", g.FailedStopOffset,
		"failed-start-offset", g.FailedStartOffset,
		"batch-limit", orNumber(g.BatchLimitText, g.BatchLimit),
		"transition_id", strconv.Itoa(g.TransitionID))
	set := func(name, value string) { root.Attrs = append(root.Attrs, cib.Attr{Name: name, Value: value}) }
	if g.MigrationLimit > 0 {
		set("migration-limit", orNumber(g.MigrationLimitText, g.MigrationLimit))
	}
	if !g.RecheckBy.IsZero() {
		set("recheck-by", strconv.FormatInt(g.RecheckBy.Unix(), 10))
	}
	return root
}

func orDuration(text string, d time.Duration) string {
	if text != "" {
		return text
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

func orNumber(text string, n int) string {
	if text != "" {
		return text
	}
	return strconv.Itoa(n)
}

func (s *Synapse) element(byID map[int]*Action) *cib.Element {
	e := cib.New("synapse", "id", strconv.Itoa(s.ID))
	if s.Priority > 0 {
		e.Attrs = append(e.Attrs, cib.Attr{Name: "priority", Value: strconv.Itoa(s.Priority)})
	}
	inputs := cib.New("inputs")
	for _, id := range s.Inputs {
		in := s.trigger(id)
		if a := byID[id]; a != nil {
			in = a
		}
		inputs.Children = append(inputs.Children, cib.New("trigger").WithChildren(in.brief()))
	}
	e.Children = []*cib.Element{cib.New("action_set").WithChildren(s.Action.element()), inputs}
	return e
}

// trigger describes an input that is not part of the graph.
func (s *Synapse) trigger(id int) *Action {
	for i := range s.Triggers {
		if s.Triggers[i].ID == id {
			return &s.Triggers[i]
		}
	}
	return &Action{ID: id, Kind: PseudoEvent}
}

// brief gives what names the action, without details.
func (a *Action) brief() *cib.Element {
	e := cib.New(kindNames[a.Kind])
	set := func(name, value string) {
		if value != "" {
			e.Attrs = append(e.Attrs, cib.Attr{Name: name, Value: value})
		}
	}
	set("mode", a.Mode)
	set("id", strconv.Itoa(a.ID))
	set("operation", a.Operation)
	set("operation_key", a.Key)
	set("internal_operation_key", a.InternalKey)
	set("on_node", string(a.Node))
	set("on_node_uuid", a.NodeUUID)
	set("router_node", string(a.RouterNode))
	return e
}

func (a *Action) element() *cib.Element {
	e := a.brief()
	if a.ShutdownLock != 0 {
		e.Attrs = append(e.Attrs, cib.Attr{Name: "shutdown-lock", Value: strconv.FormatInt(a.ShutdownLock, 10)})
	}
	if a.Resource.ID != "" {
		e.Children = append(e.Children, a.Resource.element())
	}
	e.Children = append(e.Children, a.attributes())
	if len(a.Downed) > 0 {
		downed := cib.New("downed")
		for _, id := range a.Downed {
			downed.Children = append(downed.Children, cib.New("node", "id", id))
		}
		e.Children = append(e.Children, downed)
	}
	if len(a.Maintenance) > 0 {
		m := cib.New("maintenance")
		for _, n := range a.Maintenance {
			in := "0"
			if n.Maintenance {
				in = "1"
			}
			m.Children = append(m.Children, cib.New("node", "id", n.NodeUUID, "node_in_maintenance", in))
		}
		e.Children = append(e.Children, m)
	}
	return e
}

func (r *Resource) element() *cib.Element {
	e := cib.New("primitive", "id", string(r.ID))
	for _, each := range [][2]string{{"long-id", string(r.LongID)}, {"class", r.Class}, {"provider", r.Provider}, {"type", r.Type}} {
		if each[1] != "" {
			e.Attrs = append(e.Attrs, cib.Attr{Name: each[0], Value: each[1]})
		}
	}
	return e
}

// attributes lists the parameters, sorted. Names that XML does not allow become param
// elements.
func (a *Action) attributes() *cib.Element {
	e := cib.New("attributes")
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		if name != "" && name[0] >= '0' && name[0] <= '9' {
			e.Children = append(e.Children, cib.New("param", "name", name, "value", a.Attributes[name]))
		} else {
			e.Attrs = append(e.Attrs, cib.Attr{Name: name, Value: a.Attributes[name]})
		}
	}
	return e
}

// ParseXML reads what XML prints.
func ParseXML(data []byte) (*Graph, error) {
	root, err := cib.Parse(data)
	if err != nil {
		return nil, err
	}
	return FromElement(root)
}

func resourceFrom(e *cib.Element) Resource {
	return Resource{ID: crm.ResourceID(e.ID()), LongID: crm.ResourceID(e.Get("long-id")), Class: e.Get("class"),
		Provider: e.Get("provider"), Type: e.Get("type")}
}
