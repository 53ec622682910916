package language

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

func resourceSets() []keyword {
	return []keyword{{"params", "instance_attributes"}, {"meta", "meta_attributes"}, {"utilization", "utilization"}}
}

func containerSets() []keyword {
	return []keyword{{"params", "instance_attributes"}, {"meta", "meta_attributes"}}
}

// parsePrimitive reads primitive and rsc_template.
func parsePrimitive(r *reader) (Parsed, error) {
	e := &cib.Element{Name: "primitive"}
	if r.words[0] == "rsc_template" {
		e.Name = "template"
	}
	id, err := r.identifier("a resource id")
	if err != nil {
		return Parsed{}, err
	}
	set(e, "id", id)
	if err := r.agent(e); err != nil {
		return Parsed{}, err
	}
	if d, ok := r.description(); ok {
		set(e, "description", d)
	}
	implicit := "params"
	for !r.done() {
		before := r.at
		if err := r.sets(e, resourceSets(), implicit); err != nil {
			return Parsed{}, err
		}
		if err := r.operations(e); err != nil {
			return Parsed{}, err
		}
		if r.at == before {
			break
		}
		implicit = ""
	}
	return Parsed{Name: id, Element: e}, nil
}

// agent reads [CLASS:[PROVIDER:]]TYPE or @TEMPLATE.
func (r *reader) agent(e *cib.Element) error {
	spec, err := r.take("a resource type")
	if err != nil {
		return err
	}
	if template, ok := strings.CutPrefix(spec, "@"); ok && e.Name == "primitive" {
		set(e, "template", template)
		return nil
	}
	find := r.ctx.Agent
	if find == nil {
		find = StandardAgent
	}
	class, provider, typ, err := find(spec)
	if err != nil {
		r.at--
		return r.fail("%v", err)
	}
	set(e, "class", class)
	set(e, "provider", provider)
	set(e, "type", typ)
	return nil
}

// StandardAgent reads CLASS:PROVIDER:TYPE; a lone TYPE is ocf:heartbeat:TYPE.
func StandardAgent(spec string) (class, provider, typ string, err error) {
	f := strings.Split(spec, ":")
	switch {
	case strings.ContainsAny(spec, " \t\n\"'<>&="):
		return "", "", "", errAgent(spec)
	case slices.Contains(f, ""), len(f) > 3 && f[0] == "ocf":
		return "", "", "", errAgent(spec)
	case len(f) == 1:
		return "ocf", "heartbeat", f[0], nil
	case len(f) == 2 && f[0] == "ocf":
		return "ocf", "heartbeat", f[1], nil
	case f[0] == "ocf":
		return "ocf", f[1], f[2], nil
	default: // systemd unit names may hold colons
		return f[0], "", strings.Join(f[1:], ":"), nil
	}
}

type errAgent string

func (e errAgent) Error() string {
	return "resource type " + `"` + string(e) + `": want CLASS:PROVIDER:TYPE as in ocf:heartbeat:IPaddr2`
}

// operations reads `operations $id=...` and `op NAME ...` words.
func (r *reader) operations(e *cib.Element) error {
	var ops *cib.Element
	if _, ok := r.accept("operations"); ok {
		ops = &cib.Element{Name: "operations"}
		before := r.at
		if err := r.idSpec(ops); err != nil {
			return err
		}
		if r.at == before {
			return r.fail("expected $id=ID or $id-ref=ID after operations")
		}
		add(e, ops)
	}
	for !r.done() {
		if _, ok := r.accept("op"); !ok {
			return nil
		}
		op, err := r.op()
		if err != nil {
			return err
		}
		if ops == nil {
			if i := slices.IndexFunc(e.Children, func(c *cib.Element) bool { return c.Name == "operations" }); i >= 0 {
				ops = e.Children[i]
			} else {
				ops = add(e, &cib.Element{Name: "operations"})
			}
		}
		add(ops, op)
	}
	return nil
}

// op reads NAME [NAME=VALUE ...] [op_params ...] [op_meta ...].
func (r *reader) op() (*cib.Element, error) {
	name, err := r.identifier("an operation")
	if err != nil {
		return nil, err
	}
	op := &cib.Element{Name: "op"}
	set(op, "name", name)
	all := &cib.Element{}
	if err := r.pairs(all, opNames, true); err != nil {
		return nil, err
	}
	var params *cib.Element
	for _, nv := range all.Children {
		switch n := nv.Get("name"); {
		case isOpAttribute(n):
			if v, has := nv.Lookup("value"); !has || v == "" {
				return nil, r.failAt(n, "operation attribute %s needs a value", n)
			}
			set(op, n, nv.Get("value"))
		default:
			if params == nil {
				params = &cib.Element{Name: "instance_attributes"}
			}
			add(params, nv)
		}
	}
	if _, ok := op.Lookup("interval"); !ok {
		set(op, "interval", "0")
	}
	if params != nil {
		add(op, params)
	}
	err = r.sets(op, []keyword{{"op_params", "instance_attributes"}, {"op_meta", "meta_attributes"}}, "")
	return op, err
}

