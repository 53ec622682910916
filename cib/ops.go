package cib

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// OpKind is what an operation does; the meanings are cibadmin's.
type OpKind string

// The operations.
const (
	Create    OpKind = "create"     // add Data below the section; refuse (108) what is there
	Modify    OpKind = "modify"     // find Data's element and merge into it
	Delete    OpKind = "delete"     // remove the first match; nothing to remove is no error
	DeleteAll OpKind = "delete-all" // remove every match of an XPath
	Replace   OpKind = "replace"    // put Data in the place of its element, or of the whole CIB
	ApplyDiff OpKind = "patch"      // Data is a v2 <diff>
	Erase     OpKind = "erase"      // empty every section
	Upgrade   OpKind = "upgrade"    // to the newest schema
	Bump      OpKind = "bump"       // count the epoch
)

// Op is one change of the CIB.
type Op struct {
	Kind        OpKind
	Scope       string   // a section; "", "all" and "cib": the whole document
	XPath       string   // instead of Scope
	Data        *Element // nil for erase, upgrade, bump and for deletion by XPath
	AllowCreate bool     // modify: create what is missing
	Force       bool     // delete by XPath: every match
}

// Command is a list of operations that are done together or not at all.
type Command struct {
	ID        string       // of the request; the same ID is applied once. "" is never remembered
	Origin    crm.NodeName // for update-origin
	Client    string       // for update-client
	User      string       // for update-user
	Ops       []Op
	IfVersion *Version  // refuse (103) unless the CIB is at it
	Now       time.Time // for cib-last-written; zero leaves the book-keeping attributes alone
}

// Apply does the command to s. The patch leads from s to next; when nothing changed,
// next is s and the patch is empty. The error is an *OpError, and s stays as it is.
//
// A change of the configuration counts the epoch and sets num_updates to 0; any other
// change counts num_updates. A patch that carries versions sets its target version.
func (s *Snapshot) Apply(c Command) (next *Snapshot, p *Patch, err error) {
	if c.IfVersion != nil && *c.IfVersion != s.version {
		return nil, nil, refuse(ExitOld, "the CIB is at version %s, not %s", s.version, *c.IfVersion)
	}
	ed := newEditor(s.root)
	counted := false
	for _, op := range c.Ops {
		versioned, err := ed.apply(op)
		if err != nil {
			return nil, nil, err
		}
		counted = counted || versioned
	}
	return s.finish(ed, c, counted)
}

// finish counts the version of what the editor made of s, keeps the books, and compares.
func (s *Snapshot) finish(ed *editor, c Command, counted bool) (*Snapshot, *Patch, error) {
	if ed.root == s.root {
		return s, &Patch{Source: s.version, Target: s.version, Versioned: true}, nil
	}
	p := &Patch{Source: s.version, Versioned: true}
	p.compareChildren("/"+TagCIB, s.root, ed.root)
	if len(p.Changes) == 0 && sameAttrs(s.root, ed.root) {
		p.Target = s.version
		return s, p, nil
	}
	v, err := VersionOf(ed.root)
	if err != nil {
		return nil, nil, refuse(ExitConfig, "%v", err)
	}
	config := p.changesConfiguration()
	switch {
	case counted:
	case config:
		v.Epoch, v.NumUpdates = v.Epoch+1, 0
	default:
		v.NumUpdates++
	}
	if v.AdminEpoch < s.version.AdminEpoch || (v.AdminEpoch == s.version.AdminEpoch && v.Epoch < s.version.Epoch) {
		return nil, nil, refuse(ExitOld, "the change would take the CIB from version %s back to %s", s.version, v)
	}
	for _, a := range v.attrs() {
		if old, ok := ed.root.Lookup(a.Name); !ok || old != a.Value {
			ed.set(nil, a.Name, a.Value)
		}
	}
	if config && !c.Now.IsZero() {
		ed.set(nil, AttrLastWritten, c.Now.Format(timeLayout))
		ed.set(nil, AttrUpdateOrigin, string(c.Origin))
		ed.set(nil, AttrUpdateClient, c.Client)
		ed.set(nil, AttrUpdateUser, c.User)
	}
	next, err := s.withRoot(ed.root)
	if err != nil {
		return nil, nil, refuse(ExitConfig, "%v", err)
	}
	p.Target = next.version
	p.compareAttrs("/"+TagCIB, s.root, next.root)
	p.order()
	return next, p, nil
}

