package cib

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Snapshot is one state of the CIB. It never changes and may be read by any number of
// goroutines.
type Snapshot struct {
	root    *Element
	version Version
	ids     *index // of the configuration
}

// NewSnapshot checks that root has the shape of a CIB: its name, its version, and no
// section twice. Mandatory sections that are missing are added empty; nothing else is
// changed. Whether the content is valid is the business of package schemas.
func NewSnapshot(root *Element) (*Snapshot, error) {
	if root == nil {
		return nil, errors.New("CIB: empty document")
	}
	if root.Name != TagCIB {
		return nil, fmt.Errorf("CIB: line %d: the document is a <%s>, want <cib>", root.Line, root.Name)
	}
	version, err := VersionOf(root)
	if err != nil {
		return nil, err
	}
	if root, err = completed(root); err != nil {
		return nil, err
	}
	return &Snapshot{root, version, (*index)(nil).reindex(nil, root.Child(TagConfiguration))}, nil
}

// completed returns the root with every mandatory section.
func completed(root *Element) (*Element, error) {
	root, err := complete(root, TagConfiguration, TagStatus)
	if err != nil {
		return nil, err
	}
	for i, c := range root.Children {
		if c.Name != TagConfiguration {
			continue
		}
		full, err := complete(c, TagCRMConfig, TagNodes, TagResources, TagConstraints)
		if err != nil {
			return nil, err
		}
		if full != c {
			children := append([]*Element(nil), root.Children...)
			children[i] = full
			root = root.WithChildren(children...)
		}
	}
	return root, nil
}

// complete returns e with the named children, each added when missing; one that is
// there twice is an error.
func complete(e *Element, names ...string) (*Element, error) {
	seen := map[string]bool{}
	for _, c := range e.Children {
		if seen[c.Name] {
			return nil, fmt.Errorf("CIB: line %d: section <%s> is there twice", c.Line, c.Name)
		}
		seen[c.Name] = true
	}
	for _, n := range names {
		if !seen[n] {
			e = e.Plus(New(n))
		}
	}
	return e, nil
}

// ParseSnapshot reads a CIB from text.
func ParseSnapshot(data []byte) (*Snapshot, error) {
	root, err := Parse(data)
	if err != nil {
		return nil, err
	}
	return NewSnapshot(root)
}

// Empty makes a fresh CIB: all versions 0, the mandatory sections, nothing in them. A
// zero now leaves cib-last-written out.
func Empty(now time.Time) *Snapshot {
	root := New(TagCIB, AttrFeatureSet, FeatureSet, AttrValidateWith, ValidateWith, AttrEpoch, "0", AttrNumUpdates, "0", AttrAdminEpoch, "0")
	if !now.IsZero() {
		root = root.With(AttrLastWritten, now.Format(timeLayout))
	}
	s, err := NewSnapshot(root)
	if err != nil {
		panic("cib: an empty CIB is refused: " + err.Error())
	}
	return s
}

// timeLayout is how cib-last-written is written.
const timeLayout = "Mon Jan _2 15:04:05 2006"

// withRoot makes the snapshot that follows s, whose tree shares with s what is unchanged.
func (s *Snapshot) withRoot(root *Element) (*Snapshot, error) {
	if root.Name != TagCIB {
		return nil, fmt.Errorf("CIB: the document became a <%s>", root.Name)
	}
	version, err := VersionOf(root)
	if err != nil {
		return nil, err
	}
	if root, err = completed(root); err != nil {
		return nil, err
	}
	return &Snapshot{root, version, s.ids.reindex(s.root.Child(TagConfiguration), root.Child(TagConfiguration))}, nil
}

// Root returns the cib element.
func (s *Snapshot) Root() *Element { return s.root }

// Version returns the version the root carries.
func (s *Snapshot) Version() Version { return s.version }

// Section returns a section by its name (crm_config, resources, status, ...), nil when
// there is none; "", "all" and "cib" give the root.
func (s *Snapshot) Section(name string) *Element {
	path, ok := sectionPath(name)
	if !ok {
		return nil
	}
	e := s.root
	for _, step := range path {
		e = e.Child(step)
	}
	return e
}

// Configured returns the element of the configuration with that id, nil when there is
// none. Elements that only refer to others (resource_ref, obj_ref, role) are not meant.
// In an invalid document, where several elements share an id, it is one of them.
func (s *Snapshot) Configured(id string) *Element { return s.ids.get(id) }

// IDShared reports whether several elements of the configuration have that id.
func (s *Snapshot) IDShared(id string) bool {
	_, shared := s.ids.lookup(id)
	return shared
}

// ByID returns the element with that id: one of the configuration, else the first of
// the status section in document order, else nil. The configuration is indexed; the
// status section, where ids repeat for every node, is searched.
func (s *Snapshot) ByID(id string) *Element {
	if id == "" {
		return nil
	}
	if e := s.ids.get(id); e != nil {
		return e
	}
	for e := range s.Section(TagStatus).Walk() {
		if e.ID() == id {
			return e
		}
	}
	return nil
}

// XML prints the whole document.
func (s *Snapshot) XML() []byte { return s.root.XML() }

// Property returns the value of a cluster property and whether it is set. The property
// set with the id cib-bootstrap-options comes first, then the others in document order;
// rules are not looked at.
func (s *Snapshot) Property(name string) (string, bool) {
	var value string
	found := false
	for set := range s.Section(TagCRMConfig).All(TagPropertySet) {
		first := set.ID() == "cib-bootstrap-options"
		if found && !first {
			continue
		}
		if nv := set.ChildWith(TagNvpair, AttrName, name); nv != nil {
			value, found = nv.Get(AttrValue), true
			if first {
				break
			}
		}
	}
	return value, found
}

// Digest is the MD5 of the document as Pacemaker computes it for files on disk
// (cibadmin --md5-sum).
func (s *Snapshot) Digest() string { return Digest(s.root) }

// Digest is the MD5 of an element in Pacemaker's on-disk form: a blank, the text without
// white space between tags, a newline.
func Digest(e *Element) string {
	buf := append(e.AppendCompact([]byte{' '}), '\n')
	sum := md5.Sum(buf)
	return hex.EncodeToString(sum[:])
}

// DigestVersioned is the MD5 of what is not book-keeping (cibadmin --md5-sum-versioned):
// the text without white space between tags, without the attributes that change by
// themselves.
func DigestVersioned(e *Element) string {
	sum := md5.Sum(withoutVolatile(e).AppendCompact(nil))
	return hex.EncodeToString(sum[:])
}

// withoutVolatile drops what Pacemaker filters from the digests it sends, at any depth.
func withoutVolatile(e *Element) *Element {
	c := *e
	c.Attrs, c.Children = nil, nil
	for _, a := range e.Attrs {
		switch a.Name {
		case AttrUpdateOrigin, AttrUpdateClient, AttrUpdateUser, AttrLastWritten, "crm-debug-origin":
		default:
			c.Attrs = append(c.Attrs, a)
		}
	}
	for _, child := range e.Children {
		c.Children = append(c.Children, withoutVolatile(child))
	}
	return &c
}
