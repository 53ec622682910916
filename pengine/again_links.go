package pengine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// parties divides the configured resources into parties: what no constraint, and no
// reference, ties together is decided separately. It holds as long as the configuration
// stays the same element.
type parties struct {
	config *cib.Element
	why    string // why this configuration cannot be divided; "" when it can

	resource   []int // by index in the resources section: the party; templates: none
	constraint []int // by index in the constraints section
	members    [][]int
	bound      [][]int // by party: the constraints
	primitive  map[string]int
	named      map[string]int   // by id of any resource
	readers    map[string][]int // by node attribute: the parties whose rules read it; none stands for all
}

// none is no party: what concerns the cluster as a whole. several stands for the holders
// of an id that several elements have.
const (
	none    = -1
	several = -2
)

// divider is what divide works with: a forest of elements of the resources section.
type divider struct {
	*parties
	up     []int
	index  map[string]int   // of a resource in the resources section
	made   map[string][]int // by template
	tags   map[string][]string
	holder map[string]int // by id of any element: index in the resources section
	attrs  map[string][]int
}

// divide finds the parties of a configuration.
func divide(config *cib.Element) *parties {
	resources, constraints := config.Child("resources"), config.Child("constraints")
	p := &parties{config: config, primitive: map[string]int{}, named: map[string]int{}, readers: map[string][]int{}}
	d := &divider{parties: p, index: map[string]int{}, made: map[string][]int{}, tags: map[string][]string{},
		holder: map[string]int{}, attrs: map[string][]int{}}
	for tag := range config.Child("tags").All("tag") {
		for ref := range tag.All("obj_ref") {
			d.tags[tag.ID()] = append(d.tags[tag.ID()], ref.ID())
		}
	}
	if resources == nil || constraints == nil {
		p.why = "a section is missing"
		return p
	}
	for i, e := range resources.Children {
		d.up = append(d.up, i)
		d.take(i, e)
	}
	first := make([]int, len(constraints.Children)) // a resource that each is about
	for k, e := range constraints.Children {
		first[k] = d.tie(e)
	}
	d.global(config)
	d.references(resources, constraints, first)
	if p.why != "" {
		return p
	}
	d.number(resources, first)
	return p
}

func (d *divider) root(i int) int {
	for d.up[i] != i {
		d.up[i] = d.up[d.up[i]]
		i = d.up[i]
	}
	return i
}

// join puts two resources into one party; none joins nothing. It returns the first that
// is any.
func (d *divider) join(a, b int) int {
	switch {
	case a == none:
		return b
	case b == none:
		return a
	}
	d.up[d.root(b)] = d.root(a)
	return a
}

// take notes what an element of the resources section holds.
func (d *divider) take(i int, top *cib.Element) {
	for e := range top.Walk() {
		if t := e.Get("template"); t != "" {
			d.made[t] = append(d.made[t], i)
		}
		switch e.Name {
		case "bundle":
			d.why = "there are bundles"
		case "primitive", "group", "clone", "master", "template":
			id := e.ID()
			if _, twice := d.index[id]; twice || id == "" || strings.ContainsRune(id, ':') {
				d.why = "the id of resource " + id + " is not clear"
			}
			if d.index[id] = i; e.Name == "template" {
				d.index[id] = none
			}
		}
		if top.Name == "template" {
			d.note(e, none)
		} else {
			d.note(e, i)
		}
	}
}

// note remembers an element's id, what node attributes it reads, and time in it.
func (d *divider) note(e *cib.Element, i int) {
	if id := e.ID(); id != "" {
		if _, twice := d.holder[id]; twice && e.Name != "resource_ref" && e.Name != "obj_ref" && e.Name != "role" {
			d.holder[id] = several
		} else if !twice {
			d.holder[id] = i
		}
	}
	switch e.Name {
	case "date_expression", "date_spec", "duration", "lifetime":
		d.why = "there are rules with dates"
	}
	for _, a := range e.Attrs {
		switch a.Name {
		case "attribute", "score-attribute", "node-attribute":
			d.attrs[a.Value] = append(d.attrs[a.Value], i)
			if strings.ContainsRune(a.Value, '%') {
				d.why = "a pattern names a node attribute"
			}
		case "interval-origin":
			d.why = "operations start at certain times"
		}
	}
	if e.Get("name") == "interval-origin" {
		d.why = "operations start at certain times"
	}
}