// apply does one operation; versioned is true when it set the version itself.
func (ed *editor) apply(op Op) (versioned bool, err error) {
	needsData := op.Kind == Create || op.Kind == Modify || op.Kind == Replace || op.Kind == ApplyDiff || (op.Kind == Delete && op.XPath == "")
	if needsData && op.Data == nil {
		return false, refuse(ExitSoftware, "%s: no XML given", op.Kind)
	}
	if op.XPath != "" && op.Kind != ApplyDiff {
		return false, ed.applyXPath(op)
	}
	switch op.Kind {
	case Create:
		return false, ed.create(op)
	case Modify:
		return false, ed.modify(op)
	case Delete:
		return false, ed.delete(op)
	case DeleteAll:
		return false, refuse(ExitUsage, "delete-all: say which elements with --xpath")
	case Replace:
		return false, ed.replaceOp(op)
	case ApplyDiff:
		return ed.applyDiff(op.Data)
	case Erase:
		return false, ed.erase()
	case Upgrade:
		return false, ed.upgrade()
	case Bump:
		ed.set(nil, AttrEpoch, counted(ed.root.Get(AttrEpoch), "epoch++", AttrEpoch))
		return false, nil
	}
	return false, refuse(ExitUsage, "unknown operation %q: want create, modify, delete, delete-all, replace, patch, erase, upgrade or bump", op.Kind)
}

func (ed *editor) create(op Op) error {
	if path, ok := sectionPath(op.Scope); (ok && path == nil) || op.Data.Name == TagCIB {
		return ed.modify(op)
	}
	at, ok := ed.section(op.Scope)
	if !ok {
		e := refuse(ExitSoftware, "create: there is no section %s: use modify with --allow-create", op.Scope)
		e.Data = New(TagFailed).Plus(failedUpdate(op.Data, "Invalid argument"))
		return e
	}
	list := []*Element{op.Data}
	if op.Data.Name == ed.at(at).Name {
		list = op.Data.Children
	}
	failed := New(TagFailed)
	var first *Element
	for _, e := range list {
		section := ed.at(at)
		if slices.ContainsFunc(section.Children, func(c *Element) bool { return keyOf(c) == keyOf(e) }) {
			failed = failed.Plus(failedUpdate(e, "File exists"))
			if first == nil {
				first = e
			}
			continue
		}
		ed.insert(at, -1, resolved(e))
	}
	if first != nil {
		e := refuse(ExitExists, "%s is in section %s already", describe(first), op.Scope)
		e.Data = failed
		return e
	}
	return nil
}

func failedUpdate(e *Element, reason string) *Element {
	return New(TagFailedUpdate, AttrID, e.ID(), "object_type", e.Name, AttrOperation, "cib_create", "reason", reason).Plus(e)
}

func (ed *editor) modify(op Op) error {
	data := op.Data
	if op.Scope != "" && data.Name == TagCIB {
		if part, ok := newEditor(data).section(op.Scope); ok {
			data = newEditor(data).at(part)
		}
	}
	at, ok := ed.section(op.Scope)
	if !ok {
		path, known := sectionPath(op.Scope)
		if !known {
			return refuse(ExitSoftware, "modify: there is no section called %q", op.Scope)
		}
		parent, _ := ed.section(TagConfiguration)
		ed.insert(parent, -1, New(path[len(path)-1]))
		at, _ = ed.section(op.Scope)
	}
	if l, ok := ed.find(at, sameElement(data)); ok {
		ed.merge(l, data)
		return nil
	}
	if !op.AllowCreate {
		return refuse(ExitNoSuch, "%s is not in the CIB: create it first, or use --allow-create", describe(data))
	}
	ed.insert(at, -1, resolved(data))
	return nil
}

// sameElement matches elements of the name and id of e.
func sameElement(e *Element) func(*Element) bool {
	k := keyOf(e)
	return func(c *Element) bool { return c.Name == k.name && c.ID() == k.id }
}

// merge gives the element at l what update has: attributes, and children recursively.
// A child is the one of the same name and id, or of the same name when update's has no id.
func (ed *editor) merge(l location, update *Element) {
	for _, a := range update.Attrs {
		ed.set(l, a.Name, counted(ed.at(l).Get(a.Name), a.Value, a.Name))
	}
	if update.Text != "" && ed.at(l).Text != update.Text {
		ed.take(l).Text = update.Text
	}
	for _, c := range update.Children {
		id := c.ID()
		i := slices.IndexFunc(ed.at(l).Children, func(o *Element) bool { return o.Name == c.Name && (id == "" || o.ID() == id) })
		if i < 0 {
			ed.insert(l, -1, resolved(c))
			continue
		}
		ed.merge(append(slices.Clone(l), i), c)
	}
}

