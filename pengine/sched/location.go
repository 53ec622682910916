package sched

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// location is a constraint that a resource likes or shuns nodes.
type location struct {
	id         string
	constraint string // when id is a rule's: the constraint it is in
	health     bool   // made of the health of nodes
	rsc        *resource
	role       crm.Role // RoleUnknown: in any role
	probe      probeMode
	nodes      []locationScore // in order of creation
}

type locationScore struct {
	node  *node
	score crm.Score
}

// newLocation records a location. discovery is the resource-discovery value.
func (p *plan) newLocation(id string, r *resource, discovery string, nodes []locationScore) *location {
	l := &location{id: id, rsc: r, nodes: nodes}
	switch strings.ToLower(discovery) {
	case "", "always":
	case "never":
		l.probe = probeNever
	case "exclusive":
		l.probe = probeExclusive
		r.set(fExclusiveProbes)
	default:
		p.confErr("Invalid resource-discovery value " + discovery + " in location constraint")
	}
	p.locations = append(p.locations, l)
	r.located = append(r.located, l)
	return l
}

// applyLocations adds every location's scores, the newest first.
func (p *plan) applyLocations() {
	for i := len(p.locations) - 1; i >= 0; i-- {
		p.applyLocation(p.locations[i].rsc, p.locations[i], false)
	}
}

// applyLocation applies l to r and, as its variant demands, to what is below. With
// zero, nodes are admitted but no score is added.
func (p *plan) applyLocation(r *resource, l *location, zero bool) {
	switch r.Variant {
	case state.Group:
		p.addLocationScores(r, l, zero)
		for i, c := range r.children {
			// Members are colocated: one score for the group is enough.
			p.applyLocation(c, l, zero || i > 0 && r.GroupData.Colocated)
		}
	case state.Clone:
		p.addLocationScores(r, l, zero)
		for _, c := range r.children {
			p.applyLocation(c, l, zero)
		}
	case state.Bundle:
		p.applyBundleLocation(r, l, zero)
	default:
		p.addLocationScores(r, l, zero)
	}
}

func (p *plan) addLocationScores(r *resource, l *location, zero bool) {
	if l.role > roleUnknown && l.role != r.next {
		return
	}
	for i := len(l.nodes) - 1; i >= 0; i-- {
		n, score := l.nodes[i].node, l.nodes[i].score
		if zero {
			score = 0
		}
		if !r.allowed.has(n) {
			r.allowed.admit(n, score, l)
		} else {
			r.allowed.Add(n, score, l)
		}
		if s := r.allowed.at(n); s.probe < l.probe {
			if l.probe == probeExclusive {
				r.set(fExclusiveProbes)
			}
			s.probe = l.probe
		}
	}
}

func (p *plan) readLocation(c *state.Location) {
	if len(c.Sets) > 0 {
		for _, set := range p.expandSets(c.ID, c.Sets) {
			for _, id := range set.Members {
				r := p.find(id)
				if r == nil {
					p.confErr(set.ID + ": No resource found for " + id)
					return
				}
				p.locate(c, r, set.Role, set.Score, nil)
			}
		}
		return
	}
	if c.Resource != "" {
		p.locateByName(c)
	}
	if c.Pattern != "" {
		p.locateByPattern(c)
	}
}

// locateByName applies a location to a resource, or to all that a template or tag means.
func (p *plan) locateByName(c *state.Location) {
	r, refs, ok := p.resourceOrRefs(c.Resource)
	switch {
	case !ok:
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.Resource + "' is not a valid resource or tag")
	case r != nil:
		p.locate(c, r, "", "", nil)
	default:
		for _, id := range refs {
			r := p.find(id)
			if r == nil {
				p.confErr(c.Resource + ": No resource found for " + id)
				return
			}
			p.locate(c, r, c.Role, "", nil)
		}
	}
}

func (p *plan) locateByPattern(c *state.Location) {
	pattern, invert := strings.CutPrefix(c.Pattern, "!")
	re, err := compilePattern(pattern)
	if err != nil {
		p.confErr("Ignoring constraint '" + c.ID + "' because rsc-pattern has invalid value '" + pattern + "'")
		return
	}
	for _, r := range p.resources {
		groups := re.FindStringSubmatch(string(r.ID))
		if (groups != nil) == invert {
			continue
		}
		p.locate(c, r, "", "", groups)
	}
}