// find gives the resources that an id in a constraint means.
func (d *divider) find(id string) []int {
	if i, ok := d.index[id]; ok {
		if i == none {
			return d.made[id] // a template
		}
		return []int{i}
	}
	if base, _, instance := strings.Cut(id, ":"); instance {
		return d.find(base)
	}
	var out []int
	for _, ref := range d.tags[id] {
		if i, ok := d.index[ref]; ok && i != none {
			out = append(out, i)
		}
	}
	return out
}

// tie joins what a constraint is about, and returns one of them; none if it is about
// nothing.
func (d *divider) tie(top *cib.Element) int {
	party := none
	for e := range top.Walk() {
		ids := []string{e.Get("rsc"), e.Get("with-rsc"), e.Get("first"), e.Get("then")}
		if e.Name == "resource_ref" {
			ids = []string{e.ID()}
		}
		for _, id := range ids {
			if id == "" {
				continue
			}
			for _, i := range d.find(id) {
				party = d.join(party, i)
			}
		}
		if pattern := e.Get("rsc-pattern"); pattern != "" {
			party = d.join(party, d.matching(pattern))
		}
	}
	for e := range top.Walk() {
		if d.note(e, party); party == none && e.ID() != "" {
			d.holder[e.ID()] = several // left out with the constraint: nothing may refer to it
		}
	}
	return party
}

// matching joins all resources whose ids a pattern means.
func (d *divider) matching(pattern string) int {
	pattern, invert := strings.CutPrefix(pattern, "!")
	re, err := regexp.CompilePOSIX(pattern)
	if err != nil {
		return none
	}
	party := none
	for _, id := range sortedIDs(d.index) {
		if re.MatchString(id) != invert {
			party = d.join(party, d.index[id])
		}
	}
	return party
}

func sortedIDs(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// global notes what is neither resource nor constraint.
func (d *divider) global(config *cib.Element) {
	for _, section := range config.Children {
		if section.Name == "resources" || section.Name == "constraints" {
			continue
		}
		for e := range section.Walk() {
			d.note(e, none)
			if e.Name != "obj_ref" && e.Get("id-ref") != "" {
				d.why = "a section that is common to all refers to another"
			}
		}
	}
}

// references joins what refers to parts of another resource or constraint.
func (d *divider) references(resources, constraints *cib.Element, first []int) {
	follow := func(top *cib.Element, i int) {
		for e := range top.Walk() {
			ref := e.Get("id-ref")
			if ref == "" {
				continue
			}
			holder, known := d.holder[ref]
			switch {
			case holder == several:
				d.why = "several elements have the id " + ref
			case known && i == none && holder != none:
				d.why = ref + " is referred to by what is common to all"
			case known:
				d.join(i, holder)
			}
		}
	}
	for i, e := range resources.Children {
		if e.Name == "template" {
			i = none
		}
		follow(e, i)
	}
	for k, e := range constraints.Children {
		follow(e, first[k])
	}
}

// number gives every party its number, in the order of the document.
func (d *divider) number(resources *cib.Element, first []int) {
	p := d.parties
	numbers := map[int]int{}
	party := func(i int) int {
		if i < 0 {
			return none
		}
		return numbers[d.root(i)]
	}
	for i, e := range resources.Children {
		if e.Name == "template" {
			p.resource = append(p.resource, none)
			continue
		}
		r := d.root(i)
		if _, have := numbers[r]; !have {
			numbers[r] = len(p.members)
			p.members, p.bound = append(p.members, nil), append(p.bound, nil)
		}
		n := numbers[r]
		p.resource = append(p.resource, n)
		p.members[n] = append(p.members[n], i)
		for m := range e.Walk() {
			switch m.Name {
			case "primitive":
				p.primitive[m.ID()] = n
				p.named[m.ID()] = n
			case "group", "clone", "master":
				p.named[m.ID()] = n
			}
		}
	}
	for k, i := range first {
		n := party(i)
		p.constraint = append(p.constraint, n)
		if n != none {
			p.bound[n] = append(p.bound[n], k)
		}
	}
	for attr, who := range d.attrs {
		for _, i := range who {
			p.readers[attr] = append(p.readers[attr], party(i))
		}
	}
}

// owner is the party of a primitive by the name that a history or an attribute uses.
func (p *parties) owner(id string) (int, bool) {
	if n, ok := p.primitive[id]; ok {
		return n, true
	}
	i := strings.LastIndexByte(id, ':')
	if i < 0 {
		return none, false
	}
	n, ok := p.primitive[id[:i]]
	return n, ok
}
