package report

import (
	"fmt"

	"github.com/tactus-ha/tactus/pengine/state"
)

func bundleHeading(r *state.Resource, o *Options) string {
	set, unique := "", ""
	if r.BundleData.ReplicaCount > 1 {
		set = " set"
	}
	if r.Unique {
		unique = " (unique)"
	}
	heading := "Container bundle" + set + ": " + string(r.ID) + " [" + r.BundleData.Image + "]" + unique + description(r, o)
	for _, u := range unmanaged(r) {
		heading += " (" + u + ")"
	}
	return heading
}

func bundle(w *Writer, c *state.Cluster, r *state.Resource, o *Options) bool {
	if o.Filtered(r, true) {
		return false
	}
	l := list{w: w}
	heading := bundleHeading(r, o)
	everything := o.WantID(r.ID)
	for _, rep := range r.BundleData.Replicas {
		if o.Elsewhere(rep.Container) {
			continue
		}
		var parts []*state.Resource
		for _, p := range []*state.Resource{rep.IP, rep.Child, rep.Container, rep.Remote} {
			if p != nil && !o.Filtered(p, everything) {
				parts = append(parts, p)
			}
		}
		switch {
		case o.Implicit || !everything && len(parts) > 0:
			l.header(heading)
			replicaParts(w, c, r, rep, parts, o)
		case everything || len(parts) > 0:
			l.header(heading)
			replica(w, c, rep, o)
		}
	}
	return l.end()
}

func replicaParts(w *Writer, c *state.Cluster, r *state.Resource, rep *state.Replica, parts []*state.Resource, o *Options) {
	inner := *o
	inner.Implicit = true
	if len(r.BundleData.Replicas) > 1 {
		w.Itemf("Replica[%d]", rep.Offset)
	}
	w.Begin("")
	for _, p := range parts {
		Resource(w, c, p, &inner)
	}
	w.End()
}

// replica writes a replica as if it were one resource.
func replica(w *Writer, c *state.Cluster, rep *state.Replica, o *Options) {
	what, name := rep.Child, rep.Remote
	if what == nil {
		what = rep.Container
	}
	if name == nil {
		name = rep.Container
	}
	text := string(name.PrintableID())
	if rep.IPAddr != "" {
		text = fmt.Sprintf("%s (%s)", text, rep.IPAddr)
	}
	primitive(w, c, what, text, rep.Container.CurrentNode(), o)
}
