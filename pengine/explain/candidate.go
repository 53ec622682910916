package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

func scoreOf(n int) crm.Score { return crm.Score(n).Clamp() }

// scoreText writes a score for a command: crm reads "inf" for the greatest.
func scoreText(n int) string {
	if n >= int(crm.Infinity) {
		return "inf"
	}
	return strconv.Itoa(n)
}

const onceMended = "once what the failure reported is mended"

// fromCause adds what undoes one cause.
func (g *gatherer) fromCause(p *state.Resource, c sched.Cause, targets []*state.Node, depth int) {
	root := g.k.c.Root
	switch c.Kind {
	case sched.CauseFailLimit, sched.CauseStopFailed, sched.CauseHardError, sched.CauseFatalError, sched.CauseProbeFailed,
		sched.CauseOnFailMigrate, sched.CauseOnFailStop, sched.CauseBlocked, sched.CauseFailed, sched.CauseNodeFailed:
		g.fromFailure(p, c)
	case sched.CauseMove:
		if rsc := g.k.commandOwner(c.ID); rsc != "RESOURCE" {
			g.add(candidate{command: "crm resource clear " + rsc, root: withoutConstraints(root, func(id, of string) bool {
				return of == rsc && (strings.HasPrefix(id, "cli-ban-") || strings.HasPrefix(id, "cli-prefer-") || strings.HasPrefix(id, "cli-standby-"))
			})})
		}
	case sched.CauseLocation, sched.CauseOrder, sched.CauseColocation:
		if other := c.Resource; other != nil && (len(c.Names) == 0 || c.Kind == sched.CauseOrder || len(targets) == 1) {
			g.from(other, targets, depth+1)
		}
		if id := c.ID; !strings.HasPrefix(id, "#") {
			g.add(candidate{command: "crm configure delete " + id,
				root: withoutConstraints(root, func(other, _ string) bool { return other == id })})
		}
	case sched.CauseMember, sched.CauseMemberStep, sched.CauseNeeds, sched.CauseContainer, sched.CauseRemote:
		g.from(c.Resource, targets, depth+1)
	case sched.CauseTargetRole:
		g.fromTargetRole(p, c)
	case sched.CauseTicket:
		g.add(candidate{condition: "ticket " + c.Rule + " is granted", root: g.k.injected(simulate.Injections{Grant: []string{c.Rule}, Activate: []string{c.Rule}})})
	default:
		g.fromSettings(p, c)
		g.fromNode(p, c)
	}
}

// fromFailure adds cleaning up, waiting until the failure is forgotten, and a higher
// threshold.
func (g *gatherer) fromFailure(p *state.Resource, c sched.Cause) {
	k := g.k
	failed := p
	if c.Resource != nil {
		failed = c.Resource
	}
	if c.Op != nil && c.Op.Resource != nil {
		failed = c.Op.Resource
	}
	if c.Kind == sched.CauseNodeFailed {
		for _, op := range k.c.Failed {
			if op.Node == c.Node && op.Resource != nil {
				g.cleanup(op.Resource, c.Node)
			}
		}
		return
	}
	n := c.Node
	if c.Op != nil {
		n = c.Op.Node
	}
	g.cleanup(failed, n)
	if c.Kind != sched.CauseFailLimit {
		return
	}
	if !c.Until.IsZero() {
		at := c.Until.Add(time.Second)
		g.add(candidate{condition: "the failure is forgotten after " + k.time(c.Until) + " (failure-timeout)", root: k.c.Root, at: at})
	}
	if c.Count < int(crm.Infinity) {
		id := g.metaOwner(failed, "migration-threshold")
		value := strconv.Itoa(c.Count + 1)
		g.add(candidate{command: "crm resource meta " + id + " set migration-threshold " + value,
			root: setMeta(k.c.Root, id, "migration-threshold", value), note: onceMended})
	}
}

// cleanup adds crm resource cleanup.
func (g *gatherer) cleanup(failed *state.Resource, n *state.Node) {
	id := own(failed)
	command, node := "crm resource cleanup "+id, ""
	if n != nil {
		command, node = command+" "+n.Label(), n.Label()
	}
	g.add(candidate{command: command, root: cleanedUp(g.k.c.Root, historyNames(failed), node), note: onceMended})
}

// metaOwner is the resource on which a meta-attribute of r is set: r itself when nowhere.
func (g *gatherer) metaOwner(r *state.Resource, name string) string {
	for each := r; each != nil; each = each.Parent {
		if hasMeta(each.Orig, name) {
			return own(each)
		}
	}
	return own(r)
}

func (g *gatherer) fromTargetRole(p *state.Resource, c sched.Cause) {
	id := g.metaOwner(p, "target-role")
	verb, role := "start", "Started"
	if strings.EqualFold(c.ID, "unpromoted") || strings.EqualFold(c.ID, "slave") {
		verb, role = "promote", "Promoted"
	}
	g.add(candidate{command: "crm resource " + verb + " " + id, root: setMeta(g.k.c.Root, id, "target-role", role)})
}

