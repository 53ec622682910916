package state

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// remotePort is where executors listen for remote connections.
const remotePort = "3121"

// bundle reads a bundle and makes the resources that it consists of. The order in which
// they are made, and every option of the containers, are part of recorded digests.
func (r *reader) bundle(rsc *Resource) bool {
	d := &BundleData{}
	rsc.BundleData = d
	runtime := rsc.XML.Child("docker")
	d.Agent = "docker"
	if runtime == nil {
		runtime, d.Agent = rsc.XML.Child("podman"), "podman"
	}
	if runtime == nil {
		return false
	}
	r.bundleRuntime(rsc, d, runtime)
	r.bundleNetwork(rsc, d)
	logs := r.bundleStorage(rsc, d)
	inner := rsc.XML.Child("primitive")
	switch {
	case inner != nil && d.validNetwork():
		if !r.bundleChild(rsc, d, inner, logs) {
			return false
		}
	case inner != nil:
		r.finding("error", "Cannot control "+string(rsc.ID)+" inside "+inner.ID()+" without either ip-range-start or control-port")
		return false
	default:
		for i := range d.ReplicaCount {
			rep := &Replica{Offset: i, Bundle: rsc}
			d.allocateIP(rsc, rep)
			d.Replicas = append(d.Replicas, rep)
		}
	}
	for _, rep := range d.Replicas {
		if !r.replica(rsc, d, rep) {
			return false
		}
	}
	if d.Child != nil {
		rsc.Children = append(rsc.Children, d.Child)
	}
	return true
}

func (r *reader) bundleRuntime(rsc *Resource, d *BundleData, e *cib.Element) {
	d.PromotedMax = atLeast(e.Get("promoted-max"), 0)
	if v, ok := e.Lookup("masters"); ok && e.Get("promoted-max") == "" {
		d.PromotedMax = atLeast(v, 0)
	}
	if v, ok := e.Lookup("replicas"); !ok && d.PromotedMax > 0 {
		d.ReplicaCount = d.PromotedMax
	} else {
		d.ReplicaCount = atLeast(v, 1)
	}
	if d.ReplicaCount > MaxReplicas {
		r.finding("error", "Using "+strconv.Itoa(MaxReplicas)+" as replicas for "+string(rsc.ID)+" because "+strconv.Itoa(d.ReplicaCount)+" is too many")
		d.ReplicaCount = MaxReplicas
	}
	d.PerHost = atLeast(e.Get("replicas-per-host"), 1)
	if d.PerHost == 1 {
		rsc.Unique = false
	}
	d.RunCommand, d.Image, d.Network = e.Get("run-command"), e.Get("image"), e.Get("network")
	d.Options, d.hasOptions = e.Lookup("options")
}

// atLeast reads a whole number; what is less, or none, counts as least.
func atLeast(text string, least int) int {
	n, err := strconv.Atoi(numberIn(text))
	if err != nil {
		return least
	}
	return max(n, least)
}

func (r *reader) bundleNetwork(rsc *Resource, d *BundleData) {
	e := rsc.XML.Child("network")
	if e == nil {
		return
	}
	d.IPRangeStart, d.HostNetmask = e.Get("ip-range-start"), e.Get("host-netmask")
	d.HostNetwork, d.ControlPort = e.Get("host-interface"), e.Get("control-port")
	v, ok := parseBool(e.Get("add-host"))
	d.AddHost = v || !ok
	for m := range e.All("port-mapping") {
		p := BundlePort{Source: m.Get("port")}
		if p.Source == "" {
			p.Source = m.Get("range")
		} else {
			p.Target = m.Get("internal-port")
		}
		if p.Source == "" {
			r.finding("error", "Invalid port directive "+m.ID())
			continue
		}
		if p.Target == "" {
			p.Target = p.Source
		}
		d.Ports = append(d.Ports, p)
	}
}

