package pengine

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// changes is what differs between two snapshots: whom it concerns.
type changes struct {
	why   string       // why all has to be decided anew; "" when it need not
	dirty map[int]bool // the parties

	grown []growth // histories that came to a node
}

// growth is a node's longer list of histories.
type growth struct {
	state   int // index of the node's state
	parties []int32
}

func (c *changes) all(why string) {
	if c.why == "" {
		c.why = why
	}
}

// bookkeeping are attributes that change with every write and mean nothing to the engine.
var bookkeeping = []string{"num_updates", "epoch", "admin_epoch", "cib-last-written", "update-origin", "update-client", "update-user",
	"crm-debug-origin"}

// sameAttrs reports whether two elements agree in all attributes but book-keeping.
func sameAttrs(a, b *cib.Element) bool {
	count := 0
	for _, x := range a.Attrs {
		if slices.Contains(bookkeeping, x.Name) {
			continue
		}
		if v, ok := b.Lookup(x.Name); !ok || v != x.Value {
			return false
		}
		count++
	}
	for _, x := range b.Attrs {
		if !slices.Contains(bookkeeping, x.Name) {
			count--
		}
	}
	return count == 0
}

// compare finds what changed between two documents. Elements that are the same are shared
// by both: see cib.Element.
func (f *frame) compare(before, after *cib.Element) *changes {
	c := &changes{dirty: map[int]bool{}}
	switch {
	case after.Child("configuration") != f.config:
		c.all("the configuration changed")
	case !sameAttrs(before, after):
		c.all("quorum, the DC or the feature set changed")
	}
	if c.why != "" {
		return c
	}
	old, fresh := before.Child("status"), after.Child("status")
	if old == fresh {
		return c
	}
	if len(old.Children) != len(fresh.Children) {
		c.all("a node, or a ticket, came or went")
		return c
	}
	for i, was := range old.Children {
		is := fresh.Children[i]
		switch {
		case was == is:
		case was.Name != "node_state" || is.Name != was.Name || !sameAttrs(was, is):
			c.all("the state of a node, or of tickets, changed")
		default:
			f.compareState(c, i, was, is)
		}
	}
	return c
}

func (f *frame) compareState(c *changes, i int, was, is *cib.Element) {
	seen := 0
	for _, child := range is.Children {
		old := was.Child(child.Name)
		if old != nil {
			seen++
		}
		switch {
		case old == child:
		case child.Name == "lrm":
			f.compareHistories(c, i, old, child)
		case child.Name == "transient_attributes":
			f.compareAttributes(c, old, child)
		default:
			c.all("the state of a node changed")
		}
	}
	for _, child := range was.Children {
		if is.Child(child.Name) == nil {
			if child.Name != "transient_attributes" {
				c.all("a node's history is gone")
				return
			}
			f.compareAttributes(c, child, nil)
		}
	}
}

func (f *frame) compareHistories(c *changes, i int, was, is *cib.Element) {
	old, fresh := was.Child("lrm_resources"), is.Child("lrm_resources")
	if old == nil || fresh == nil || !sameAttrs(was, is) || len(fresh.Children) < len(old.Children) || len(old.Children) == 0 {
		c.all("a node's history came or went")
		return
	}
	for k, e := range fresh.Children {
		if k < len(old.Children) {
			o := old.Children[k]
			switch {
			case o == e:
			case o.Name != e.Name || o.ID() != e.ID():
				c.all("a resource's history came or went")
				return
			default:
				c.dirty[int(f.histories[i][k])] = true
			}
			continue
		}
		party, ok := f.owner(e.ID())
		if !ok || e.Name != "lrm_resource" {
			c.all("there is a history of a resource that is not configured")
			return
		}
		if k == len(old.Children) {
			c.grown = append(c.grown, growth{state: i})
		}
		g := &c.grown[len(c.grown)-1]
		g.parties = append(g.parties, int32(party))
		c.dirty[party] = true
	}
}

// flatten lists the values of a node's transient attributes; ok is false when there is
// more to them than names and values.
func flatten(e *cib.Element) (values map[string]string, ok bool) {
	values = map[string]string{}
	if e == nil {
		return values, true
	}
	sets := 0
	for _, set := range e.Children {
		if sets++; sets > 1 || set.Name != "instance_attributes" || set.Get("id-ref") != "" {
			return nil, false
		}
		for _, pair := range set.Children {
			name := pair.Get("name")
			if _, twice := values[name]; twice || pair.Name != "nvpair" || pair.Get("id-ref") != "" {
				return nil, false
			}
			values[name] = pair.Get("value")
		}
	}
	return values, true
}

func (f *frame) compareAttributes(c *changes, was, is *cib.Element) {
	old, ok1 := flatten(was)
	fresh, ok2 := flatten(is)
	if !ok1 || !ok2 {
		c.all("a node's attributes are guarded by rules")
		return
	}
	for name, v := range old { // in any order: what is found is a set
		if now, have := fresh[name]; !have || now != v {
			f.attributeChanged(c, name)
		}
	}
	for name := range fresh {
		if _, have := old[name]; !have {
			f.attributeChanged(c, name)
		}
	}
}

// general are the node attributes that concern all resources.
var general = []string{"standby", "maintenance", "shutdown", "terminate", "resource-discovery-enabled", "site-name"}

// attributeChanged finds whom a change of a node attribute concerns: whose failures it
// counts, whose promotion score it is, and whose rules read it.
func (f *frame) attributeChanged(c *changes, name string) {
	if strings.HasPrefix(name, "#") || slices.Contains(general, name) {
		c.all("standby, maintenance or another attribute of the whole node changed")
		return
	}
	for _, party := range f.readers[name] {
		if party == none {
			c.all("a node attribute changed that all resources read")
			return
		}
		c.dirty[party] = true
	}
	rsc, counts := failureOf(name)
	if !counts {
		rsc, counts = strings.CutPrefix(name, "master-")
	}
	if party, ok := f.owner(rsc); counts && ok {
		c.dirty[party] = true
	}
}
