package schemas

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// upgradePrefix begins the ids of what an upgrade makes.
const upgradePrefix = "pcmk__3_10_upgrade-"

// older40 reports what schema 4.0 does not allow any more.
func older40(e, parent *cib.Element) bool {
	switch e.Name {
	case cib.TagMaster, "lifetime", "rkt":
		return true
	case cib.TagRscLocation:
		return count(e, cib.TagRule) > 1
	case cib.TagNode:
		return nameOf(parent) == cib.TagNodes && e.Get("type") == "ping"
	case "docker", "podman":
		return has(e, "masters")
	case cib.TagDateSpec:
		return has(e, "moon")
	case "fencing-level":
		return tooHigh(e)
	case cib.TagPrimitive, cib.TagTemplate:
		return unsupported(e)
	case cib.TagPropertySet, cib.TagInstanceAttrs, cib.TagUtilization:
		return slices.ContainsFunc(e.Children, func(c *cib.Element) bool { return older40Pair(c, e, "") })
	case cib.TagMetaAttrs:
		return slices.ContainsFunc(e.Children, func(c *cib.Element) bool { return older40Pair(c, e, nameOf(parent)) })
	}
	return false
}

func older40Pair(pair, set *cib.Element, inside string) bool {
	if pair.Name != cib.TagNvpair {
		return false
	}
	if has(pair, "id-ref") {
		return has(pair, "name")
	}
	name := pair.Get("name")
	if set.Name == cib.TagPropertySet {
		return !has(pair, "value") || property40[name] != "" || name == "remove-after-stop" || name == "stonith-action" && pair.Get("value") == "poweroff"
	}
	return !has(pair, "value") || set.Name == cib.TagMetaAttrs && dropped40(name, inside)
}

// property40 are the new names of cluster properties.
var property40 = map[string]string{"crmd-finalization-timeout": "join-finalization-timeout", "crmd-integration-timeout": "join-integration-timeout",
	"crmd-transition-delay": "transition-delay"}

// dropped40 reports whether a meta-attribute is not supported any more where it stands.
func dropped40(name, inside string) bool {
	switch inside {
	case cib.TagTemplate, cib.TagPrimitive, cib.TagGroup, cib.TagClone, cib.TagMaster, cib.TagBundle, cib.TagRscDefaults:
		return name == "restart-type"
	case cib.TagOp, cib.TagOpDefaults:
		return name == "can_fail" || name == "role_after_failure"
	}
	return false
}

func has(e *cib.Element, attr string) bool { _, ok := e.Lookup(attr); return ok }

func count(e *cib.Element, name string) (n int) {
	for range e.All(name) {
		n++
	}
	return n
}

func tooHigh(level *cib.Element) bool {
	n, err := strconv.Atoi(level.Get("index"))
	return err == nil && n > 9
}

func unsupported(resource *cib.Element) bool {
	class := resource.Get("class")
	return strings.EqualFold(class, "nagios") || strings.EqualFold(class, "upstart")
}

// to40 brings a document of schema 3.x to 4.0, in the steps in which the field's programs
// do, since what one step drops another may not look at any more.
func (u *upgrade) to40(root *cib.Element) *cib.Element {
	u.ids = map[string]*cib.Element{}
	for e := range root.Child(cib.TagConfiguration).Walk() {
		if id := e.ID(); id != "" && u.ids[id] == nil {
			u.ids[id] = e
		}
	}
	root = one(root, u.pairs40)
	root = u.structure40(root)
	root = u.lifetimes40(root)
	root = u.unsupported40(root)
	return u.references40(root)
}

// target follows id-ref; an element without is itself.
func (u *upgrade) target(e *cib.Element) *cib.Element {
	if t := u.ids[e.Get("id-ref")]; t != nil {
		return t
	}
	return e
}

// pairs40 sorts sets of pairs by score, gives names and values their new form, and drops
// what has no value.
func (u *upgrade) pairs40(e, parent *cib.Element) []*cib.Element {
	switch e.Name {
	case cib.TagNvpair:
		return u.pair40(e, parent)
	case cib.TagDateSpec:
		if has(e, "moon") {
			u.remark("WARNING: Dropping moon attribute from date spec %s because moon phase is no longer supported", e.ID())
			u.changed = true
			return only(e.Without("moon"))
		}
	case "fencing-level":
		if tooHigh(e) {
			return nil
		}
	}
	return only(u.sortSets(e))
}

func (u *upgrade) pair40(e, parent *cib.Element) []*cib.Element {
	original := u.target(e)
	if name, named := e.Lookup("name"); named && original != e {
		e = original.With("id", upgradePrefix+original.ID()+"-"+name).With("name", name)
	}
	name, value := original.Get("name"), original.Get("value")
	switch {
	case !has(original, "value"):
		return nil
	case nameOf(parent) != cib.TagPropertySet:
	case name == "remove-after-stop":
		u.remark("WARNING: Dropping nvpair %s because the remove-after-stop property is unsupported", original.ID())
		return nil
	case e == original && property40[name] != "":
		u.changed = true
		return only(e.With("name", property40[name]))
	case e == original && name == "stonith-action" && value == "poweroff":
		u.changed = true
		return only(e.With("value", "off"))
	}
	return only(e)
}

func isSet(e *cib.Element) bool {
	return e.Name == cib.TagPropertySet || e.Name == cib.TagInstanceAttrs || e.Name == cib.TagMetaAttrs || e.Name == cib.TagUtilization
}

// sortSets puts the sets of an element behind its other children, highest score first.
func (u *upgrade) sortSets(e *cib.Element) *cib.Element {
	if !slices.ContainsFunc(e.Children, isSet) {
		return e
	}
	children := slices.Clone(e.Children)
	slices.SortStableFunc(children, func(a, b *cib.Element) int { return u.rank(a).compare(u.rank(b)) })
	if slices.Equal(children, e.Children) {
		return e
	}
	return e.WithChildren(children...)
}

// setRank is where a set stands among the children of an element.
type setRank struct {
	class int // see rank
	score int
}

func (r setRank) compare(o setRank) int {
	if r.class != o.class {
		return r.class - o.class
	}
	return o.score - r.score
}

// rank orders children: what is no set, the cluster's own properties, then by score. A
// score that is none comes last.
func (u *upgrade) rank(e *cib.Element) setRank {
	t := u.target(e)
	n, err := strconv.Atoi(t.Get("score"))
	switch text, scored := t.Lookup("score"); {
	case !isSet(e):
		return setRank{}
	case t.Name == cib.TagPropertySet && t.ID() == "cib-bootstrap-options":
		return setRank{class: 1}
	case text == "INFINITY", text == "+INFINITY":
		return setRank{class: 2}
	case scored && err == nil && n > 0:
		return setRank{3, n}
	case !scored, err == nil && n == 0:
		return setRank{class: 4}
	case err == nil:
		return setRank{5, n}
	case text == "-INFINITY":
		return setRank{class: 6}
	}
	return setRank{class: 7}
}
