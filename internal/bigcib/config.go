package bigcib

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Size says how large a CIB shall be.
type Size struct {
	Resources int // configured primitives
	Nodes     int
}

func (s Size) String() string { return fmt.Sprintf("%d x %d", s.Resources, s.Nodes) }

// group is a group and its members.
type group struct {
	id      string
	members []string
}

// cluster is what a CIB of some size configures.
type cluster struct {
	nodes, plain []string
	groups       []group
	clones       []string // their primitives have the suffix -p
	promotables  []string
	constraints  []string
}

func newCluster(s Size) *cluster {
	c := &cluster{}
	for i := range s.Nodes {
		c.nodes = append(c.nodes, fmt.Sprintf("node%03d", i+1))
	}
	for i := range s.Resources * 3 / 10 / 5 {
		g := group{id: fmt.Sprintf("grp%04d", i)}
		for j := range 5 {
			g.members = append(g.members, fmt.Sprintf("%s-m%d", g.id, j))
		}
		c.groups = append(c.groups, g)
	}
	for i := range s.Resources / 100 {
		c.clones = append(c.clones, fmt.Sprintf("cl%04d", i))
		c.promotables = append(c.promotables, fmt.Sprintf("ms%04d", i))
	}
	for i := range s.Resources - 5*len(c.groups) - 2*len(c.clones) {
		c.plain = append(c.plain, fmt.Sprintf("prim%05d", i))
	}
	c.constrain(rand.New(rand.NewPCG(1, uint64(s.Resources))))
	return c
}

// constrain makes the constraints. Pairs point forward only, so that there are no loops.
func (c *cluster) constrain(rnd *rand.Rand) {
	add := func(format string, args ...any) { c.constraints = append(c.constraints, fmt.Sprintf(format, args...)) }
	tops := append([]string(nil), c.plain...)
	for _, g := range c.groups {
		tops = append(tops, g.id)
	}
	if len(tops) < 2 {
		return
	}
	pair := func() (string, string) {
		x, y := rnd.IntN(len(tops)), rnd.IntN(len(tops)-1)
		if y >= x {
			y++
		}
		return tops[min(x, y)], tops[max(x, y)]
	}
	one := func() string { return tops[rnd.IntN(len(tops))] }
	for i := range len(tops) / 10 {
		primary, dependent := pair()
		add(`<rsc_colocation id="col%d" rsc="%s" with-rsc="%s" score="%s"/>`, i, dependent, primary, []string{"100", "INFINITY", "-500", "50"}[rnd.IntN(4)])
	}
	for i := range len(tops) / 10 {
		first, then := pair()
		add(`<rsc_order id="ord%d" first="%s" then="%s" kind="%s"/>`, i, first, then, []string{"Mandatory", "Mandatory", "Optional"}[rnd.IntN(3)])
	}
	for i := range len(tops) / 5 {
		if rnd.IntN(2) == 0 {
			add(`<rsc_location id="loc%d" rsc="%s" node="%s" score="%d"/>`, i, one(), c.nodes[rnd.IntN(len(c.nodes))], []int{50, 100, 200, -100}[rnd.IntN(4)])
			continue
		}
		add(`<rsc_location id="loc%d" rsc="%s"><rule id="loc%d-r" score="%d"><expression id="loc%d-e" attribute="rack" operation="eq" value="r%d"/></rule></rsc_location>`,
			i, one(), i, []int{50, 100, -100}[rnd.IntN(3)], i, rnd.IntN(8))
	}
	for i, id := range c.clones {
		if i%2 == 0 {
			add(`<rsc_order id="cord%d" first="%s" then="%s"/>`, i, id, one())
		}
	}
	for i, id := range c.promotables {
		add(`<rsc_colocation id="mcol%d" rsc="%s" with-rsc="%s" with-rsc-role="Promoted" score="200"/>`, i, one(), id)
	}
}

// primitive is a primitive of the cluster.
type primitive struct {
	id         string
	promotable bool
}

// primitives lists them in the order of the configuration.
func (c *cluster) primitives() []primitive {
	var out []primitive
	for _, id := range c.plain {
		out = append(out, primitive{id, false})
	}
	for _, g := range c.groups {
		for _, m := range g.members {
			out = append(out, primitive{m, false})
		}
	}
	for _, id := range c.clones {
		out = append(out, primitive{id + "-p", false})
	}
	for _, id := range c.promotables {
		out = append(out, primitive{id + "-p", true})
	}
	return out
}

func (p primitive) agent() string {
	if p.promotable {
		return "Stateful"
	}
	return "Dummy"
}

func (p primitive) xml() string {
	ops := fmt.Sprintf(`<op id="%s-mon" name="monitor" interval="10s" timeout="20s"/>`, p.id)
	if p.promotable {
		ops = fmt.Sprintf(`<op id="%s-monp" name="monitor" interval="10s" role="Promoted" timeout="20s"/><op id="%s-monu" name="monitor" interval="11s" role="Unpromoted" timeout="20s"/>`, p.id, p.id)
	}
	return fmt.Sprintf(`<primitive id="%s" class="ocf" provider="pacemaker" type="%s"><instance_attributes id="%s-ia"><nvpair id="%s-ia-s" name="state" value="/run/%s"/></instance_attributes><operations>%s</operations></primitive>`,
		p.id, p.agent(), p.id, p.id, p.id, ops)
}

// configuration prints the configuration section.
func (c *cluster) configuration(b *strings.Builder) {
	b.WriteString(`<configuration><crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o1" name="stonith-enabled" value="false"/><nvpair id="o2" name="fencing-enabled" value="false"/></cluster_property_set></crm_config><nodes>`)
	for i, n := range c.nodes {
		fmt.Fprintf(b, `<node id="%d" uname="%s"><instance_attributes id="%s-ia"><nvpair id="%s-rack" name="rack" value="r%d"/></instance_attributes></node>`, i+1, n, n, n, i%8)
	}
	b.WriteString("</nodes>\n<resources>")
	for _, id := range c.plain {
		b.WriteString(primitive{id, false}.xml() + "\n")
	}
	for _, g := range c.groups {
		fmt.Fprintf(b, `<group id="%s">`, g.id)
		for _, m := range g.members {
			b.WriteString(primitive{m, false}.xml())
		}
		b.WriteString("</group>\n")
	}
	for _, id := range c.clones {
		fmt.Fprintf(b, `<clone id="%s"><meta_attributes id="%s-m"><nvpair id="%s-i" name="interleave" value="true"/></meta_attributes>%s</clone>`+"\n", id, id, id, primitive{id + "-p", false}.xml())
	}
	for _, id := range c.promotables {
		fmt.Fprintf(b, `<clone id="%s"><meta_attributes id="%s-m"><nvpair id="%s-mpro" name="promotable" value="true"/><nvpair id="%s-cm" name="clone-max" value="3"/></meta_attributes>%s</clone>`+"\n",
			id, id, id, id, primitive{id + "-p", true}.xml())
	}
	b.WriteString("</resources>\n<constraints>" + strings.Join(c.constraints, "\n") + "</constraints>")
	b.WriteString(`<rsc_defaults><meta_attributes id="rd"><nvpair id="rd-s" name="resource-stickiness" value="1000"/></meta_attributes></rsc_defaults></configuration>` + "\n")
}