// fromSettings adds what undoes settings of the resource or the cluster.
func (g *gatherer) fromSettings(p *state.Resource, c sched.Cause) {
	root := g.k.c.Root
	property := func(name, value string) {
		g.add(candidate{command: "crm configure property " + name + "=" + value, root: setProperty(root, name, value)})
	}
	meta := func(id, name, value, command string) {
		if command == "" {
			command = "crm resource meta " + id + " set " + name + " " + value
		}
		g.add(candidate{command: command, root: setMeta(root, id, name, value)})
	}
	switch c.Kind {
	case sched.CauseStopAll:
		property("stop-all-resources", "false")
	case sched.CauseMaintenance:
		if c.Resource == nil {
			property("maintenance-mode", "false")
		} else {
			id := g.metaOwner(p, "maintenance")
			meta(id, "maintenance", "false", "crm resource maintenance "+id+" off")
		}
	case sched.CauseUnmanaged:
		id := g.metaOwner(p, "is-managed")
		meta(id, "is-managed", "true", "crm resource manage "+id)
	case sched.CauseMultiple:
		g.cleanup(p, nil)
	case sched.CauseCloneMax:
		if c.Resource != nil && c.Resource.Variant == state.Clone {
			meta(own(c.Resource), "clone-max", strconv.Itoa(c.Limit+1), "")
		}
	case sched.CauseInstanceLimit:
		if c.Resource != nil && c.Resource.Variant == state.Clone && c.Resource.Unique {
			meta(own(c.Resource), "clone-node-max", strconv.Itoa(c.Limit+1), "")
		}
	case sched.CauseNoQuorum:
		g.add(candidate{condition: "the cluster has quorum again (more of its nodes are up)", root: root.With("have-quorum", "1")})
	case sched.CauseNoFencing:
		g.add(candidate{condition: "a fencing device is configured", root: withDevice(root)})
	}
}

// withDevice adds a fencing device, to see what it would change.
func withDevice(root *cib.Element) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		if e.Name != "resources" {
			return e
		}
		return e.Plus(cib.New("primitive", "id", "tried-fencing-device", "class", "stonith", "type", "fence_tried"))
	})
}

// fromNode adds what brings a node back, or makes room on it.
func (g *gatherer) fromNode(p *state.Resource, c sched.Cause) {
	k, root := g.k, g.k.c.Root
	n := c.Node
	if n == nil {
		return
	}
	name := n.Label()
	switch c.Kind {
	case sched.CauseNodeStandby:
		g.add(candidate{command: "crm node online " + name, root: withNodeAttr(root, n, "instance_attributes", "standby", "off")})
	case sched.CauseNodeMaint:
		g.add(candidate{command: "crm node ready " + name, root: withNodeAttr(root, n, "instance_attributes", "maintenance", "false")})
	case sched.CauseNodeOffline, sched.CauseNodeShutdown:
		if n.Kind == state.ClusterNode {
			g.add(candidate{condition: name + " is up again (on it: crm cluster start)",
				root: withNodeAttr(k.injected(simulate.Injections{Up: []string{name}}), n, "instance_attributes", "shutdown", "")})
		}
	case sched.CauseNodeUnclean:
		if n.Kind == state.ClusterNode {
			g.add(candidate{command: "crm node clearstate " + name, root: k.injected(simulate.Injections{Down: []string{name}}),
				note: "only when " + name + " is certainly off"})
		}
	case sched.CauseShutdownLock:
		g.add(candidate{command: "crm resource refresh " + own(p) + " " + name, root: cleanedUp(root, historyNames(p), name)})
		g.add(candidate{condition: name + " is up again (on it: crm cluster start)",
			root: withNodeAttr(k.injected(simulate.Injections{Up: []string{name}}), n, "instance_attributes", "shutdown", "")})
	case sched.CauseHealth:
		for _, attr := range sortedKeys(n.Attrs) {
			if strings.HasPrefix(attr, "#health") {
				g.add(candidate{condition: "attribute " + attr + " of " + name + " is green again",
					root: withNodeAttr(root, n, "instance_attributes", attr, "green")})
			}
		}
	case sched.CauseNotAllowed:
		id, top := g.freeID("allow-"+configured(p)+"-"+name), configured(p)
		g.add(candidate{command: fmt.Sprintf("crm configure location %s %s 0: %s", id, top, name), root: withConstraint(root, locationOf(id, top, name, 0))})
	case sched.CauseUtilization:
		g.fromShortage(p, n)
	}
}

// fromShortage adds room on a node, just enough of what is short when it is one thing.
func (g *gatherer) fromShortage(p *state.Resource, n *state.Node) {
	var names []string
	for name, text := range p.Utilization {
		need, _ := strconv.Atoi(text)
		have, _ := strconv.Atoi(n.Utilization[name])
		used := 0
		for _, r := range g.k.c.All {
			if r != p && g.k.res.AssignedTo(r) == n {
				u, _ := strconv.Atoi(r.Utilization[name])
				used += u
			}
		}
		if used+need > have {
			names = append(names, name+" "+strconv.Itoa(used+need))
		}
	}
	slices.Sort(names)
	if len(names) != 1 {
		return
	}
	name, value, _ := strings.Cut(names[0], " ")
	g.add(candidate{command: "crm node utilization " + n.Label() + " set " + name + " " + value,
		root: withNodeAttr(g.k.c.Root, n, "utilization", name, value), note: "if the node really has that much"})
}
