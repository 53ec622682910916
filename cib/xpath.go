package cib

import (
	"fmt"
	"slices"
	"strings"

	"github.com/antchfx/xpath"
)

// Match is an element that an XPath expression selects. Attributes are not elements: one
// that is selected stands for the element that has it, as with cibadmin.
type Match struct {
	Element *Element
	Path    string // "/cib/configuration/resources/primitive[@id='p1']"
	at      location
}

// XPath returns the elements an expression selects, each once, in document order.
// Expressions that give a number, a text or a truth value are refused.
func (s *Snapshot) XPath(expr string) ([]*Element, error) {
	matches, err := Select(s.root, expr)
	if err != nil {
		return nil, err
	}
	list := make([]*Element, len(matches))
	for i, m := range matches {
		list[i] = m.Element
	}
	return list, nil
}

// Select is XPath on any tree.
func Select(root *Element, expr string) (list []Match, err error) {
	defer func() { // the library panics on some malformed expressions
		if r := recover(); r != nil {
			list, err = nil, fmt.Errorf("XPath %q: %v", expr, r)
		}
	}()
	compiled, err := xpath.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("XPath %q: %w", expr, err)
	}
	nodes, ok := compiled.Evaluate(&navigator{root: root, attr: -1}).(*xpath.NodeIterator)
	if !ok {
		return nil, fmt.Errorf("XPath %q selects no elements", expr)
	}
	seen := map[*Element]bool{}
	for nodes.MoveNext() {
		n := nodes.Current().(*navigator)
		e := n.element()
		if e == nil {
			e = root
		}
		if !seen[e] {
			seen[e] = true
			m := Match{Element: e, Path: n.path()}
			for _, step := range n.stack[min(1, len(n.stack)):] {
				m.at = append(m.at, step.index)
			}
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Match) int { return slices.Compare(a.at, b.at) })
	return list, nil
}

// navigator walks the tree for the XPath library. Elements do not know their parents, so
// it carries the way down. An empty stack is the document node above the root.
type navigator struct {
	root  *Element
	stack []navStep
	attr  int  // index of the attribute it stands on, -1: none
	text  bool // it stands on the text of the element
}

type navStep struct {
	e     *Element
	index int // among the parent's children
}

func (n *navigator) element() *Element {
	if len(n.stack) == 0 {
		return nil
	}
	return n.stack[len(n.stack)-1].e
}

func (n *navigator) path() string {
	var b strings.Builder
	for _, s := range n.stack {
		b.WriteString(pathStep(s.e))
	}
	return b.String()
}

// pathStep is one step of the paths that patches use.
func pathStep(e *Element) string {
	if id := e.ID(); id != "" {
		return "/" + e.Name + "[@id='" + id + "']"
	}
	return "/" + e.Name
}

func (n *navigator) NodeType() xpath.NodeType {
	switch {
	case n.attr >= 0:
		return xpath.AttributeNode
	case n.text:
		return xpath.TextNode
	case len(n.stack) == 0:
		return xpath.RootNode
	}
	return xpath.ElementNode
}

func (n *navigator) LocalName() string {
	switch e := n.element(); {
	case e == nil || n.text:
		return ""
	case n.attr >= 0:
		return e.Attrs[n.attr].Name
	default:
		return e.Name
	}
}

func (n *navigator) Prefix() string { return "" }

func (n *navigator) Value() string {
	e := n.element()
	if e == nil {
		e = n.root
	}
	switch {
	case n.attr >= 0:
		return e.Attrs[n.attr].Value
	case n.text:
		return e.Text
	}
	var b strings.Builder
	for d := range e.Walk() {
		b.WriteString(d.Text)
	}
	return b.String()
}

func (n *navigator) Copy() xpath.NodeNavigator {
	c := *n
	c.stack = slices.Clone(n.stack)
	return &c
}

func (n *navigator) MoveToRoot() { n.stack, n.attr, n.text = n.stack[:0], -1, false }

