package graph

// Picture is what a transition looks like as a drawing: the actions, and who waits for
// whom.
type Picture struct {
	Dots   []Dot
	Arrows []Arrow
}

// Dot is one action.
type Dot struct {
	Name  string
	Bold  bool   // it is part of the transition
	Color string // green: part of it, red: impossible, blue: not needed
	Font  string // orange: a milestone, purple: of an unmanaged resource, else black
}

// Arrow is "From before To"; Bold when the transition enforces it.
type Arrow struct {
	From, To string
	Bold     bool
}

// DOT prints the picture in the language of Graphviz, in the form that Pacemaker uses.
func (p Picture) DOT() []byte {
	style := func(bold bool) string {
		if bold {
			return "bold"
		}
		return "dashed"
	}
	b := []byte(" digraph \"g\" {\n")
	for _, d := range p.Dots {
		b = append(b, "\""+d.Name+"\" [ style="+style(d.Bold)+" color=\""+d.Color+"\" fontcolor=\""+d.Font+"\"]\n"...)
	}
	for _, a := range p.Arrows {
		b = append(b, "\""+a.From+"\" -> \""+a.To+"\" [ style = "+style(a.Bold)+"]\n"...)
	}
	return append(b, "}\n"...)
}
