package whatif

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/simulate"
)

// SetAttribute sets a transient attribute of a node; nil deletes it.
func (r *Rehearsal) SetAttribute(node crm.NodeName, name string, value *string) error {
	return r.editState(node, func(ns *cib.Element) *cib.Element {
		block := ns.Child("transient_attributes")
		if block == nil {
			block = cib.New("transient_attributes", "id", ns.ID())
			ns = ns.Plus(block)
		}
		set := block.Child("instance_attributes")
		if set == nil {
			set = cib.New("instance_attributes", "id", "status-"+ns.ID())
			grown := block.Plus(set)
			ns, block = replaced(ns, block, grown), grown
		}
		var pairs []*cib.Element
		for _, p := range set.Children {
			if p.Get("name") != name {
				pairs = append(pairs, p)
			}
		}
		if value != nil {
			pairs = append(pairs, cib.New("nvpair", "id", set.ID()+"-"+strings.NewReplacer("#", ".", ":", ".").Replace(name), "name", name, "value", *value))
		}
		return replaced(ns, block, replaced(block, set, set.WithChildren(pairs...)))
	})
}

// Cleaned is one resource on one node that was cleaned up.
type Cleaned struct {
	Resource crm.ResourceID
	Node     crm.NodeName
}

// Cleanup forgets failures: their entries in the histories and the failcounts. Of what
// else the histories say it is assumed that probes find it again. An empty name stands
// for all resources, or all nodes; with refresh also what did not fail is told as cleaned.
func (r *Rehearsal) Cleanup(resource crm.ResourceID, node crm.NodeName, refresh bool) ([]Cleaned, error) {
	c := r.read()
	wanted := func(id string) bool {
		if resource == "" {
			return true
		}
		for rsc := c.Resource(id); rsc != nil; rsc = rsc.Parent {
			if rsc.XMLID == resource || rsc.ID == resource {
				return true
			}
		}
		return baseID(id) == string(resource)
	}
	var cleaned []Cleaned
	for _, n := range c.Nodes {
		if node != "" && n.Name != node || r.state(n.Name) == nil {
			continue
		}
		err := r.editState(n.Name, func(ns *cib.Element) *cib.Element {
			ns, counted := withoutFailcounts(ns, wanted)
			lrm := ns.Child("lrm")
			list := lrm.Child("lrm_resources")
			if list == nil {
				return ns
			}
			var histories []*cib.Element
			for _, h := range list.Children {
				kept, failed := h, counted[baseID(h.ID())]
				if wanted(h.ID()) {
					var had bool
					kept, had = withoutFailures(h)
					if failed = failed || had; failed || refresh {
						cleaned = append(cleaned, Cleaned{crm.ResourceID(h.ID()), n.Name})
					}
				}
				histories = append(histories, kept)
			}
			return replaced(ns, lrm, replaced(lrm, list, list.WithChildren(histories...)))
		})
		if err != nil {
			return nil, err
		}
	}
	return cleaned, nil
}

// withoutFailcounts drops the failure attributes of some resources, and tells of whom.
func withoutFailcounts(ns *cib.Element, wanted func(string) bool) (*cib.Element, map[string]bool) {
	counted := map[string]bool{}
	block := ns.Child("transient_attributes")
	if block == nil {
		return ns, counted
	}
	var sets []*cib.Element
	for _, set := range block.Children {
		var pairs []*cib.Element
		for _, p := range set.Children {
			name, _, _ := strings.Cut(p.Get("name"), "#")
			id, isCount := strings.CutPrefix(name, "fail-count-")
			if !isCount {
				id, isCount = strings.CutPrefix(name, "last-failure-")
			}
			if isCount && wanted(id) {
				counted[baseID(id)] = true
				continue
			}
			pairs = append(pairs, p)
		}
		sets = append(sets, set.WithChildren(pairs...))
	}
	return replaced(ns, block, block.WithChildren(sets...)), counted
}

