package state

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// ReadRoot reads a whole document (the <cib> element).
func ReadRoot(root *cib.Element, now time.Time, opts ReadOptions) *Cluster {
	c := &Cluster{Root: root, Now: now, Sanitized: opts.Sanitized,
		Tickets: map[string]*Ticket{}, Tags: map[string][]string{}, Templates: map[string][]string{}}
	r := &reader{c: c, ids: map[string]*cib.Element{}, byID: map[string]*Resource{}, byHistory: map[string]*Resource{}}
	c.r = r
	c.HaveFencing = opts.HaveFencing
	if opts.Trace {
		r.trace = &Trace{}
	}
	c.Quorate = isTrue(root.Get("have-quorum"))
	conf := upgraded(root.Child("configuration"), root.Get("validate-with"))
	r.opDefaults, r.rscDefaults = conf.Child("op_defaults"), conf.Child("rsc_defaults")
	r.resources = conf.Child("resources")
	r.options(conf.Child("crm_config"))
	r.nodes(conf.Child("nodes"))
	if !opts.LocationOnly {
		r.remoteNodes()
	}
	r.allResources(opts)
	r.tags(conf.Child("tags"))
	r.constraints(conf.Child("constraints"))
	r.rules(conf)
	if !opts.LocationOnly {
		r.status(root.Child("status"))
	}
	r.at(PhaseCluster, 2, -1)
	for _, rsc := range c.Resources {
		c.count(rsc)
	}
	if opts.Local != "" && c.Node(opts.Local) == nil {
		r.newNode(string(opts.Local), string(opts.Local), "", 0)
	}
	for _, n := range c.Nodes {
		if n.guest() {
			n.Kind = GuestNode
		}
	}
	r.at(PhaseLater, -1, -1)
	return c
}

// Read reads a snapshot.
func Read(snap *cib.Snapshot, now time.Time, opts ReadOptions) *Cluster {
	return ReadRoot(snap.Root(), now, opts)
}

// reader holds what is needed while reading, and for parameters evaluated later.
type reader struct {
	c                       *Cluster
	opDefaults, rscDefaults *cib.Element
	resources               *cib.Element
	guests                  []*cib.Element // connections made for guest nodes
	ids                     map[string]*cib.Element
	idsDone                 bool
	byID, byHistory         map[string]*Resource
	stopNeeded              []*Resource
	histories               map[histKey]*cib.Element
	failedSeen              map[histKey]bool
	setLists                map[string][]*cib.Element // by id, a resource set and those that follow it
	trace                   *Trace                    // nil unless asked for
}

type histKey struct{ node, rsc string }

// resolve finds an element of the configuration by id, for id-ref.
func (r *reader) resolve(id string) *cib.Element {
	if !r.idsDone {
		r.idsDone = true
		for e := range r.c.Root.Child("configuration").Walk() {
			if v, ok := e.Lookup("id"); ok {
				if _, have := r.ids[v]; !have {
					r.ids[v] = e
				}
			}
		}
	}
	return r.ids[id]
}

func (r *reader) input() *rules.Input {
	return &rules.Input{Now: r.c.Now, Resolve: r.resolve}
}

// unpack evaluates blocks of pairs and remembers when to look again.
func (r *reader) unpack(e *cib.Element, block, first string, in *rules.Input, values map[string]string) {
	if until := rules.Unpack(e, block, first, in, values); !until.IsZero() {
		r.recheck(until)
	}
}

// recheck remembers that the CIB means something else at t.
func (r *reader) recheck(t time.Time) {
	if r.trace != nil && t.After(r.c.Now) {
		r.trace.Rechecks = append(r.trace.Rechecks, Recheck{r.trace.place, t})
	}
	if t.After(r.c.Now) && (r.c.RecheckAt.IsZero() || t.Before(r.c.RecheckAt)) {
		r.c.RecheckAt = t
	}
}

// finding records a remark.
func (r *reader) finding(level, msg string) {
	r.c.Findings = append(r.c.Findings, Finding{level, msg})
}

// effect records a consequence.
func (r *reader) effect(e Effect) {
	if e.Kind == StopResource {
		e.Resource.stopAsked = true
	}
	e.Reset = e.Node != nil && e.Node.RemoteReset
	r.c.Effects = append(r.c.Effects, e)
}

func (r *reader) tags(section *cib.Element) {
	seen := map[[2]string]bool{}
	for tag := range section.All("tag") {
		for ref := range tag.All("obj_ref") {
			if pair := [2]string{tag.ID(), ref.ID()}; !seen[pair] {
				seen[pair] = true
				r.c.Tags[tag.ID()] = append(r.c.Tags[tag.ID()], ref.ID())
			}
		}
	}
}

// rules remarks what is wrong with the rules of the configuration.
func (r *reader) rules(conf *cib.Element) {
	for e := range conf.Walk() {
		if e.Name != "rule" {
			continue
		}
		for _, problem := range rules.Check(e, r.c.Now) {
			r.finding("error", "Rule "+e.ID()+": "+problem)
		}
	}
}

// count adds a resource's instances to the cluster's totals.
func (c *Cluster) count(rsc *Resource) {
	if rsc.Variant == Bundle {
		for _, rep := range rsc.BundleData.Replicas {
			for _, part := range []*Resource{rep.IP, rep.Child, rep.Container, rep.Remote} {
				if part != nil {
					c.count(part)
				}
			}
		}
		return
	}
	if len(rsc.Children) > 0 {
		for _, child := range rsc.Children {
			c.count(child)
		}
		return
	}
	if rsc.Removed && rsc.Role <= crm.RoleStopped {
		return
	}
	c.Instances++
	if rsc.IsDisabled() {
		c.Disabled++
	}
	if rsc.Blocked {
		c.Blocked++
	}
}

// IsDisabled reports whether target-role asks for less than running (or promoted, where
// the resource can be).
func (r *Resource) IsDisabled() bool {
	role, ok := crm.ParseRole(r.Meta["target-role"])
	return ok && (role == crm.RoleStopped || role == crm.RoleUnpromoted && r.Top().Promotable)
}

// isTrue reads a boolean as the field does; anything unknown is false.
func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "y", "1":
		return true
	}
	return false
}

// parseBool reads a boolean; ok is false when it is none.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "y", "1":
		return true, true
	case "false", "off", "no", "n", "0":
		return false, true
	}
	return false, false
}