// bundleStorage reads the mounts; it reports whether the default log directory is wanted.
func (r *reader) bundleStorage(rsc *Resource, d *BundleData) (logs bool) {
	logs = true
	for m := range rsc.XML.Child("storage").All("storage-mapping") {
		b := BundleMount{Source: m.Get("source-dir"), Target: m.Get("target-dir"), Options: m.Get("options")}
		if _, plain := m.Lookup("source-dir"); !plain {
			b.Source, b.SourceRoot = m.Get("source-dir-root"), true
		}
		if b.Source == "" || b.Target == "" {
			r.finding("error", "Invalid mount directive "+m.ID())
			continue
		}
		d.Mounts = append(d.Mounts, b)
		if b.Target == "/var/log" {
			logs = false
		}
	}
	return logs
}

func (d *BundleData) validNetwork() bool {
	if d.IPRangeStart != "" {
		return true
	}
	if d.ControlPort != "" {
		d.PerHost = 1
		return true
	}
	return false
}

// bundleChild makes the clone that runs inside, and its replicas.
func (r *reader) bundleChild(rsc *Resource, d *BundleData, inner *cib.Element, logs bool) bool {
	suffix := "clone"
	if d.PromotedMax > 0 {
		suffix = "master"
	}
	clone := cib.New("clone", "id", string(rsc.ID)+"-"+suffix)
	meta := cib.New("meta_attributes", "id", string(rsc.ID)+"-clone-meta")
	addPair(meta, "ordered", "true")
	addPair(meta, "clone-max", strconv.Itoa(d.ReplicaCount))
	addPair(meta, "clone-node-max", strconv.Itoa(d.PerHost))
	addPair(meta, "globally-unique", strconv.FormatBool(d.PerHost > 1))
	if d.PromotedMax > 0 {
		addPair(meta, "promotable", "true")
		addPair(meta, "promoted-max", strconv.Itoa(d.PromotedMax))
	}
	clone.Children = []*cib.Element{meta, inner}
	if d.Child = r.resource(clone, rsc, ""); d.Child == nil {
		return false
	}
	d.Mounts = append(d.Mounts, BundleMount{Source: "/etc/pacemaker/authkey", Target: "/etc/pacemaker/authkey"})
	if logs {
		d.Mounts = append(d.Mounts, BundleMount{Source: "/var/log/pacemaker/bundles", Target: "/var/log", SourceRoot: true})
	}
	port := d.ControlPort
	if port == "" {
		port = remotePort
	}
	d.Ports = append(d.Ports, BundlePort{port, port})
	target, hasTarget := "", false
	for i, child := range d.Child.Children {
		rep := &Replica{Offset: i, Child: child, Bundle: rsc}
		child.ExclusiveDiscovery = true
		child.Replica = rep
		if child.Notify {
			d.Child.Notify = true
		}
		d.allocateIP(rsc, rep)
		d.Replicas = append(d.Replicas, rep)
		target, hasTarget = child.Meta["container-attribute-target"], child.Meta["container-attribute-target"] != ""
	}
	if hasTarget {
		rsc.Meta["container-attribute-target"] = target
		d.Child.Meta["container-attribute-target"] = target
	}
	return true
}

// allocateIP gives a replica the next address of the range.
func (d *BundleData) allocateIP(rsc *Resource, rep *Replica) {
	if d.IPRangeStart == "" {
		return
	}
	if d.lastIP == "" {
		d.lastIP = d.IPRangeStart
	} else {
		d.lastIP = nextIP(d.lastIP)
	}
	rep.IPAddr = d.lastIP
	if d.AddHost {
		d.hosts += fmt.Sprintf(" --add-host=%s-%d:%s", rsc.ID, rep.Offset, rep.address())
	} else {
		d.hosts += fmt.Sprintf(" --hosts-entry=%s=%s-%d", rep.address(), rsc.ID, rep.Offset)
	}
}

// address is the replica's address as texts have it: one beyond the range has a name too.
func (rep *Replica) address() string {
	if rep.IPAddr == "" {
		return "(null)"
	}
	return rep.IPAddr
}

