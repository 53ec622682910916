package schemas

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
)

// unsupported40 drops resources of classes and containers that are gone, what refers to
// them, and meta-attributes that are gone.
func (u *upgrade) unsupported40(root *cib.Element) *cib.Element {
	gone := u.goneResources(root.Child(cib.TagConfiguration).Child(cib.TagResources))
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		switch e.Name {
		case cib.TagTemplate, cib.TagPrimitive, cib.TagBundle, cib.TagGroup, cib.TagClone:
			if gone[e.ID()] {
				return nil
			}
		case cib.TagResourceRef:
			if gone[e.ID()] {
				return nil
			}
		case cib.TagResourceSet:
			if !has(e, "id-ref") && len(e.Children) == 0 {
				return nil
			}
		case cib.TagRscLocation, cib.TagRscTicket, cib.TagRscColocation, cib.TagRscOrder:
			if u.empty(e, gone) {
				return nil
			}
		case cib.TagMetaAttrs:
			return only(u.withoutDropped(e, parent))
		}
		return only(e)
	})
}

// goneResources finds what is to be dropped, and says so.
func (u *upgrade) goneResources(resources *cib.Element) map[string]bool {
	gone := map[string]bool{}
	if resources == nil {
		return gone
	}
	for t := range resources.All(cib.TagTemplate) {
		if unsupported(t) {
			gone[t.ID()] = true
		}
	}
	var walk func(e *cib.Element) bool
	walk = func(e *cib.Element) bool {
		drop := false
		switch e.Name {
		case cib.TagPrimitive:
			drop = unsupported(e) || gone[e.Get("template")]
		case cib.TagGroup, cib.TagClone:
			members, left := 0, 0
			for _, c := range e.Children {
				if c.Name == cib.TagPrimitive || c.Name == cib.TagGroup {
					members++
					if !walk(c) {
						left++
					}
				}
			}
			drop = members > 0 && left == 0
		case cib.TagBundle:
			drop = e.Child("rkt") != nil
			if !drop && e.Child(cib.TagPrimitive) != nil {
				walk(e.Child(cib.TagPrimitive))
			}
		}
		if drop {
			gone[e.ID()] = true
		}
		return drop
	}
	for _, e := range resources.Children {
		walk(e)
	}
	for _, e := range resources.Children {
		u.tellGone(e, gone)
	}
	return gone
}

// tellGone says why resources are dropped, outermost first.
func (u *upgrade) tellGone(e *cib.Element, gone map[string]bool) {
	switch {
	case !gone[e.ID()]:
		for _, c := range e.Children {
			u.tellGone(c, gone)
		}
	case e.Name == cib.TagTemplate:
		u.remark("WARNING: Dropping template %s because %s resources are no longer supported", e.ID(), e.Get("class"))
	case e.Name == cib.TagPrimitive:
		class := e.Get("class")
		if t := u.ids[e.Get("template")]; class == "" && t != nil {
			class = t.Get("class")
		}
		u.remark("WARNING: Dropping resource %s because %s resources are no longer supported", e.ID(), class)
	case e.Name == cib.TagBundle:
		u.remark("WARNING: Dropping bundle resource %s because rkt containers are no longer supported", e.ID())
	case e.Name == cib.TagGroup, e.Name == cib.TagClone:
		u.remark("INFO: Dropping %s %s because it would become empty", e.Name, e.ID())
	}
}

// empty reports whether a constraint names only resources that are gone. The sets in it
// have lost theirs already.
func (u *upgrade) empty(constraint *cib.Element, gone map[string]bool) bool {
	for _, attr := range [...]string{"rsc", "with-rsc", "first", "then"} {
		if gone[constraint.Get(attr)] {
			return true
		}
	}
	before := u.ids[constraint.ID()]
	return before != nil && before.Child(cib.TagResourceSet) != nil && constraint.Child(cib.TagResourceSet) == nil
}

func (u *upgrade) withoutDropped(set, parent *cib.Element) *cib.Element {
	drop := func(c *cib.Element) bool { return c.Name == cib.TagNvpair && dropped40(u.pairName(c), nameOf(parent)) }
	if !slices.ContainsFunc(set.Children, drop) {
		return set
	}
	hint := `Consider setting the "kind" attribute for relevant constraints`
	if nameOf(parent) == cib.TagOp || nameOf(parent) == cib.TagOpDefaults {
		hint = `Consider setting the "on-fail" operation attribute instead`
	}
	for _, c := range set.Children {
		if drop(c) {
			u.remark("WARNING: Dropping %s meta-attribute from %s because it is no longer supported. %s", u.pairName(c), u.target(set).ID(), hint)
		}
	}
	return set.WithChildren(slices.DeleteFunc(slices.Clone(set.Children), drop)...)
}

// references40 puts the definition where the first reference to it stands, if the place of
// the definition was dropped, refers to what is defined twice, and makes permissions on
// what is gone match nothing.
func (u *upgrade) references40(root *cib.Element) *cib.Element {
	defined := map[string]bool{}
	byXPath := false
	for e := range root.Child(cib.TagConfiguration).Walk() {
		defined[e.ID()] = true
		byXPath = byXPath || e.Name == "acl_permission" && has(e, "xpath")
	}
	if byXPath && u.changed {
		u.remark(`WARNING: CIB syntax changes may invalidate ACLs that use "xpath". It is strongly recommended to run ` +
			`"cibadmin --upgrade" and then examine the updated CIB carefully to ensure ACLs still match the desired intent.`)
	}
	made := map[string]bool{}
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		if id := e.Get("id-ref"); id != "" && !defined[id] && u.ids[id] != nil {
			defined[id] = true
			return only(u.ids[id])
		}
		if id := e.ID(); e.Name == cib.TagNvpair && len(id) > len(upgradePrefix) && id[:len(upgradePrefix)] == upgradePrefix {
			if made[id] {
				return only(cib.New(e.Name, "id-ref", id))
			}
			made[id] = true
		}
		if ref, ok := e.Lookup("reference"); ok && e.Name == "acl_permission" && !defined[ref] {
			return only(renamed(e, "reference", "xpath", "/*[false()]"))
		}
		return only(e)
	})
}
