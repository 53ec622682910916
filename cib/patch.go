package cib

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Patch leads from one document to another. It is what Pacemaker calls a v2 patchset.
type Patch struct {
	Versioned      bool // Source and Target count; else the patch applies to any version
	Source, Target Version
	Changes        []Change
}

// ChangeKind is what a Change does.
type ChangeKind string

// The kinds of changes.
const (
	ChangeCreate ChangeKind = "create" // Element becomes the child of Path at Position
	ChangeModify ChangeKind = "modify" // the attributes at Path become those of Element
	ChangeDelete ChangeKind = "delete" // the element at Path goes
	ChangeMove   ChangeKind = "move"   // the element at Path goes to Position among its siblings
)

// Change is one step of a patch. Positions count from 0 and are those after the change.
type Change struct {
	Kind     ChangeKind
	Path     string // "/cib/configuration/resources/primitive[@id='p1']"
	Position int
	Element  *Element
	Attrs    []AttrChange // modify: what changed, for readers; Element is what counts
}

// AttrChange is one changed attribute; without Set it was removed.
type AttrChange struct {
	Name, Value string
	Set         bool
}

// Empty reports whether the patch changes nothing.
func (p *Patch) Empty() bool { return p == nil || len(p.Changes) == 0 }

func (p *Patch) changesConfiguration() bool {
	const prefix = "/" + TagCIB + "/" + TagConfiguration
	return slices.ContainsFunc(p.Changes, func(c Change) bool {
		return strings.HasPrefix(c.Path, prefix) || (c.Path == "/"+TagCIB && c.Element != nil && c.Element.Name == TagConfiguration)
	})
}

// Touches reports whether the patch changes anything at or below a path, for example
// "/cib/configuration" or "/cib/status".
func (p *Patch) Touches(path string) bool {
	if p == nil {
		return false
	}
	return slices.ContainsFunc(p.Changes, func(c Change) bool {
		rest, ok := strings.CutPrefix(c.Path, path)
		return ok && (rest == "" || rest[0] == '/' || rest[0] == '[')
	})
}

// Element prints the patch as <diff format="2">.
func (p *Patch) Element() *Element {
	d := New(TagDiff, AttrFormat, "2")
	if p.Versioned {
		d.Children = append(d.Children, New(TagVersion).Plus(
			&Element{Name: TagSource, Attrs: p.Source.attrs()}, &Element{Name: TagTarget, Attrs: p.Target.attrs()}))
	}
	for _, c := range p.Changes {
		d.Children = append(d.Children, c.element())
	}
	return d
}

func (c Change) element() *Element {
	e := New(TagChange, AttrOperation, string(c.Kind), AttrPath, c.Path)
	switch c.Kind {
	case ChangeCreate:
		return e.With(AttrPosition, strconv.Itoa(c.Position)).Plus(c.Element)
	case ChangeMove:
		return e.With(AttrPosition, strconv.Itoa(c.Position))
	case ChangeModify:
		list := New(TagChangeList)
		for _, a := range c.Attrs {
			attr := New(TagChangeAttr, AttrName, a.Name, AttrOperation, "unset")
			if a.Set {
				attr = New(TagChangeAttr, AttrName, a.Name, AttrOperation, "set", AttrValue, a.Value)
			}
			list.Children = append(list.Children, attr)
		}
		return e.Plus(list, New(TagChangeResult).Plus(c.Element.WithChildren()))
	}
	return e
}

// ParsePatch reads what Element prints.
func ParsePatch(d *Element) (*Patch, error) {
	if d == nil || d.Name != TagDiff {
		return nil, fmt.Errorf("patch: want a <diff> element")
	}
	if f := d.Get(AttrFormat); f != "2" {
		return nil, fmt.Errorf("patch: format %q is not supported: want format=\"2\"", f)
	}
	p := &Patch{}
	if v := d.Child(TagVersion); v != nil {
		var err, err2 error
		p.Source, err = VersionOf(v.Child(TagSource))
		p.Target, err2 = VersionOf(v.Child(TagTarget))
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("patch: line %d: malformed version", v.Line)
		}
		p.Versioned = p.Source != Version{} || p.Target != Version{}
	}
	for e := range d.All(TagChange) {
		c, err := parseChange(e)
		if err != nil {
			return nil, fmt.Errorf("patch: line %d: %w", e.Line, err)
		}
		p.Changes = append(p.Changes, c)
	}
	return p, nil
}

func parseChange(e *Element) (Change, error) {
	c := Change{Kind: ChangeKind(e.Get(AttrOperation)), Path: e.Get(AttrPath)}
	if _, err := parsePath(c.Path); err != nil {
		return c, err
	}
	if c.Kind == ChangeCreate || c.Kind == ChangeMove {
		n, err := strconv.Atoi(e.Get(AttrPosition))
		if err != nil {
			return c, fmt.Errorf("%s %s: position %q is not a number", c.Kind, c.Path, e.Get(AttrPosition))
		}
		c.Position = n
	}
	switch c.Kind {
	case ChangeCreate:
		if len(e.Children) != 1 {
			return c, fmt.Errorf("create %s: want one element, found %d", c.Path, len(e.Children))
		}
		c.Element = e.Children[0]
	case ChangeModify:
		result := e.Child(TagChangeResult)
		if result == nil || len(result.Children) != 1 {
			return c, fmt.Errorf("modify %s: want one element in <change-result>", c.Path)
		}
		c.Element = result.Children[0]
		for a := range e.Child(TagChangeList).All(TagChangeAttr) {
			c.Attrs = append(c.Attrs, AttrChange{a.Get(AttrName), a.Get(AttrValue), a.Get(AttrOperation) == "set"})
		}
	case ChangeDelete, ChangeMove:
	default:
		return c, fmt.Errorf("unknown operation %q: want create, modify, delete or move", c.Kind)
	}
	return c, nil
}

