package state

import (
	"strconv"
)

// How many instances a clone may have, and how many replicas, each a node of its own, a
// bundle: a slip of the pen must not use up a node's memory and time.
const (
	MaxInstances = 2000
	MaxReplicas  = 200
)

// clone reads a clone and makes its instances.
func (r *reader) clone(rsc *Resource) bool {
	d := &CloneData{}
	rsc.CloneData = d
	if rsc.Promotable {
		d.PromotedMax = metaInt(rsc, "promoted-max", "master-max", 1)
		d.PromotedNodeMax = metaInt(rsc, "promoted-node-max", "master-node-max", 1)
	}
	d.NodeMax = metaInt(rsc, "clone-node-max", "", 1)
	d.Max = metaInt(rsc, "clone-max", "", max(1, len(r.c.Nodes)))
	if d.Max > MaxInstances {
		r.finding("error", "Using "+strconv.Itoa(MaxInstances)+" as clone-max for "+string(rsc.ID)+" because "+strconv.Itoa(d.Max)+" is too many")
		d.Max = MaxInstances
	}
	d.Min = metaInt(rsc, "clone-min", "", 0)
	d.Ordered = isTrue(rsc.Meta["ordered"])
	d.Interleave = isTrue(rsc.Meta["interleave"])
	if !rsc.Unique && d.NodeMax > 1 {
		r.finding("error", "Ignoring clone-node-max of "+strconv.Itoa(d.NodeMax)+" for "+string(rsc.ID)+
			" because anonymous clones support only one instance per node")
		d.NodeMax = 1
	}
	for c := range rsc.XML.All("") {
		if c.Name == "primitive" || c.Name == "group" {
			d.Child = c
			break
		}
	}
	if d.Child == nil {
		r.finding("error", string(rsc.ID)+" has nothing to clone")
		return false
	}
	if _, have := rsc.Meta["resource-stickiness"]; !have {
		rsc.Meta["resource-stickiness"] = "1"
	}
	rsc.Meta["globally-unique"] = strconv.FormatBool(rsc.Unique)
	for range max(1, d.Max) {
		if r.instance(rsc) == nil {
			return false
		}
		if d.Total >= d.Max {
			break // fewer than thought: the agent allows anonymous instances only
		}
	}
	return true
}

func metaInt(rsc *Resource, name, old string, def int) int {
	text, have := rsc.Meta[name]
	if !have && old != "" {
		text, have = rsc.Meta[old]
	}
	if !have {
		return def
	}
	n, err := strconv.Atoi(numberIn(text))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// instance makes the next instance of a clone; one beyond clone-max counts as removed.
func (r *reader) instance(rsc *Resource) *Resource {
	d := rsc.CloneData
	removed := d.Total >= d.Max
	child := r.resource(d.Child, rsc, strconv.Itoa(d.Total))
	if child == nil {
		return nil
	}
	d.Total++
	rsc.Children = append(rsc.Children, child)
	if removed {
		setRemoved(child)
	}
	child.Meta["clone-max"] = strconv.Itoa(d.Max)
	return child
}

func setRemoved(rsc *Resource) {
	rsc.Removed = true
	for _, c := range rsc.Children {
		setRemoved(c)
	}
}
