package schemas

import "github.com/tactus-ha/tactus/cib"

// Check refuses a change that leaves the configuration invalid. A change of the status
// only is not looked at, and of the configuration only what changed, unless something
// went that others may refer to. It is what cib.Machine.Validate wants.
func Check(before, after *cib.Snapshot) error {
	root := after.Root()
	if before == nil || before.Root().Get(cib.AttrValidateWith) != root.Get(cib.AttrValidateWith) {
		return FirstError(Validate(root))
	}
	if root.Get(cib.AttrValidateWith) == "none" || before.Section(cib.TagConfiguration) == after.Section(cib.TagConfiguration) {
		return nil
	}
	findings, enough := checkChange(before, after)
	if !enough {
		findings = Validate(root)
	}
	return FirstError(findings)
}

// checkChange checks the elements that changed, given that before was valid. It is not
// enough when an id went: then somebody may still refer to it.
func checkChange(before, after *cib.Snapshot) (findings []Finding, enough bool) {
	v := newValidator()
	v.lookup = after
	lost := map[string]bool{}
	cib.Compare(before.Section(cib.TagConfiguration), after.Section(cib.TagConfiguration), func(old, now *cib.Element) {
		if old != nil && now == nil && old.ID() != "" && v.owns(old) {
			lost[old.ID()] = true
		}
		if now == nil {
			return
		}
		if r := v.rule(now.Name); r != nil { // else its parent's check has complained
			v.local(now, r)
		}
	})
	v.references()
	return v.findings, len(lost) == 0
}