// parsePath splits "/cib/a/b[@id='x']" into its steps.
func parsePath(path string) ([]childKey, error) {
	var steps []childKey
	for rest := path; rest != ""; {
		if rest[0] != '/' {
			return nil, fmt.Errorf("path %q: want '/' before %q", path, rest)
		}
		rest = rest[1:]
		end := strings.IndexAny(rest, "/[")
		if end < 0 {
			end = len(rest)
		}
		step := childKey{name: rest[:end]}
		if rest = rest[end:]; rest != "" && rest[0] == '[' {
			body, ok := strings.CutPrefix(rest, "[@id='")
			close := strings.Index(body, "']")
			if !ok || close < 0 {
				return nil, fmt.Errorf("path %q: want [@id='...'] at %q", path, rest)
			}
			step.id, rest = body[:close], body[close+2:]
		}
		if step.name == "" {
			return nil, fmt.Errorf("path %q has an empty step", path)
		}
		steps = append(steps, step)
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("path is empty")
	}
	return steps, nil
}

// ApplyPatch applies p; a patch with versions must start at the version of s (103) and
// sets its target version, one without is counted like any change.
func (s *Snapshot) ApplyPatch(p *Patch) (*Snapshot, error) {
	next, _, err := s.Apply(Command{Ops: []Op{{Kind: ApplyDiff, Data: p.Element()}}})
	return next, err
}

// PatchElement applies p to any document, without looking at versions.
func PatchElement(root *Element, p *Patch) (*Element, error) {
	ed := newEditor(root)
	if err := ed.patch(p); err != nil {
		return nil, err
	}
	return ed.root, nil
}

func (ed *editor) applyDiff(d *Element) (versioned bool, err error) {
	p, err := ParsePatch(d)
	if err != nil {
		return false, refuse(ExitDataErr, "%v", err)
	}
	if p.Versioned {
		have, err := VersionOf(ed.root)
		if err != nil {
			return false, refuse(ExitConfig, "%v", err)
		}
		if have != p.Source {
			return false, refuse(ExitOld, "the patch is for version %s, the CIB is at %s", p.Source, have)
		}
	}
	if err := ed.patch(p); err != nil {
		return false, refuse(ExitOld, "the patch does not fit: %v", err)
	}
	return p.Versioned, nil
}

// patch deletes and modifies first, then takes out what moves, then puts everything at
// its position, lowest first: positions are those of the finished document.
func (ed *editor) patch(p *Patch) error {
	type put struct {
		parent   string
		position int
		e        *Element
	}
	var puts []put
	for _, c := range p.Changes {
		switch c.Kind {
		case ChangeDelete:
			l, err := ed.resolve(c.Path)
			if err != nil {
				return err
			}
			if len(l) == 0 {
				return fmt.Errorf("the root element cannot be deleted")
			}
			ed.remove(l)
		case ChangeModify:
			l, err := ed.resolve(c.Path)
			if err != nil {
				return err
			}
			ed.take(l).Attrs = slices.Clone(c.Element.Attrs)
		case ChangeCreate:
			puts = append(puts, put{c.Path, c.Position, c.Element})
		}
	}
	// The deepest first, so that what moves within something that moves is found.
	var moves []Change
	for _, c := range p.Changes {
		if c.Kind == ChangeMove {
			moves = append(moves, c)
		}
	}
	slices.SortStableFunc(moves, func(a, b Change) int { return pathDepth(b.Path) - pathDepth(a.Path) })
	for _, c := range moves {
		l, err := ed.resolve(c.Path)
		if err != nil {
			return err
		}
		if len(l) == 0 {
			return fmt.Errorf("the root element cannot be moved")
		}
		puts = append(puts, put{parentPath(c.Path), c.Position, ed.remove(l)})
	}
	slices.SortStableFunc(puts, func(a, b put) int {
		return cmp.Or(pathDepth(a.parent)-pathDepth(b.parent), a.position-b.position)
	})
	for _, x := range puts {
		l, err := ed.resolve(x.parent)
		if err != nil {
			return err
		}
		ed.insert(l, x.position, x.e)
	}
	return nil
}

func pathDepth(path string) int {
	steps, _ := parsePath(path)
	return len(steps)
}

// parentPath cuts the last step off a path.
func parentPath(path string) string {
	if i := strings.LastIndex(path, "/"); i > 0 && !strings.Contains(path[i:], "']") {
		return path[:i]
	}
	quoted := strings.LastIndex(path, "[@id='")
	if quoted < 0 {
		return path
	}
	return path[:strings.LastIndexByte(path[:quoted], '/')]
}

// resolve finds the element a path names.
func (ed *editor) resolve(path string) (location, error) {
	steps, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	match := func(e *Element, k childKey) bool { return e.Name == k.name && (k.id == "" || e.ID() == k.id) }
	if !match(ed.root, steps[0]) {
		return nil, fmt.Errorf("%s: the document's root is <%s>", path, ed.root.Name)
	}
	l, e := location{}, ed.root
	for _, k := range steps[1:] {
		i := slices.IndexFunc(e.Children, func(c *Element) bool { return match(c, k) })
		if i < 0 {
			return nil, fmt.Errorf("%s is not there", path)
		}
		l, e = append(l, i), e.Children[i]
	}
	return l, nil
}
