package state

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// Old schemas say some things in other words. The reader knows most of them; what would
// need to be read in another place, or several times, is rewritten here before reading.
// Only what changes is copied: a configuration of a current schema is returned as it is.
// Source: Pacemaker's upgrade style sheets, 2.10 to 3.0 and 3.10 to 4.0.

// upgraded gives the configuration in the words of the newest schema.
func upgraded(conf *cib.Element, schema string) *cib.Element {
	major, known := schemaMajor(schema)
	if !known || conf == nil || major >= 4 {
		return conf
	}
	if major < 3 {
		conf = upgradeProperties(conf)
		conf = replaceChild(conf, "resources", upgradeResources)
	}
	var banned []*cib.Element
	conf = replaceChild(conf, "nodes", func(nodes *cib.Element) *cib.Element {
		return mapChildren(nodes, func(n *cib.Element) []*cib.Element {
			switch kind := n.Get("type"); {
			case kind == "ping":
				banned = append(banned, cib.New("rsc_location", "id", upgradePrefix+"ping-node-ban-"+n.Get("uname"), "rsc-pattern", ".*",
					"node", n.Get("uname"), "score", "-INFINITY", "resource-discovery", "never"))
				return []*cib.Element{n.With("type", "member")}
			case kind == "normal" && major < 3:
				return []*cib.Element{n.With("type", "member")}
			}
			return []*cib.Element{n}
		})
	})
	return replaceChild(conf, "constraints", func(section *cib.Element) *cib.Element {
		section = mapChildren(section, splitLocation)
		if len(banned) > 0 {
			section = section.Plus(banned...)
		}
		return section
	})
}

const upgradePrefix = "pcmk__3_10_upgrade-"

func schemaMajor(schema string) (int, bool) {
	version, ok := strings.CutPrefix(schema, "pacemaker-")
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return n, ok && err == nil
}

// replaceChild gives e with another child in the place of the one of that name.
func replaceChild(e *cib.Element, name string, change func(*cib.Element) *cib.Element) *cib.Element {
	old := e.Child(name)
	if old == nil {
		return e
	}
	return mapChildren(e, func(c *cib.Element) []*cib.Element {
		if c == old {
			return []*cib.Element{change(c)}
		}
		return []*cib.Element{c}
	})
}

// mapChildren gives e with what change makes of each child; e itself if nothing changed.
func mapChildren(e *cib.Element, change func(*cib.Element) []*cib.Element) *cib.Element {
	var out []*cib.Element
	for i, c := range e.Children {
		list := change(c)
		if same := len(list) == 1 && list[0] == c; out == nil && !same {
			out = append(make([]*cib.Element, 0, len(e.Children)), e.Children[:i]...)
			out = append(out, list...)
		} else if out != nil {
			out = append(out, list...)
		}
	}
	if out == nil {
		return e
	}
	return e.WithChildren(out...)
}

// oldProperties are properties that had other names before schema 3.0.
var oldProperties = map[string]string{
	"cluster_recheck_interval": "cluster-recheck-interval", "dc_deadtime": "dc-deadtime", "election_timeout": "election-timeout",
	"no_quorum_policy": "no-quorum-policy", "shutdown_escalation": "shutdown-escalation", "startup_fencing": "startup-fencing",
	"stonith_action": "stonith-action", "stonith_enabled": "stonith-enabled", "stop_orphan_actions": "stop-orphan-actions",
	"stop_orphan_resources": "stop-orphan-resources", "symmetric_cluster": "symmetric-cluster", "transition_idle_timeout": "cluster-delay",
}

// movedProperties are properties that became defaults: of resources, or operations.
var movedProperties = map[string]struct{ section, name string }{
	"default-action-timeout": {"op_defaults", "timeout"}, "default_action_timeout": {"op_defaults", "timeout"},
	"default-resource-stickiness": {"rsc_defaults", "resource-stickiness"}, "default_resource_stickiness": {"rsc_defaults", "resource-stickiness"},
	"is-managed-default": {"rsc_defaults", "is-managed"}, "is_managed_default": {"rsc_defaults", "is-managed"},
	"default-resource-failure-stickiness": {"rsc_defaults", "migration-threshold"}, "default_resource_failure_stickiness": {"rsc_defaults", "migration-threshold"},
}

// upgradeProperties renames cluster properties, and moves those that became defaults to
// where they are, unless they are there already.
func upgradeProperties(conf *cib.Element) *cib.Element {
	var moved []*cib.Element // property pairs
	conf = replaceChild(conf, "crm_config", func(config *cib.Element) *cib.Element {
		return mapChildren(config, func(block *cib.Element) []*cib.Element {
			return []*cib.Element{mapChildren(block, func(pair *cib.Element) []*cib.Element {
				name := pair.Get("name")
				if now, ok := oldProperties[name]; ok {
					return []*cib.Element{pair.With("name", now)}
				}
				to, ok := movedProperties[name]
				if !ok {
					return []*cib.Element{pair}
				}
				if to.name == "migration-threshold" && pair.Get("value") == "-INFINITY" {
					moved = append(moved, pair.With("value", "1"))
				} else if to.name != "migration-threshold" {
					moved = append(moved, pair)
				}
				return nil
			})}
		})
	})
	for _, section := range []string{"op_defaults", "rsc_defaults"} {
		for _, pair := range moved {
			if to := movedProperties[pair.Get("name")]; to.section == section {
				conf = withDefault(conf, section, pair.With("name", to.name))
			}
		}
	}
	return conf
}