// locate makes the location of one resource. groups are what a pattern's parentheses
// matched.
func (p *plan) locate(c *state.Location, r *resource, roleSpec, scoreText string, groups []string) {
	if scoreText == "" {
		scoreText = c.Score
	}
	if c.Node == "" || scoreText == "" {
		for _, rule := range c.Rules {
			p.locateByRule(c, r, rule, groups)
			break // only the first rule counts
		}
		return
	}
	n := p.wrapNode(p.c.Node(crm.NodeName(c.Node)))
	if n == nil {
		return
	}
	score, err := p.c.ParseScore(scoreText)
	if err != nil {
		p.confErr("Ignoring location constraint " + c.ID + " because '" + scoreText + "' is not a valid score")
		return
	}
	if roleSpec == "" {
		roleSpec = c.Role
	}
	role, ok := locationRole(roleSpec)
	if !ok {
		p.confErr("Ignoring location constraint " + c.ID + " because '" + roleSpec + "' is not a valid role")
		return
	}
	p.newLocation(c.ID, r, c.Discovery, []locationScore{{n, score}}).role = role
}

// locationRole reads a role; Started and Unpromoted mean any.
func locationRole(spec string) (crm.Role, bool) {
	if spec == "" {
		return roleUnknown, true
	}
	role, ok := crm.ParseRole(spec)
	if role == roleStarted || role == roleUnpromoted {
		role = roleUnknown
	}
	return role, ok
}

// locateByRule scores every node for which the rule holds.
func (p *plan) locateByRule(c *state.Location, r *resource, rule *cib.Element, groups []string) {
	rule = p.resolve(rule)
	if rule == nil || rule.ID() == "" {
		p.confErr("Ignoring location constraint '" + c.ID + "' because its rule has no id")
		return
	}
	role, ok := locationRole(rule.Get("role"))
	if !ok {
		p.confErr("Ignoring location constraint '" + c.ID + "' because rule '" + rule.ID() + "' has invalid role '" + rule.Get("role") + "'")
		return
	}
	if op := strings.ToLower(rule.Get("boolean-op")); op != "" && op != "and" && op != "or" {
		p.confErr("Ignoring location constraint '" + c.ID + "' because rule '" + rule.ID() + "' has invalid boolean-op '" + rule.Get("boolean-op") + "'")
		return
	}
	score, attr := crm.Score(0), substitute(rule.Get("score-attribute"), groups)
	if attr == "" {
		var err error
		if score, err = p.c.ParseScore(rule.Get("score")); err != nil {
			p.confErr("Ignoring location constraint rule " + rule.ID() + " because '" + rule.Get("score") + "' is not a valid score")
			return
		}
	}
	l := p.newLocation(rule.ID(), r, c.Discovery, nil)
	l.constraint = c.ID
	l.role = role
	var next time.Time
	for _, n := range p.nodes {
		in := &rules.Input{Now: p.c.Now, NodeAttrs: n.Attrs, Meta: r.Meta, Params: p.params(r, n), Matches: groups, Resolve: p.byXMLID}
		holds, until := rules.InForce(rule, in)
		if !until.IsZero() && (next.IsZero() || until.Before(next)) {
			next = until
		}
		if !holds {
			continue
		}
		if attr != "" {
			if score, ok = p.scoreFromAttribute(c.ID, attr, n, r); !ok {
				continue
			}
		}
		l.nodes = append(l.nodes, locationScore{n, score})
	}
	p.recheck(next)
}

func (p *plan) scoreFromAttribute(id, attr string, n *node, r *resource) (crm.Score, bool) {
	text := p.nodeAttr(n, attr, r.Meta["container-attribute-target"], false)
	if text == "" {
		return 0, false
	}
	score, err := p.c.ParseScore(text)
	if err != nil {
		p.warn("Ignoring location " + id + " for node " + n.name() + " because node attribute " + attr + " value '" + text + "' is not a valid score")
		return 0, false
	}
	return score, true
}

// substitute puts what a pattern's parentheses matched in place of %0 to %9.
func substitute(text string, groups []string) string {
	if groups == nil || !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9' {
			if g, _ := strconv.Atoi(text[i+1 : i+2]); g < len(groups) {
				b.WriteString(groups[g])
			}
			i++
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// nodeAttr reads a node's attribute. With target "host", a guest's value is its host's:
// where the launcher will be (assigned), or is now. "" is none.
func (p *plan) nodeAttr(n *node, name, target string, assigned bool) string {
	v, _ := p.lookupNodeAttr(n, name, target, assigned)
	return v
}

func (p *plan) lookupNodeAttr(n *node, name, target string, assigned bool) (value string, ok bool) {
	if n != nil && n.isGuest() && strings.EqualFold(target, "host") {
		l := n.remote.launcher
		switch {
		case assigned:
			n = l.assigned
		case len(l.active) > 0:
			n = l.active[0]
		default:
			n = nil
		}
	}
	if n == nil {
		return "", false
	}
	value, ok = n.Attrs[name]
	return value, ok
}
