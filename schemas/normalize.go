package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// metaNames are the meta-attributes that guides of Heartbeat 2 wrote with underscores.
var metaNames = []string{"target-role", "is-managed", "resource-stickiness", "resource-failure-stickiness", "migration-threshold", "failure-timeout",
	"multiple-active", "allow-migrate", "clone-max", "clone-node-max", "clone-min", "globally-unique", "promoted-max", "promoted-node-max",
	"master-max", "master-node-max", "remote-node", "remote-addr", "remote-port", "remote-connect-timeout", "container-attribute-target",
	"allow-unhealthy-nodes", "restart-type", "resource-discovery-enabled"}

// propertyNames are the cluster properties that have a dash.
var propertyNames = []string{"stonith-enabled", "stonith-action", "stonith-timeout", "stonith-watchdog-timeout", "stonith-max-attempts",
	"no-quorum-policy", "symmetric-cluster", "default-resource-stickiness", "default-resource-failure-stickiness", "is-managed-default",
	"cluster-delay", "batch-limit", "migration-limit", "default-action-timeout", "stop-orphan-resources", "stop-orphan-actions",
	"stop-all-resources", "remove-after-stop", "startup-fencing", "start-failure-is-fatal", "dc-deadtime", "cluster-recheck-interval",
	"election-timeout", "shutdown-escalation", "join-integration-timeout", "join-finalization-timeout", "transition-delay",
	"pe-error-series-max", "pe-warn-series-max", "pe-input-series-max", "maintenance-mode", "enable-acl", "placement-strategy",
	"node-health-strategy", "node-health-base", "node-health-green", "node-health-yellow", "node-health-red", "concurrent-fencing",
	"cluster-name", "have-watchdog", "fence-reaction", "priority-fencing-delay", "node-action-limit", "load-threshold", "shutdown-lock",
	"shutdown-lock-limit", "prefer-native-agents", "cluster-infrastructure", "transition-idle-timeout", "cluster-ipc-limit"}

// attrNames are the attributes with a dash, of operations, constraints, rules and sets.
var attrNames = []string{"on-fail", "start-delay", "interval-origin", "record-pending", "with-rsc", "rsc-role", "with-rsc-role", "node-attribute",
	"first-action", "then-action", "require-all", "resource-discovery", "rsc-pattern", "loss-policy", "id-ref", "boolean-op", "value-source",
	"score-attribute", "target-pattern", "target-attribute", "target-value"}

// normalizer walks a document and remembers which spellings it has reported.
type normalizer struct {
	findings []Finding
	warned   map[string]bool
}

// Normalize gives a document, or any part of one, the standard spellings: target_role
// becomes target-role, on_fail on-fail, disabled="false" enabled="true", the group's
// default collocated="true" goes. Each spelling is reported once, however often it
// occurs. The document itself is unchanged; the result shares with it what is standard.
func Normalize(root *cib.Element) (*cib.Element, []Finding) {
	n := &normalizer{warned: map[string]bool{}}
	out := n.element(root, nil)
	return out, n.findings
}

func (n *normalizer) warn(e *cib.Element, spelling, format string, args ...any) {
	if !n.warned[spelling] {
		n.warned[spelling] = true
		n.findings = append(n.findings, Finding{Warning, e.Line, e.Name, e.ID(), fmt.Sprintf(format, args...)})
	}
}

// element returns e in standard form; parents are the elements around it, outermost first.
func (n *normalizer) element(e *cib.Element, parents []*cib.Element) *cib.Element {
	if e == nil || e.Name == cib.TagStatus {
		return e
	}
	out := n.attributes(e)
	if e.Name == cib.TagNvpair && len(parents) > 0 {
		if out = n.nvpair(out, parents); out == nil {
			return nil
		}
	}
	parents = append(parents, e)
	var children []*cib.Element
	changed := false
	for i, c := range e.Children {
		r := n.element(c, parents)
		if r != c && !changed {
			changed, children = true, slices.Clone(e.Children[:i])
		}
		if changed && r != nil {
			children = append(children, r)
		}
	}
	if changed {
		out = out.WithChildren(children...)
	}
	return out
}