// withDefault adds a pair to the defaults, in the first block without a rule.
func withDefault(conf *cib.Element, section string, pair *cib.Element) *cib.Element {
	defaults := conf.Child(section)
	if defaults == nil {
		return conf.Plus(cib.New(section).WithChildren(cib.New("meta_attributes", "id", section+"-"+pair.ID()).WithChildren(pair)))
	}
	for block := range defaults.All("meta_attributes") {
		if block.Child("rule") != nil {
			continue
		}
		if block.ChildWith("nvpair", "name", pair.Get("name")) != nil {
			return conf
		}
		return replaceChild(conf, section, func(e *cib.Element) *cib.Element {
			return mapChildren(e, func(c *cib.Element) []*cib.Element {
				if c == block {
					return []*cib.Element{c.Plus(pair)}
				}
				return []*cib.Element{c}
			})
		})
	}
	return replaceChild(conf, section, func(e *cib.Element) *cib.Element {
		return e.Plus(cib.New("meta_attributes", "id", section+"-"+pair.ID()).WithChildren(pair))
	})
}

// oldParameters are fencing parameters that had other names before schema 3.0.
var oldParameters = map[string]string{"pcmk_list_cmd": "pcmk_list_action", "pcmk_monitor_cmd": "pcmk_monitor_action",
	"pcmk_off_cmd": "pcmk_off_action", "pcmk_on_cmd": "pcmk_on_action", "pcmk_reboot_cmd": "pcmk_reboot_action", "pcmk_status_cmd": "pcmk_status_action"}

// upgradeResources changes primitives and templates, wherever they are.
func upgradeResources(e *cib.Element) *cib.Element {
	return mapChildren(e, func(c *cib.Element) []*cib.Element {
		switch c.Name {
		case "primitive", "template":
			return []*cib.Element{upgradePrimitive(c)}
		case "group", "clone", "master", "bundle":
			return []*cib.Element{upgradeResources(c)}
		}
		return []*cib.Element{c}
	})
}

func upgradePrimitive(e *cib.Element) *cib.Element {
	return mapChildren(e, func(block *cib.Element) []*cib.Element {
		switch block.Name {
		case "instance_attributes":
			return []*cib.Element{mapChildren(block, func(pair *cib.Element) []*cib.Element {
				if now, ok := oldParameters[pair.Get("name")]; ok {
					return []*cib.Element{pair.With("name", now)}
				}
				return []*cib.Element{pair}
			})}
		case "meta_attributes":
			return []*cib.Element{mapChildren(block, oldMeta)}
		}
		return []*cib.Element{block}
	})
}

// oldMeta is what became of a meta attribute.
func oldMeta(pair *cib.Element) []*cib.Element {
	switch pair.Get("name") {
	case "isolation", "isolation-host", "isolation-instance", "isolation-wrapper":
		return []*cib.Element{pair.With("name", "target-role").With("value", "Stopped")}
	case "resource-failure-stickiness", "resource_failure_stickiness":
		if pair.Get("value") == "-INFINITY" {
			return []*cib.Element{pair.With("name", "migration-threshold").With("value", "1")}
		}
		return nil
	}
	return []*cib.Element{pair}
}

// splitLocation makes a location constraint for each of several rules, and puts the
// rules of a lifetime beside the one that is there.
func splitLocation(e *cib.Element) []*cib.Element {
	if e.Name != "rsc_location" {
		return []*cib.Element{e}
	}
	rules := slices.Collect(e.All("rule"))
	if len(rules) < 2 {
		return []*cib.Element{limitLocation(e)}
	}
	var out []*cib.Element
	for i, rule := range rules {
		var children []*cib.Element
		for _, c := range e.Children {
			if c.Name != "rule" || c == rule {
				children = append(children, c)
			}
		}
		out = append(out, limitLocation(e.WithChildren(children...).With("id", upgradePrefix+e.ID()+"-"+strconv.Itoa(i+1))))
	}
	return out
}

// limitLocation nests the rule of a location constraint (or one made of its node and
// score) and those of its lifetime in one.
func limitLocation(e *cib.Element) *cib.Element {
	lifetime := e.Child("lifetime")
	if lifetime == nil {
		return e
	}
	rule := e.Child("rule")
	if rule == nil {
		id := upgradePrefix + e.ID() + "-node-score-rule"
		rule = cib.New("rule", "id", id).WithChildren(cib.New("expression", "id", id+"-expr", "attribute", "#uname", "operation", "eq", "value", e.Get("node")))
		if score, ok := e.Lookup("score"); ok {
			rule = rule.With("score", score)
		}
	}
	while := slices.Collect(lifetime.All("rule"))
	if len(while) > 1 {
		while = []*cib.Element{cib.New("rule", "id", upgradePrefix+e.ID()+"-lifetime-or-rule", "boolean-op", "or").WithChildren(while...)}
	}
	children := slices.DeleteFunc(slices.Clone(e.Children), func(c *cib.Element) bool { return c.Name == "lifetime" || c.Name == "rule" })
	both := cib.New("rule", "id", upgradePrefix+e.ID()+"-lifetime-and-rule", "boolean-op", "and").WithChildren(append([]*cib.Element{rule}, while...)...)
	return e.Without("node").Without("score").WithChildren(append(children, both)...)
}