// nextIP counts an IPv4 address up, leaving out 0 and 255; "" when it cannot.
func nextIP(last string) string {
	var o [4]int
	parts := strings.Split(last, ".")
	if len(parts) != 4 {
		return ""
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return ""
		}
		o[i] = n
	}
	switch {
	case o[2] > 253:
		return ""
	case o[3] > 253:
		o[2], o[3] = o[2]+1, 1
	default:
		o[3]++
	}
	return fmt.Sprintf("%d.%d.%d.%d", o[0], o[1], o[2], o[3])
}

// replica makes the container, the address and the connection of one replica.
func (r *reader) replica(rsc *Resource, d *BundleData, rep *Replica) bool {
	if !r.container(rsc, d, rep) || !r.address(rsc, d, rep) || !r.connectionTo(rsc, d, rep) {
		return false
	}
	if rep.Child != nil && rep.IPAddr != "" {
		rep.Child.Meta["external-ip"] = rep.IPAddr
	}
	if rep.Remote != nil {
		rep.Remote.NestingAllowed = true
	}
	if rep.Child != nil {
		rep.Container.Utilization, rep.Child.Utilization = rep.Child.Utilization, rep.Container.Utilization
	}
	return true
}

func sanitizeID(id string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.', c == ':', c > 127:
			return c
		}
		return '.'
	}, id)
}

func (r *reader) container(rsc *Resource, d *BundleData, rep *Replica) bool {
	id := sanitizeID(fmt.Sprintf("%s-%s-%d", rsc.ID, d.Agent, rep.Offset))
	e := cib.New("primitive", "id", id, "class", "ocf", "provider", "heartbeat", "type", d.Agent)
	attrs := cib.New("instance_attributes", "id", fmt.Sprintf("%s-attributes-%d", rsc.ID, rep.Offset))
	addPair(attrs, "image", d.Image)
	addPair(attrs, "allow_pull", "true")
	addPair(attrs, "force_kill", "false")
	addPair(attrs, "reuse", "false")
	opts, mounts := d.runOptions(rsc, rep)
	addPair(attrs, "run_opts", opts)
	addPair(attrs, "mount_points", mounts)
	switch {
	case d.RunCommand != "":
		addPair(attrs, "run_cmd", d.RunCommand)
	case rep.Child != nil:
		addPair(attrs, "run_cmd", "/usr/sbin/pacemaker-remoted")
	}
	addPair(attrs, "monitor_cmd", "/bin/true")
	ops := cib.New("operations")
	ops.Children = []*cib.Element{newOp(id, "monitor", "60s", "")}
	e.Children = []*cib.Element{attrs, ops}
	if rep.Container = r.resource(e, rsc, ""); rep.Container == nil {
		return false
	}
	rep.Container.ReplicaContainer, rep.Container.Replica = true, rep
	rsc.Children = append(rsc.Children, rep.Container)
	return true
}

// runOptions gives the options of the container's start command, and the directories
// that it needs.
func (d *BundleData) runOptions(rsc *Resource, rep *Replica) (options, mounts string) {
	var b strings.Builder
	var dirs []string
	if d.Agent == "docker" {
		b.WriteString(" --restart=no")
	}
	if d.IPRangeStart != "" {
		fmt.Fprintf(&b, " -h %s-%d", rsc.ID, rep.Offset)
	}
	b.WriteString(" -e PCMK_stderr=1")
	if d.Network != "" {
		b.WriteString(" --net=" + d.Network)
	}
	port := d.ControlPort
	if port == "" {
		port = remotePort
	}
	b.WriteString(" -e PCMK_remote_port=" + port)
	for _, m := range d.Mounts {
		source := m.Source
		if m.SourceRoot {
			source = fmt.Sprintf("%s/%s-%d", m.Source, rsc.ID, rep.Offset)
			dirs = append(dirs, source)
		}
		b.WriteString(" -v " + source + ":" + m.Target)
		if m.Options != "" {
			b.WriteString(":" + m.Options)
		}
	}
	for _, p := range d.Ports {
		if rep.IPAddr != "" {
			b.WriteString(" -p " + rep.IPAddr + ":" + p.Source + ":" + p.Target)
		} else if d.Network != "host" {
			b.WriteString(" -p " + p.Source + ":" + p.Target)
		}
	}
	if d.hasOptions {
		b.WriteString(" " + d.Options)
	}
	b.WriteString(" " + d.hosts)
	return b.String(), strings.Join(dirs, ",")
}

