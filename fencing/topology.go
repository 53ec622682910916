package fencing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// topology is the levels that are configured for one node, pattern or attribute.
type topology struct {
	target  crm.NodeName
	pattern string
	attr    string
	value   string
	levels  map[int][]crm.ResourceID // by index, 1 to 9
}

// readTopology collects the levels of each target.
func (e *Equipment) readTopology(section *cib.Element) {
	for l := range section.All("fencing-level") {
		index, err := strconv.Atoi(l.Get("index"))
		if err != nil || index < 1 || index > 9 {
			continue
		}
		t := topology{target: crm.NodeName(l.Get("target")), pattern: l.Get("target-pattern"), attr: l.Get("target-attribute"), value: l.Get("target-value")}
		i := slices.IndexFunc(e.targets, func(o topology) bool {
			return o.target == t.target && o.pattern == t.pattern && o.attr == t.attr && o.value == t.value
		})
		if i < 0 {
			t.levels = map[int][]crm.ResourceID{}
			e.targets = append(e.targets, t)
			i = len(e.targets) - 1
		}
		for _, id := range strings.FieldsFunc(l.Get("devices"), func(r rune) bool { return r == ',' || r == ' ' }) {
			e.targets[i].levels[index] = append(e.targets[i].levels[index], crm.ResourceID(id))
		}
	}
}

// Levels gives the levels of a target, the first to try first; nil when there is no
// topology for it. A node's name goes before patterns and attributes.
func (e *Equipment) Levels(target crm.NodeName) (levels [][]crm.ResourceID) {
	t := e.topologyOf(target)
	if t == nil {
		return nil
	}
	for i := 1; i <= 9; i++ {
		if len(t.levels[i]) > 0 {
			levels = append(levels, t.levels[i])
		}
	}
	return levels
}

func (e *Equipment) topologyOf(target crm.NodeName) *topology {
	for i := range e.targets {
		if e.targets[i].target != "" && strings.EqualFold(string(e.targets[i].target), string(target)) {
			return &e.targets[i]
		}
	}
	for i := range e.targets {
		t := &e.targets[i]
		switch {
		case t.pattern != "":
			if re, err := regexp.CompilePOSIX(t.pattern); err == nil && re.MatchString(string(target)) {
				return t
			}
		case t.attr != "":
			if v, ok := e.nodes[target][t.attr]; ok && v == t.value {
				return t
			}
		}
	}
	return nil
}