func (n *normalizer) attributes(e *cib.Element) *cib.Element {
	out := e
	for _, a := range e.Attrs {
		if name, ok := standard(a.Name, attrNames); ok {
			n.warn(e, a.Name, "%s is an old spelling: stored as %s", a.Name, name)
			out = renamed(out, a.Name, name, a.Value)
		} else if e.Name == cib.TagOp && a.Name == "disabled" {
			enabled := "true"
			if isTrue(a.Value) {
				enabled = "false"
			}
			n.warn(e, a.Name, "disabled=%q is an old spelling: stored as enabled=%q", a.Value, enabled)
			out = renamed(out, a.Name, "enabled", enabled)
		}
	}
	return out
}

// renamed replaces an attribute in place; one of the new name that is there already wins.
func renamed(e *cib.Element, old, name, value string) *cib.Element {
	if _, there := e.Lookup(name); there {
		return e.Without(old)
	}
	c := e.WithChildren(e.Children...)
	c.Attrs = slices.Clone(e.Attrs)
	for i := range c.Attrs {
		if c.Attrs[i].Name == old {
			c.Attrs[i] = cib.Attr{Name: name, Value: value}
		}
	}
	return c
}

// nvpair gives one pair of a meta-attribute or property set its standard form; nil means
// that it is to go.
func (n *normalizer) nvpair(e *cib.Element, parents []*cib.Element) *cib.Element {
	set := parents[len(parents)-1]
	name := e.Get(cib.AttrName)
	table := metaNames
	switch set.Name {
	case cib.TagPropertySet:
		table = propertyNames
	case cib.TagMetaAttrs:
	default:
		return e
	}
	if std, ok := standard(name, table); ok {
		if set.ChildWith(cib.TagNvpair, cib.AttrName, std) != nil {
			n.warn(e, name, "%s is an old spelling of %s, which is given too: dropped", name, std)
			return nil
		}
		n.warn(e, name, "%s is an old spelling: stored as %s", name, std)
		e, name = e.With(cib.AttrName, std), std
		if id, ok := strings.CutSuffix(e.ID(), strings.ReplaceAll(std, "-", "_")); ok {
			e = e.With(cib.AttrID, id+std)
		}
	}
	if set.Name != cib.TagMetaAttrs {
		return e
	}
	return n.metaValue(e, name, parents)
}

func (n *normalizer) metaValue(e *cib.Element, name string, parents []*cib.Element) *cib.Element {
	switch {
	case name == "target-role":
		for _, role := range []string{"Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"} {
			if v := e.Get(cib.AttrValue); v != role && strings.EqualFold(v, role) {
				return e.With(cib.AttrValue, role)
			}
		}
	case (name == "collocated" || name == "ordered") && slices.ContainsFunc(parents, func(p *cib.Element) bool { return p.Name == cib.TagGroup }):
		if isTrue(e.Get(cib.AttrValue)) {
			n.warn(e, name, "%s=%q is what every group does: dropped", name, e.Get(cib.AttrValue))
			return nil
		}
		n.warn(e, name, "%s=%q is deprecated: use a resource set instead of the group", name, e.Get(cib.AttrValue))
	}
	return e
}

// standard finds the standard spelling of a name that has underscores for dashes.
func standard(name string, table []string) (string, bool) {
	if !strings.Contains(name, "_") {
		return "", false
	}
	std := strings.ReplaceAll(name, "_", "-")
	return std, slices.Contains(table, std)
}

// StandardName gives the standard spelling of a meta-attribute, property or attribute
// name: on-fail for on_fail. A name that has none is returned as it is.
func StandardName(name string) string {
	for _, table := range [][]string{metaNames, propertyNames, attrNames} {
		if std, ok := standard(name, table); ok {
			return std
		}
	}
	return name
}

func isTrue(s string) bool {
	return slices.Contains([]string{"true", "on", "yes", "y", "1"}, strings.ToLower(s))
}