func (r *reader) address(rsc *Resource, d *BundleData, rep *Replica) bool {
	if d.IPRangeStart == "" {
		return true
	}
	id := sanitizeID(fmt.Sprintf("%s-ip-%s", rsc.ID, rep.address()))
	e := cib.New("primitive", "id", id, "class", "ocf", "provider", "heartbeat", "type", "IPaddr2")
	attrs := cib.New("instance_attributes", "id", fmt.Sprintf("%s-attributes-%d", rsc.ID, rep.Offset))
	if rep.IPAddr != "" {
		addPair(attrs, "ip", rep.IPAddr)
	}
	if d.HostNetwork != "" {
		addPair(attrs, "nic", d.HostNetwork)
	}
	mask := d.HostNetmask
	if mask == "" {
		mask = "32"
	}
	addPair(attrs, "cidr_netmask", mask)
	ops := cib.New("operations")
	ops.Children = []*cib.Element{newOp(id, "monitor", "60s", "")}
	e.Children = []*cib.Element{attrs, ops}
	if rep.IP = r.resource(e, rsc, ""); rep.IP == nil {
		return false
	}
	rep.IP.Replica = rep
	rsc.Children = append(rsc.Children, rep.IP)
	return true
}

// connectionTo makes the node inside a replica and the connection to it.
func (r *reader) connectionTo(rsc *Resource, d *BundleData, rep *Replica) bool {
	if rep.Child == nil || !d.validNetwork() {
		return true
	}
	id := fmt.Sprintf("%s-%d", rsc.ID, rep.Offset)
	if r.find(id) != nil {
		id = fmt.Sprintf("pcmk-internal-%s-remote-%d", rep.Child.ID, rep.Offset)
	}
	addr, port := rep.IPAddr, d.ControlPort
	if addr == "" {
		addr = "#uname"
	}
	if port == "" {
		port = remotePort
	}
	e := connection(id, string(rep.Container.ID), "", "", "", addr, port)
	n := r.c.Node(crm.NodeName(id))
	if n == nil {
		n = r.newNode(id, id, "remote", -crm.Infinity)
	} else {
		n.Score = -crm.Infinity
	}
	n.Probe = ProbeNever
	for _, other := range r.c.Resources {
		disallow(other, n)
	}
	rep.Node = n
	rep.Child.Allowed = []AllowedNode{{n, 500, ProbeExclusive}}
	if clone := rep.Child.Parent; clone.allowedOn(n) == nil {
		clone.Allowed = append(clone.Allowed, AllowedNode{n, -crm.Infinity, ProbeExclusive})
	} else {
		*clone.allowedOn(n) = AllowedNode{n, -crm.Infinity, ProbeExclusive}
	}
	if rep.Remote = r.resource(e, rsc, ""); rep.Remote == nil {
		return false
	}
	for i := range rep.Remote.Allowed {
		if rep.Remote.Allowed[i].Node.Kind != ClusterNode {
			rep.Remote.Allowed[i].Score = -crm.Infinity
		}
	}
	n.Remote, n.Attrs["#kind"] = rep.Remote, "container"
	rep.Remote.Launcher, rep.Remote.Replica = rep.Container, rep
	rsc.Children = append(rsc.Children, rep.Remote)
	return true
}

func disallow(rsc *Resource, n *Node) {
	if a := rsc.allowedOn(n); a != nil {
		a.Score, a.Probe = -crm.Infinity, ProbeNever
	}
	for _, c := range rsc.Children {
		disallow(c, n)
	}
}
