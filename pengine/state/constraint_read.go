package state

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
)

// constraints reads the constraints section as it is; meanings are the scheduler's.
func (r *reader) constraints(section *cib.Element) {
	for e := range section.All("") {
		var c Constraint
		switch e.Name {
		case "rsc_location":
			c.Location = r.location(e)
		case "rsc_colocation":
			c.Colocation = &Colocation{ID: e.ID(), Resource: e.Get("rsc"), With: e.Get("with-rsc"), Role: e.Get("rsc-role"),
				WithRole: e.Get("with-rsc-role"), Score: e.Get("score"), NodeAttribute: e.Get("node-attribute"),
				Influence: e.Get("influence"), Instance: e.Get("rsc-instance"), WithInstance: e.Get("with-rsc-instance"),
				Sets: r.sets(e), XML: e}
		case "rsc_order":
			c.Order = &Order{ID: e.ID(), First: e.Get("first"), Then: e.Get("then"), FirstAction: e.Get("first-action"),
				ThenAction: e.Get("then-action"), FirstInstance: e.Get("first-instance"), ThenInstance: e.Get("then-instance"),
				Kind: e.Get("kind"), Score: e.Get("score"), Symmetrical: e.Get("symmetrical"), RequireAll: e.Get("require-all"),
				Sets: r.sets(e), XML: e}
		case "rsc_ticket":
			c.Ticket = &TicketConstraint{ID: e.ID(), Resource: e.Get("rsc"), Role: e.Get("rsc-role"), Ticket: e.Get("ticket"),
				LossPolicy: e.Get("loss-policy"), Sets: r.sets(e), XML: e}
		default:
			r.finding("warning", "Unsupported constraint type: "+e.Name)
			continue
		}
		r.c.Constraints = append(r.c.Constraints, c)
	}
}

func (r *reader) location(e *cib.Element) *Location {
	l := &Location{ID: e.ID(), Resource: e.Get("rsc"), Pattern: e.Get("rsc-pattern"), Node: e.Get("node"), Score: e.Get("score"),
		Role: e.Get("role"), Discovery: e.Get("resource-discovery"), Sets: r.sets(e), XML: e}
	l.Rules = slices.Collect(e.All("rule"))
	l.Lifetime = slices.Collect(e.Child("lifetime").All("rule"))
	return l
}

// sets reads the resource sets of a constraint. A set may refer to one of another
// constraint; then the sets that follow are those that follow there, as upstream has it.
func (r *reader) sets(e *cib.Element) (out []ResourceSet) {
	seen := map[*cib.Element]bool{}
	list := slices.Collect(e.All("resource_set"))
	for len(list) > 0 {
		s := list[0]
		list = list[1:]
		if ref, ok := s.Lookup("id-ref"); ok {
			if list = r.setsFrom(ref); list == nil {
				r.finding("error", "Ignoring the rest of constraint '"+e.ID()+"' because there is no resource_set '"+ref+"'")
				break
			}
			s, list = list[0], list[1:]
		}
		if seen[s] {
			r.finding("error", "Ignoring the rest of constraint '"+e.ID()+"' because its sets refer to each other")
			break
		}
		seen[s] = true
		set := ResourceSet{ID: s.ID(), Sequential: s.Get("sequential"), RequireAll: s.Get("require-all"), Ordering: s.Get("ordering"),
			Action: s.Get("action"), Role: s.Get("role"), Score: s.Get("score"), Kind: s.Get("kind"), XML: s}
		for ref := range s.All("resource_ref") {
			set.Members = append(set.Members, ref.ID())
		}
		out = append(out, set)
	}
	return out
}

// setsFrom gives the set of that id and those that follow it in its constraint.
func (r *reader) setsFrom(id string) []*cib.Element {
	if r.setLists == nil {
		r.setLists = map[string][]*cib.Element{}
		for c := range r.c.Root.Child("configuration").Child("constraints").All("") {
			list := slices.Collect(c.All("resource_set"))
			for i, s := range list {
				if _, have := r.setLists[s.ID()]; s.ID() != "" && !have {
					r.setLists[s.ID()] = list[i:]
				}
			}
		}
	}
	return r.setLists[id]
}
