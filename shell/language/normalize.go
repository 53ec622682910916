package language

import "strings"

// nameKind says which names a list of pairs may hold.
type nameKind int

const (
	agentNames    nameKind = iota // an agent's parameters: taken as they are
	metaNames                     // meta attributes
	opNames                       // attributes of operations
	propertyNames                 // cluster properties
)

func kindOf(word string) nameKind {
	switch word {
	case "meta", "op_meta":
		return metaNames
	}
	return agentNames
}

// MetaAttributes lists the meta attributes of resources, groups and clones.
func MetaAttributes() []string {
	return []string{"allow-migrate", "allow-unhealthy-nodes", "clone-max", "clone-min", "clone-node-max", "container-attribute-target",
		"critical", "description", "failure-timeout", "globally-unique", "interleave", "interval-origin", "is-managed", "maintenance",
		"master-max", "master-node-max", "migration-threshold", "multiple-active", "notify", "ordered", "priority", "promotable",
		"promoted-max", "promoted-node-max", "provides", "remote-addr", "remote-allow-migrate", "remote-connect-timeout", "remote-node",
		"remote-port", "requires", "resource-stickiness", "restart-type", "target-role"}
}

// OpAttributes lists the attributes of an operation.
func OpAttributes() []string {
	return []string{"name", "description", "interval", "interval-origin", "start-delay", "timeout", "enabled", "record-pending", "role", "on-fail"}
}

// Properties lists the cluster properties.
func Properties() []string {
	return []string{"batch-limit", "cluster-delay", "cluster-infrastructure", "cluster-ipc-limit", "cluster-name", "cluster-recheck-interval",
		"concurrent-fencing", "dc-deadtime", "dc-version", "election-timeout", "enable-acl", "enable-startup-probes", "fence-reaction",
		"fencing-timeout", "have-watchdog", "join-finalization-timeout", "join-integration-timeout", "load-threshold", "maintenance-mode",
		"migration-limit", "no-quorum-policy", "node-action-limit", "node-health-base", "node-health-green", "node-health-red",
		"node-health-strategy", "node-health-yellow", "node-pending-timeout", "pe-error-series-max", "pe-input-series-max",
		"pe-warn-series-max", "placement-strategy", "prefer-native-agents", "priority-fencing-delay", "remove-after-stop",
		"shutdown-escalation", "shutdown-lock", "shutdown-lock-limit", "start-failure-is-fatal", "startup-fencing", "stonith-action",
		"stonith-enabled", "stonith-max-attempts", "stonith-timeout", "stonith-watchdog-timeout", "stop-all-resources",
		"stop-orphan-actions", "stop-orphan-resources", "symmetric-cluster", "transition-delay"}
}

func isOpAttribute(name string) bool { return contains(OpAttributes(), name) }

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// normalize puts a pair's old spelling right: names with _ for -, roles and on-fail in
// any case, `disabled` of Heartbeat's operations. Every change is noted for the user.
// keep is false when the pair has no meaning any more.
func (r *reader) normalize(kind nameKind, name, value string) (newName, newValue string, keep bool, err error) {
	if r.ctx.Verbatim {
		return name, value, true, nil
	}
	var known []string
	switch kind {
	case agentNames:
		return name, value, true, nil
	case metaNames:
		known = MetaAttributes()
	case opNames:
		known = append(OpAttributes(), MetaAttributes()...)
	case propertyNames:
		known = Properties()
	}
	newName, newValue = name, value
	if dashed := strings.ReplaceAll(name, "_", "-"); dashed != name && contains(known, dashed) {
		newName = dashed
		r.note("%s is the old spelling of %s: %s stored", name, dashed, dashed)
	}
	switch {
	case kind == opNames && newName == "disabled":
		b, ok := boolean(value)
		if !ok {
			return "", "", false, r.failAt(name+"="+value, "disabled must be true or false")
		}
		newName, newValue = "enabled", map[string]string{"true": "false", "false": "true"}[b]
		r.note("disabled=%s is the old spelling of enabled=%s: enabled=%s stored", value, newValue, newValue)
	case newName == "target-role" || newName == "role":
		role, ok := roleName(value)
		if !ok && !strings.HasPrefix(value, "#") {
			return "", "", false, r.failAt(name+"="+value, "invalid role %q: use Started, Stopped, Promoted, Unpromoted, Master or Slave", value)
		}
		if ok && role != value {
			r.note("%s=%s: %s stored", newName, value, role)
		}
		newValue = role
	case kind == opNames && newName == "on-fail":
		newValue = strings.ToLower(value)
		if !contains(OnFailValues(), newValue) {
			return "", "", false, r.failAt(name+"="+value, "invalid on-fail %q: use %s", value, strings.Join(OnFailValues(), ", "))
		}
	}
	return newName, newValue, true, nil
}

// OnFailValues lists what on-fail may say.
func OnFailValues() []string {
	return []string{"ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"}
}