// counted resolves "NAME++" and "NAME+=N", where NAME is the attribute's own name,
// against its present value; any other text stands for itself. Values are scores and
// saturate.
func counted(present, text, name string) string {
	rest, ok := strings.CutPrefix(text, name)
	if !ok || !strings.HasPrefix(rest, "+") {
		return text
	}
	add := crm.Score(1)
	if rest != "++" {
		n, isAdd := strings.CutPrefix(rest, "+=")
		score, err := crm.ParseScore(n)
		if !isAdd || err != nil {
			return text
		}
		add = score
	}
	base, err := crm.ParseScore(present)
	if err != nil {
		base = 0
	}
	return strconv.Itoa(int(base.Add(add)))
}

// resolved returns e with what counted would make of its attributes when there is no
// present value.
func resolved(e *Element) *Element {
	changed := false
	c := *e
	for i, a := range e.Attrs {
		if v := counted("", a.Value, a.Name); v != a.Value {
			if !changed {
				c.Attrs, changed = slices.Clone(e.Attrs), true
			}
			c.Attrs[i].Value = v
		}
	}
	copied := false
	for i, child := range e.Children {
		if r := resolved(child); r != child {
			if !copied {
				c.Children, copied = slices.Clone(e.Children), true
			}
			c.Children[i] = r
		}
	}
	if changed || copied {
		return &c
	}
	return e
}

func (ed *editor) delete(op Op) error {
	at, ok := ed.section(op.Scope)
	if !ok {
		return nil
	}
	list := []*Element{op.Data}
	if ed.at(at).Name == op.Data.Name {
		list = op.Data.Children
	}
	for _, e := range list {
		if l, ok := ed.find(at, described(e)); ok && len(l) > len(at) {
			ed.remove(l)
		}
	}
	return nil
}

// described matches elements of the name of e that have all its attributes.
func described(e *Element) func(*Element) bool {
	return func(c *Element) bool {
		if c.Name != e.Name {
			return false
		}
		for _, a := range e.Attrs {
			if v, ok := c.Lookup(a.Name); !ok || v != a.Value {
				return false
			}
		}
		return true
	}
}

func (ed *editor) replaceOp(op Op) error {
	if op.Data.Name == TagCIB {
		return ed.replaceAll(op)
	}
	scope := op.Scope
	if op.Data.Name == scope {
		scope = ""
	}
	at, ok := ed.section(scope)
	if ok {
		id := op.Data.ID()
		l, found := ed.find(at, func(c *Element) bool { return c.Name == op.Data.Name && (id == "" || c.ID() == id) })
		if found && len(l) > 0 {
			ed.replace(l, op.Data)
			return nil
		}
	}
	return refuse(ExitNoSuch, "%s is not in the CIB: there is nothing to replace", describe(op.Data))
}

// replaceAll puts a whole document, or one section of it, in place. A whole document
// must not be older than the present one.
func (ed *editor) replaceAll(op Op) error {
	if path, ok := sectionPath(op.Scope); ok && path != nil {
		from := newEditor(op.Data)
		part, ok := from.section(op.Scope)
		at, there := ed.section(op.Scope)
		if !ok || !there {
			return refuse(ExitNoSuch, "replace: there is no section %s", op.Scope)
		}
		ed.replace(at, from.at(part))
		return nil
	}
	have, err := VersionOf(ed.root)
	if err != nil {
		return refuse(ExitConfig, "%v", err)
	}
	want, err := VersionOf(op.Data)
	if err != nil {
		return refuse(ExitConfig, "%v", err)
	}
	if want.Less(have) {
		return refuse(ExitOld, "the replacement is version %s, older than the CIB's %s", want, have)
	}
	ed.root = op.Data
	return nil
}

func (ed *editor) erase() error {
	fresh := Empty(time.Time{}).Root()
	for _, a := range ed.root.Attrs {
		fresh = fresh.With(a.Name, a.Value)
	}
	ed.root = fresh.With(AttrAdminEpoch, counted(fresh.Get(AttrAdminEpoch), "admin_epoch++", AttrAdminEpoch))
	return nil
}

// upgrade brings validate-with to the newest schema we know. Nothing in the documents of
// Pacemaker 1.1 and later needs another shape for it; older ones are refused.
func (ed *editor) upgrade() error {
	present := ed.root.Get(AttrValidateWith)
	number, ok := strings.CutPrefix(present, "pacemaker-")
	if !ok && present != "" && present != "none" {
		return refuse(ExitConfig, "validate-with=%q cannot be upgraded: want pacemaker-N.M", present)
	}
	if major, minor, _ := strings.Cut(number, "."); ok && (major > "3" || (major == "3" && len(minor) > 1)) {
		return nil // newer than ours: leave it
	}
	ed.set(nil, AttrValidateWith, ValidateWith)
	return nil
}