// withoutFailures drops the entries of a history that failed.
func withoutFailures(h *cib.Element) (kept *cib.Element, had bool) {
	var ops []*cib.Element
	for _, op := range h.Children {
		if op.Name == "lrm_rsc_op" && (strings.HasSuffix(op.ID(), "_last_failure_0") || !succeeded(op) && op.Get("op-status") != "-1") {
			had = true
			continue
		}
		ops = append(ops, op)
	}
	return h.WithChildren(ops...), had
}

// ConfirmOff takes somebody's word that a node is off.
func (r *Rehearsal) ConfirmOff(node crm.NodeName) error {
	c := r.read()
	if c.Node(node) == nil {
		return fmt.Errorf("node %s does not exist", node)
	}
	r.line.vacate(r.clock, node)
	root, _, _ := simulate.Inject(c, &simulate.Injections{Down: []string{string(node)}}, r.opts.Now)
	if v := r.opts.votes(c); v.Expected == 2 {
		root = root.With("have-quorum", "1")
	}
	r.Change(root)
	return nil
}

// Leave lets a node go in an orderly way: it is emptied first.
func (r *Rehearsal) Leave(node crm.NodeName) error {
	c := r.read()
	n := c.Node(node)
	if n == nil {
		return fmt.Errorf("node %s does not exist", node)
	}
	since := strconv.FormatInt(r.opts.Now.Unix(), 10)
	if err := r.SetAttribute(n.Name, "shutdown", &since); err != nil {
		return err
	}
	r.Settle()
	gone := []crm.NodeName{n.Name}
	q := r.opts.after(c, gone, false)
	root, _, _ := simulate.Inject(r.read(), &simulate.Injections{Down: []string{string(n.Name)}}, r.opts.Now)
	r.lost = append(r.lost, n.Name)
	r.Change(q.apply(root, survivor(c, gone)))
	return nil
}

// Join lets a node come (back) into the cluster, with nothing active on it.
func (r *Rehearsal) Join(node crm.NodeName) {
	r.lost = without(r.lost, node)
	root, _, _ := simulate.Inject(r.read(), &simulate.Injections{Up: []string{string(node)}, Quorum: "1"}, r.opts.Now)
	r.Change(root)
}

// Remove deletes a node from the configuration and the status.
func (r *Rehearsal) Remove(node crm.NodeName) {
	drop := func(section *cib.Element, name string) *cib.Element {
		var kept []*cib.Element
		for _, e := range section.Children {
			if e.Name != name || e.Get("uname") != string(node) {
				kept = append(kept, e)
			}
		}
		return section.WithChildren(kept...)
	}
	conf := r.root.Child("configuration")
	if nodes := conf.Child("nodes"); nodes != nil {
		r.root = replaced(r.root, conf, replaced(conf, nodes, drop(nodes, "node")))
	}
	if status := r.root.Child("status"); status != nil {
		r.root = replaced(r.root, status, drop(status, "node_state"))
	}
	r.line.vacate(r.clock, node)
	r.Change(r.root)
}

// state finds the state entry of a node; nil when there is none.
func (r *Rehearsal) state(node crm.NodeName) *cib.Element {
	return r.root.Child("status").ChildWith("node_state", "uname", string(node))
}

// editState changes the state entry of a node.
func (r *Rehearsal) editState(node crm.NodeName, edit func(*cib.Element) *cib.Element) error {
	ns := r.state(node)
	if ns == nil {
		return fmt.Errorf("node %s has no state: it was never seen", node)
	}
	status := r.root.Child("status")
	r.Change(replaced(r.root, status, replaced(status, ns, edit(ns))))
	return nil
}

func without(list []crm.NodeName, name crm.NodeName) []crm.NodeName {
	var out []crm.NodeName
	for _, n := range list {
		if n != name {
			out = append(out, n)
		}
	}
	return out
}