func (n *navigator) MoveToParent() bool {
	switch {
	case n.attr >= 0 || n.text:
		n.attr, n.text = -1, false
		return true
	case len(n.stack) == 0:
		return false
	}
	n.stack = n.stack[:len(n.stack)-1]
	return true
}

func (n *navigator) MoveToNextAttribute() bool {
	if e := n.element(); e == nil || n.text || n.attr+1 >= len(e.Attrs) {
		return false
	}
	n.attr++
	return true
}

func (n *navigator) MoveToChild() bool {
	if n.attr >= 0 || n.text {
		return false
	}
	e := n.element()
	switch {
	case e == nil:
		n.stack = append(n.stack, navStep{n.root, 0})
	case e.Text != "":
		n.text = true
	case len(e.Children) > 0:
		n.stack = append(n.stack, navStep{e.Children[0], 0})
	default:
		return false
	}
	return true
}

func (n *navigator) MoveToFirst() bool {
	if n.attr >= 0 || n.text || len(n.stack) < 2 {
		return false
	}
	if n.stack[len(n.stack)-2].e.Text != "" {
		n.stack, n.text = n.stack[:len(n.stack)-1], true
		return true
	}
	return n.moveTo(0)
}

func (n *navigator) MoveToNext() bool {
	switch {
	case n.attr >= 0:
		return false
	case n.text:
		e := n.element()
		if len(e.Children) == 0 {
			return false
		}
		n.text = false
		n.stack = append(n.stack, navStep{e.Children[0], 0})
		return true
	case len(n.stack) < 2:
		return false
	}
	return n.moveTo(n.stack[len(n.stack)-1].index + 1)
}

func (n *navigator) MoveToPrevious() bool {
	if n.attr >= 0 || n.text || len(n.stack) < 2 {
		return false
	}
	i := n.stack[len(n.stack)-1].index - 1
	if i < 0 && n.stack[len(n.stack)-2].e.Text != "" {
		n.stack, n.text = n.stack[:len(n.stack)-1], true
		return true
	}
	return n.moveTo(i)
}

// moveTo goes to the sibling of that index.
func (n *navigator) moveTo(i int) bool {
	siblings := n.stack[len(n.stack)-2].e.Children
	if i < 0 || i >= len(siblings) {
		return false
	}
	n.stack[len(n.stack)-1] = navStep{siblings[i], i}
	return true
}

func (n *navigator) MoveTo(other xpath.NodeNavigator) bool {
	o, ok := other.(*navigator)
	if !ok || o.root != n.root {
		return false
	}
	n.stack, n.attr, n.text = append(n.stack[:0], o.stack...), o.attr, o.text
	return true
}

// applyXPath does an operation to what an expression selects.
func (ed *editor) applyXPath(op Op) error {
	matches, err := Select(ed.root, op.XPath)
	if err != nil {
		return refuse(ExitNoSuch, "%v", err)
	}
	deletes := op.Kind == Delete || op.Kind == DeleteAll
	if len(matches) == 0 {
		if deletes {
			return nil
		}
		return refuse(ExitNoSuch, "XPath %q selects nothing", op.XPath)
	}
	if op.Kind != DeleteAll {
		matches = matches[:1]
	}
	for _, m := range slices.Backward(matches) { // backward: earlier locations stay right
		if err := ed.applyAt(op, m); err != nil {
			return err
		}
	}
	return nil
}

func (ed *editor) applyAt(op Op, m Match) error {
	switch op.Kind {
	case Create:
		ed.insert(m.at, -1, resolved(op.Data))
	case Modify:
		l, ok := ed.find(m.at, sameElement(op.Data))
		if !ok {
			return refuse(ExitNoSuch, "%s is not at or below %s", describe(op.Data), m.Path)
		}
		ed.merge(l, op.Data)
	case Replace:
		ed.replace(m.at, op.Data)
	case Delete, DeleteAll:
		if len(m.at) == 0 {
			return refuse(ExitInvalidParam, "the <cib> element itself cannot be deleted: use erase")
		}
		ed.remove(m.at)
	default:
		return refuse(ExitUsage, "%s does not work with an XPath", op.Kind)
	}
	return nil
}
