package state

import "github.com/tactus-ha/tactus/cib"

// Constraint is one element of the constraints section; exactly one pointer is set.
// Values are as written: "" means not given. Meanings are the scheduler's business.
type Constraint struct {
	Location   *Location
	Colocation *Colocation
	Order      *Order
	Ticket     *TicketConstraint
}

// XML is the element that the constraint was read from.
func (c *Constraint) XML() *cib.Element {
	switch {
	case c.Location != nil:
		return c.Location.XML
	case c.Colocation != nil:
		return c.Colocation.XML
	case c.Order != nil:
		return c.Order.XML
	}
	return c.Ticket.XML
}

// Location is a rsc_location.
type Location struct {
	ID        string
	Resource  string // rsc
	Pattern   string // rsc-pattern, a regular expression; "!" in front negates
	Node      string
	Score     string
	Role      string
	Discovery string // resource-discovery
	Sets      []ResourceSet
	Rules     []*cib.Element // rule elements; see package rules
	Lifetime  []*cib.Element // rules of a deprecated lifetime element
	XML       *cib.Element
}

// Colocation is a rsc_colocation: Resource (the dependent) with With (the primary).
type Colocation struct {
	ID                     string
	Resource               string
	With                   string
	Role                   string // rsc-role
	WithRole               string
	Score                  string
	NodeAttribute          string
	Influence              string
	Instance, WithInstance string
	Sets                   []ResourceSet
	XML                    *cib.Element
}

// Order is a rsc_order: First before Then.
type Order struct {
	ID                          string
	First, Then                 string
	FirstAction, ThenAction     string
	FirstInstance, ThenInstance string
	Kind                        string // Optional, Mandatory, Serialize
	Score                       string // old way to give the kind
	Symmetrical                 string
	RequireAll                  string
	Sets                        []ResourceSet
	XML                         *cib.Element
}

// TicketConstraint is a rsc_ticket.
type TicketConstraint struct {
	ID         string
	Resource   string
	Role       string
	Ticket     string
	LossPolicy string
	Sets       []ResourceSet
	XML        *cib.Element
}

// ResourceSet is a resource_set.
type ResourceSet struct {
	ID         string
	Members    []string // resource_ref ids
	Sequential string
	RequireAll string
	Ordering   string
	Action     string
	Role       string
	Score      string
	Kind       string
	XML        *cib.Element
}
