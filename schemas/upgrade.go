package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// Newest is the schema that Upgrade brings documents to.
const Newest = "pacemaker-4.0"

// known are the schemas that there are, oldest first.
var known = strings.Fields("1.0 1.2 1.3 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10 3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 3.10 4.0")

// disabled is said of a document that asks for no validation.
const disabled = `Schema validation of configuration is disabled (support for validate-with set to "none" is deprecated and will be removed in a future release)`

// Upgrade brings a CIB to the newest schema: names that later versions have, what they
// dropped and what they write otherwise. What is newest already is returned as it is, and
// so is what says validate-with="none". The document itself is not changed; the result
// shares with it what did not change. The remarks are for the operator: what was dropped,
// and what to look at. The error says why the document conforms to no schema.
// Source: Pacemaker's schemas 1.0 to 4.0 and what its programs make of documents of them.
func Upgrade(root *cib.Element) (upgraded *cib.Element, remarks []string, err error) {
	if root.Name != cib.TagCIB || root.Child(cib.TagConfiguration) == nil {
		return nil, nil, errors.New("not a complete CIB: want <cib> with <configuration>")
	}
	with, ok := root.Lookup(cib.AttrValidateWith)
	if with == "none" {
		return root, []string{disabled}, nil
	}
	name, prefixed := strings.CutPrefix(with, "pacemaker-")
	version := slices.Index(known, name)
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("cannot validate CIB with missing validate-with: write validate-with=%q", Newest)
	case !prefixed || version < 0:
		return nil, nil, fmt.Errorf("cannot validate CIB with unknown validate-with %q: write validate-with=%q", with, Newest)
	}
	u := &upgrade{}
	out := u.run(root, version)
	if bad := u.check(root, out); len(bad) > 0 {
		return nil, append(u.remarks, bad...), fmt.Errorf("cannot upgrade configuration (claiming %s schema) to at least %s "+
			"because it does not validate with any schema from %s to the latest", with, Newest, with)
	}
	return out, u.remarks, nil
}

// upgrade is one upgrade on its way.
type upgrade struct {
	remarks []string
	changed bool // an attribute was given another name or value
	ids     map[string]*cib.Element
}

func (u *upgrade) remark(format string, args ...any) {
	u.remarks = append(u.remarks, fmt.Sprintf(format, args...))
}

func (u *upgrade) run(root *cib.Element, version int) *cib.Element {
	before := func(v string) bool { return version < slices.Index(known, v) }
	if before("2.0") {
		root = u.acls(root)
	}
	if before("3.0") && anywhere(root, nil, older30) {
		root = u.to30(root)
	}
	if before("4.0") && anywhere(root, nil, older40) {
		root = u.to40(root)
	}
	if root.Get(cib.AttrValidateWith) != Newest {
		root = root.With(cib.AttrValidateWith, Newest)
	}
	return root
}

// check finds what no schema allows, and what is left of schemas older than the document
// says that it is of.
func (u *upgrade) check(before, after *cib.Element) (bad []string) {
	for _, name := range [...]string{"admin_epoch", "epoch", "num_updates"} {
		if n, err := strconv.ParseUint(before.Get(name), 10, 64); err != nil {
			bad = append(bad, fmt.Sprintf("line %d: cib: %s=%q is not a number: write %s=\"%d\"", before.Line, name, before.Get(name), name, n))
		}
	}
	for _, f := range Validate(after) {
		if f.Level == Error {
			bad = append(bad, f.String())
		}
	}
	anywhere(after, nil, func(e, parent *cib.Element) bool {
		if gone30(e, parent) || older40(e, parent) {
			bad = append(bad, Finding{Error, e.Line, e.Name, e.ID(), "is of an older schema than validate-with says: write validate-with=\"pacemaker-2.10\" or older"}.String())
		}
		return false
	})
	return bad
}

// anywhere reports whether a test holds somewhere in the configuration.
func anywhere(e, parent *cib.Element, test func(e, parent *cib.Element) bool) bool {
	if e.Name == cib.TagStatus {
		return false
	}
	if test(e, parent) {
		return true
	}
	for _, c := range e.Children {
		if anywhere(c, e, test) {
			return true
		}
	}
	return false
}

// rewrite passes every element through a function, children before parents. The function
// gives what stands in the element's place; the element itself means that nothing changes.
// Histories of resources are left alone: nothing in them has ever changed.
func rewrite(e, parent *cib.Element, f func(e, parent *cib.Element) []*cib.Element) []*cib.Element {
	if e.Name == cib.TagLRM {
		return []*cib.Element{e}
	}
	var children []*cib.Element
	changed := false
	for i, c := range e.Children {
		r := rewrite(c, e, f)
		if !changed && (len(r) != 1 || r[0] != c) {
			changed, children = true, slices.Clone(e.Children[:i])
		}
		if changed {
			children = append(children, r...)
		}
	}
	if changed {
		e = e.WithChildren(children...)
	}
	return f(e, parent)
}

// one is rewrite for a document.
func one(root *cib.Element, f func(e, parent *cib.Element) []*cib.Element) *cib.Element {
	return rewrite(root, nil, f)[0]
}

// only is the answer of a rewriting function that puts one element into the place.
func only(e *cib.Element) []*cib.Element { return []*cib.Element{e} }

// nameOf is the name of an element, "" for none.
func nameOf(e *cib.Element) string {
	if e == nil {
		return ""
	}
	return e.Name
}
