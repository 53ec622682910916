package cib

// XML prints the element and all below it, indented by two spaces a level, with a
// newline at the end, the way pacemaker's tools do.
func (e *Element) XML() []byte { return e.AppendXML(nil, 0) }

// AppendXML appends what XML prints to dst; the element itself is indented by indent
// spaces.
func (e *Element) AppendXML(dst []byte, indent int) []byte {
	if e == nil {
		return dst
	}
	dst = e.appendTag(appendSpaces(dst, indent))
	if len(e.Children) == 0 && e.Text == "" {
		return append(dst, "/>\n"...)
	}
	dst = append(dst, '>')
	dst = appendEscaped(dst, e.Text, false)
	if len(e.Children) > 0 {
		dst = append(dst, '\n')
		for _, c := range e.Children {
			dst = c.AppendXML(dst, indent+2)
		}
		dst = appendSpaces(dst, indent)
	}
	dst = append(append(dst, "</"...), e.Name...)
	return append(dst, ">\n"...)
}

// AppendCompact appends the element without any white space between tags: the form
// that is hashed and sent.
func (e *Element) AppendCompact(dst []byte) []byte {
	if e == nil {
		return dst
	}
	dst = e.appendTag(dst)
	if len(e.Children) == 0 && e.Text == "" {
		return append(dst, "/>"...)
	}
	dst = append(dst, '>')
	dst = appendEscaped(dst, e.Text, false)
	for _, c := range e.Children {
		dst = c.AppendCompact(dst)
	}
	dst = append(append(dst, "</"...), e.Name...)
	return append(dst, '>')
}

func (e *Element) appendTag(dst []byte) []byte {
	dst = append(append(dst, '<'), e.Name...)
	for _, a := range e.Attrs {
		dst = append(append(append(dst, ' '), a.Name...), `="`...)
		dst = append(appendEscaped(dst, a.Value, true), '"')
	}
	return dst
}

func appendSpaces(dst []byte, n int) []byte {
	const spaces = "                                "
	for ; n > len(spaces); n -= len(spaces) {
		dst = append(dst, spaces...)
	}
	return append(dst, spaces[:n]...)
}