// parseMonitor reads `monitor RSC[:ROLE] INTERVAL[:TIMEOUT]`, the short form of an
// operation. Name is the resource; Element is the op.
func parseMonitor(r *reader) (Parsed, error) {
	target, err := r.take("a resource")
	if err != nil {
		return Parsed{}, err
	}
	rsc, role, _ := strings.Cut(target, ":")
	op := &cib.Element{Name: "op"}
	set(op, "name", "monitor")
	if role != "" {
		canonical, ok := roleName(role)
		if !ok {
			return Parsed{}, r.failAt(target, "invalid role %q", role)
		}
		set(op, "role", canonical)
	}
	times, err := r.take("an interval")
	if err != nil {
		return Parsed{}, err
	}
	interval, timeout, _ := strings.Cut(times, ":")
	set(op, "interval", interval)
	set(op, "timeout", timeout)
	return Parsed{Name: rsc, Element: op}, nil
}

func parseGroup(r *reader) (Parsed, error) {
	id, err := r.identifier("a group id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "group"}
	set(e, "id", id)
	var members []string
	for !r.done() && !strings.Contains(r.peek(), "=") && !terminator(r.peek()) {
		member, err := r.identifier("a resource id")
		if err != nil {
			return Parsed{}, err
		}
		if slices.Contains(members, member) {
			return Parsed{}, r.failAt(member, "child %s listed more than once in group %s", member, id)
		}
		members = append(members, member)
	}
	if len(members) == 0 {
		return Parsed{}, r.fail("group %s needs at least one resource", id)
	}
	return r.container(e, id, members)
}

// parseClone reads clone and ms.
func parseClone(r *reader) (Parsed, error) {
	e := &cib.Element{Name: "clone"}
	if r.words[0] == "ms" {
		e.Name = "master"
	}
	id, err := r.identifier("a clone id")
	if err != nil {
		return Parsed{}, err
	}
	set(e, "id", id)
	member, err := r.identifier("a resource id")
	if err != nil {
		return Parsed{}, err
	}
	return r.container(e, id, []string{member})
}

func (r *reader) container(e *cib.Element, id string, members []string) (Parsed, error) {
	if d, ok := r.description(); ok {
		set(e, "description", d)
	}
	if err := r.sets(e, containerSets(), "params"); err != nil {
		return Parsed{}, err
	}
	if e.Name == "group" && !r.ctx.Verbatim {
		if err := r.dropCollocated(e); err != nil {
			return Parsed{}, err
		}
	}
	return Parsed{Name: id, Element: e, Members: members}, nil
}

// dropCollocated takes the collocated meta attribute of Heartbeat's groups away.
func (r *reader) dropCollocated(group *cib.Element) error {
	for _, list := range group.Children {
		kept := list.Children[:0:0]
		for _, nv := range list.Children {
			if nv.Get("name") != "collocated" {
				kept = append(kept, nv)
				continue
			}
			if v, _ := boolean(nv.Get("value")); v != "true" {
				return r.failAt("collocated="+nv.Get("value"), "a group's members always run on one node: leave collocated out, and use an order constraint instead of a group if they may run apart")
			}
			r.note("group %s: collocated dropped: a group's members always run on one node", group.ID())
		}
		list.Children = kept
	}
	group.Children = slices.DeleteFunc(group.Children, func(l *cib.Element) bool {
		return len(l.Children) == 0 && len(l.Attrs) == 0
	})
	return nil
}

// parseBundle reads a bundle of containers.
func parseBundle(r *reader) (Parsed, error) {
	id, err := r.identifier("a bundle id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "bundle"}
	set(e, "id", id)
	if d, ok := r.description(); ok {
		set(e, "description", d)
	}
	var members []string
	for !r.done() {
		if w, ok := r.accept("docker", "podman", "rkt", "network", "storage"); ok {
			if err := r.bundlePart(add(e, &cib.Element{Name: w})); err != nil {
				return Parsed{}, err
			}
			continue
		}
		if _, ok := r.accept("primitive"); ok {
			member, err := r.identifier("a resource id")
			if err != nil {
				return Parsed{}, err
			}
			members = append(members, member)
			continue
		}
		before := r.at
		if err := r.sets(e, containerSets(), "", "docker", "podman", "rkt", "network", "storage", "primitive"); err != nil || r.at == before {
			if err == nil {
				err = r.fail("expected docker, podman, rkt, network, storage, meta or primitive")
			}
			return Parsed{}, err
		}
	}
	return Parsed{Name: id, Element: e, Members: members}, nil
}

// bundlePart reads the attributes of docker, network or storage, and their
// port-mapping and storage-mapping children.
func (r *reader) bundlePart(e *cib.Element) error {
	target := e
	for !r.done() {
		if w, ok := r.accept("port-mapping", "storage-mapping"); ok {
			target = add(e, &cib.Element{Name: w})
			continue
		}
		name, value, ok := strings.Cut(r.peek(), "=")
		if !ok {
			return nil
		}
		set(target, name, value)
		r.at++
	}
	return nil
}
