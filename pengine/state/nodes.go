package state

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

func (r *reader) nodes(section *cib.Element) {
	for e := range section.All("node") {
		id, hasID := e.Lookup("id")
		if !hasID {
			r.finding("error", "Ignoring <node> entry in configuration without id")
			continue
		}
		score, _ := r.c.ParseScore(e.Get("score"))
		n := r.newNode(id, e.Get("uname"), e.Get("type"), score)
		if n == nil {
			return
		}
		r.startupFencing(n)
		r.nodeAttrs(e, n, false)
	}
}

// newNode makes a node and puts it where it belongs; nil for an unknown type.
func (r *reader) newNode(id, name, kind string, score crm.Score) *Node {
	n := &Node{Index: len(r.c.Nodes), ID: id, Name: crm.NodeName(name), Score: score, ProbesAllowed: true,
		Attrs: map[string]string{}, Utilization: map[string]string{}}
	switch strings.ToLower(kind) {
	case "", "member":
		n.Attrs["#kind"] = "cluster"
	case "remote":
		n.Kind = RemoteNode
		n.Attrs["#kind"] = "remote"
		r.c.HaveRemotes = true
	default:
		r.finding("error", "Ignoring node "+name+" with unrecognized type '"+kind+"'")
		return nil
	}
	at := slices.IndexFunc(r.c.Nodes, func(o *Node) bool { return CompareNames(name, string(o.Name)) <= 0 })
	if at < 0 {
		at = len(r.c.Nodes)
	}
	r.c.Nodes = slices.Insert(r.c.Nodes, at, n)
	return n
}

// startupFencing makes a node unclean until its state is seen.
func (r *reader) startupFencing(n *Node) {
	if n.Kind != ClusterNode && n.Remote == nil {
		return // left over from a connection that is no more
	}
	n.Unclean = r.c.Options.StartupFencing
}

// nodeAttrs reads permanent attributes, or overlays transient ones.
func (r *reader) nodeAttrs(e *cib.Element, n *Node, overwrite bool) {
	c := r.c
	n.fails = nil
	n.Attrs["#uname"], n.Attrs["#id"] = string(n.Name), n.ID
	if c.DC == nil && n.ID != "" && equalFold(n.ID, c.Root.Get("dc-uuid")) {
		c.DC = n
		n.Attrs["#is_dc"] = "true"
	} else if c.DC != n {
		n.Attrs["#is_dc"] = "false"
	}
	cluster, named := c.Options.Raw["cluster-name"]
	if named {
		n.Attrs["#cluster-name"] = cluster
	}
	if overwrite {
		fresh := map[string]string{}
		r.unpack(e, "instance_attributes", "", r.input(), fresh)
		for k, v := range fresh {
			n.Attrs[k] = v
		}
	} else {
		r.unpack(e, "instance_attributes", "", r.input(), n.Attrs)
	}
	r.unpack(e, "utilization", "", r.input(), n.Utilization)
	if _, have := n.Attrs["#site-name"]; !have {
		if site, ok := n.Attrs["site-name"]; ok {
			n.Attrs["#site-name"] = site
		} else if named {
			n.Attrs["#site-name"] = cluster
		}
	}
}

// remoteNodes makes nodes for remote and guest connections before resources are read.
func (r *reader) remoteNodes() {
	if r.resources == nil {
		return
	}
	for _, e := range r.resources.Children {
		switch {
		case isRemoteConnection(e):
			r.remoteNode(e.ID())
		case e.Name == "primitive":
			r.guestNode(e)
		case e.Name == "group":
			for member := range e.All("") {
				r.guestNode(member)
			}
		}
	}
}

func (r *reader) remoteNode(name string) {
	if name != "" && r.c.Node(crm.NodeName(name)) == nil {
		r.newNode(name, name, "remote", 0)
	}
}

// guestNode makes a node and its connection when a primitive's meta-attributes say that
// it carries one.
func (r *reader) guestNode(e *cib.Element) {
	meta := map[string]string{"remote-connect-timeout": "60s"}
	for set := range e.All("meta_attributes") {
		for pair := range set.All("") {
			if name := pair.Get("name"); name != "" {
				meta[name] = pair.Get("value")
			}
		}
	}
	name := meta["remote-node"]
	if name == "" {
		return
	}
	r.guests = append(r.guests, connection(name, e.ID(), meta["remote-allow-migrate"], meta["is-managed"],
		meta["remote-connect-timeout"], meta["remote-addr"], meta["remote-port"]))
	r.remoteNode(name)
}

// connection makes the configuration of a remote connection.
func connection(name, container, migrate, managed, startTimeout, addr, port string) *cib.Element {
	e := cib.New("primitive", "id", name, "class", "ocf", "provider", "pacemaker", "type", "remote")
	meta := cib.New("meta_attributes", "id", name+"-meta_attributes")
	addPair(meta, "internal", "true")
	for _, p := range [][2]string{{"container", container}, {"allow-migrate", migrate}, {"is-managed", managed}} {
		if p[1] != "" {
			addPair(meta, p[0], p[1])
		}
	}
	e.Children = append(e.Children, meta)
	if addr != "" || port != "" {
		attrs := cib.New("instance_attributes", "id", name+"-instance_attributes")
		if addr != "" {
			addPair(attrs, "addr", addr)
		}
		if port != "" {
			addPair(attrs, "port", port)
		}
		e.Children = append(e.Children, attrs)
	}
	ops := cib.New("operations")
	ops.Children = append(ops.Children, newOp(name, "monitor", "30s", "30s"))
	if startTimeout != "" {
		ops.Children = append(ops.Children, newOp(name, "start", "0", startTimeout))
	}
	e.Children = append(e.Children, ops)
	return e
}

func addPair(block *cib.Element, name, value string) {
	block.Children = append(block.Children, cib.New("nvpair", "id", block.ID()+"-"+name, "name", name, "value", value))
}

func newOp(prefix, name, interval, timeout string) *cib.Element {
	op := cib.New("op", "id", prefix+"-"+name+"-"+interval, "interval", interval, "name", name)
	if timeout != "" {
		op.Attrs = append(op.Attrs, cib.Attr{Name: "timeout", Value: timeout})
	}
	return op
}

func isRemoteConnection(e *cib.Element) bool {
	return equalFold(e.Get("type"), "remote") && equalFold(e.Get("class"), "ocf") && equalFold(e.Get("provider"), "pacemaker")
}
