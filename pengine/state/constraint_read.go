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
			c.Location = location(e)
		case "rsc_colocation":
			c.Colocation = &Colocation{ID: e.ID(), Resource: e.Get("rsc"), With: e.Get("with-rsc"), Role: e.Get("rsc-role"),
				WithRole: e.Get("with-rsc-role"), Score: e.Get("score"), NodeAttribute: e.Get("node-attribute"),
				Influence: e.Get("influence"), Instance: e.Get("rsc-instance"), WithInstance: e.Get("with-rsc-instance"),
				Sets: sets(e), XML: e}
		case "rsc_order":
			c.Order = &Order{ID: e.ID(), First: e.Get("first"), Then: e.Get("then"), FirstAction: e.Get("first-action"),
				ThenAction: e.Get("then-action"), FirstInstance: e.Get("first-instance"), ThenInstance: e.Get("then-instance"),
				Kind: e.Get("kind"), Score: e.Get("score"), Symmetrical: e.Get("symmetrical"), RequireAll: e.Get("require-all"),
				Sets: sets(e), XML: e}
		case "rsc_ticket":
			c.Ticket = &TicketConstraint{ID: e.ID(), Resource: e.Get("rsc"), Role: e.Get("rsc-role"), Ticket: e.Get("ticket"),
				LossPolicy: e.Get("loss-policy"), Sets: sets(e), XML: e}
		default:
			r.finding("warning", "Unsupported constraint type: "+e.Name)
			continue
		}
		r.c.Constraints = append(r.c.Constraints, c)
	}
}

func location(e *cib.Element) *Location {
	l := &Location{ID: e.ID(), Resource: e.Get("rsc"), Pattern: e.Get("rsc-pattern"), Node: e.Get("node"), Score: e.Get("score"),
		Role: e.Get("role"), Discovery: e.Get("resource-discovery"), Sets: sets(e), XML: e}
	l.Rules = slices.Collect(e.All("rule"))
	l.Lifetime = slices.Collect(e.Child("lifetime").All("rule"))
	return l
}

func sets(e *cib.Element) (out []ResourceSet) {
	for s := range e.All("resource_set") {
		set := ResourceSet{ID: s.ID(), Sequential: s.Get("sequential"), RequireAll: s.Get("require-all"), Ordering: s.Get("ordering"),
			Action: s.Get("action"), Role: s.Get("role"), Score: s.Get("score"), Kind: s.Get("kind"), XML: s}
		for ref := range s.All("resource_ref") {
			set.Members = append(set.Members, ref.ID())
		}
		out = append(out, set)
	}
	return out
}
