package crmd

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// attribute is one transient node attribute to write.
type attribute struct{ name, value string }

// heldBack is an attribute whose change waits for further ones (dampening).
type heldBack struct {
	peer   Peer
	name   string
	value  *string // nil: delete
	set    string
	dampen time.Duration
}

// transient makes the node_state element that sets transient attributes. set is the id
// of the set; "" is the usual one, status-ID.
func transient(p Peer, set string, attrs ...attribute) *cib.Element {
	if set == "" {
		set = "status-" + p.UUID()
	}
	pairs := cib.New(cib.TagInstanceAttrs, cib.AttrID, set)
	for _, a := range attrs {
		pairs = pairs.Plus(cib.New(cib.TagNvpair, cib.AttrID, xmlID(set+"-"+a.name), cib.AttrName, a.name, cib.AttrValue, a.value))
	}
	return cib.New(cib.TagNodeState, cib.AttrID, p.UUID(), cib.AttrUname, string(p.Name)).WithChildren(
		cib.New(cib.TagTransient, cib.AttrID, p.UUID()).WithChildren(pairs))
}

// xmlID makes a text usable as an XML id, as the field does.
func xmlID(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ':' || r == '#' || r == '/' || r == ' ' {
			return '.'
		}
		return r
	}, text)
}

// attributeWanted sets or deletes a transient attribute, at once or after dampening.
func (c *Controller) attributeWanted(in AttributeWanted) {
	p := c.cfg.Self
	if in.Node != "" {
		var ok bool
		if p, ok = c.peer(in.Node); !ok {
			c.say(Warning, "cib", "attribute "+in.Name+" of an unknown node ignored", "node", string(in.Node))
			return
		}
	}
	key := string(p.Name) + "/" + in.Name
	h := c.attrs[key]
	if h == nil {
		h = &heldBack{peer: p, name: in.Name}
	}
	if in.Dampen > 0 {
		h.dampen = in.Dampen
	}
	old := h.value
	if c.attrs[key] == nil {
		old = c.attributeOf(p, in.Name)
	}
	h.value, h.set = in.Value, in.Set
	if in.Value != nil {
		v := counted(old, *in.Value)
		h.value = &v
	}
	c.attrs[key] = h
	if h.dampen == 0 || in.Now {
		c.flushAttribute(key)
		return
	}
	if same(old, h.value) && c.attrs[key] != nil && old != nil {
		return // the timer runs on
	}
	c.arm("attr:"+key, h.dampen)
}

func same(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// flushAttribute writes an attribute that was held back.
func (c *Controller) flushAttribute(key string) {
	h := c.attrs[key]
	if h == nil {
		return
	}
	delete(c.attrs, key)
	c.disarm("attr:" + key)
	if same(c.attributeOf(h.peer, h.name), h.value) {
		return
	}
	if h.value == nil {
		c.commit("attribute", false, c.removeAttribute(h.peer, h.name)...)
		return
	}
	c.commit("attribute", false, modify(transient(h.peer, h.set, attribute{h.name, *h.value})))
}

// attributeOf gives a transient attribute's value in the CIB; nil when it is not set.
func (c *Controller) attributeOf(p Peer, name string) *string {
	for set := range c.nodeState(p).Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
		if nv := set.ChildWith(cib.TagNvpair, cib.AttrName, name); nv != nil {
			v := nv.Get(cib.AttrValue)
			return &v
		}
	}
	return nil
}

func (c *Controller) removeAttribute(p Peer, name string) (ops []cib.Op) {
	for set := range c.nodeState(p).Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
		for nv := range set.All(cib.TagNvpair) {
			if nv.Get(cib.AttrName) == name {
				ops = append(ops, remove(statePath(p)+"/transient_attributes/instance_attributes/nvpair[@id='"+nv.ID()+"']"))
			}
		}
	}
	return ops
}

// counted resolves "value++" and "value+=N" against the present value.
func counted(present *string, text string) string {
	rest, ok := strings.CutPrefix(text, "value")
	if !ok || !strings.HasPrefix(rest, "+") {
		return text
	}
	add := crm.Score(1)
	if rest != "++" {
		n, err := crm.ParseScore(strings.TrimPrefix(rest, "+="))
		if err != nil {
			return text
		}
		add = n
	}
	base := crm.Score(0)
	if present != nil {
		if n, err := crm.ParseScore(*present); err == nil {
			base = n
		}
	}
	return strconv.Itoa(int(base.Add(add)))
}

// HeldBack tells the attributes that dampening holds back: name/value by node.
func (c *Controller) HeldBack() (list []AttributeWanted) {
	for _, key := range sortedKeys(c.attrs) {
		h := c.attrs[key]
		list = append(list, AttributeWanted{Node: h.peer.Name, Name: h.name, Value: h.value, Dampen: h.dampen})
	}
	return list
}
