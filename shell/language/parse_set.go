package language

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// keyword maps a word of the language to the element that it begins.
type keyword struct{ word, element string }

// terminators end a list of name=value words.
func terminator(word string) bool {
	switch strings.ToLower(word) {
	case "params", "meta", "utilization", "operations", "op", "op_params", "op_meta", "rule", "attributes":
		return true
	}
	return false
}

// parseSet reads property, rsc_defaults and op_defaults.
func parseSet(r *reader) (Parsed, error) {
	element, kind := "meta_attributes", metaNames
	switch r.words[0] {
	case "property":
		element, kind = "cluster_property_set", propertyNames
	case "op_defaults":
		kind = opNames
	}
	e := &cib.Element{Name: element}
	if id, ok := r.leadingID(); ok {
		set(e, "id", id)
	} else if err := r.idSpec(e); err != nil {
		return Parsed{}, err
	}
	if err := r.rules(e); err != nil {
		return Parsed{}, err
	}
	if err := r.pairs(e, kind, false); err != nil {
		return Parsed{}, err
	}
	return Parsed{Name: e.ID(), Element: e}, nil
}

// leadingID takes `$id=ID` or `ID:` at the beginning of node, property and defaults.
func (r *reader) leadingID() (string, bool) {
	w := r.peek()
	if id, ok := cutFold(w, "$id="); ok {
		r.at++
		return id, true
	}
	if id, ok := strings.CutSuffix(w, ":"); ok && id != "" && !strings.ContainsAny(id, ":=") {
		r.at++
		return id, true
	}
	return "", false
}

// idSpec takes $id=ID or $id-ref=ID when one is next.
func (r *reader) idSpec(e *cib.Element) error {
	if ref, ok := cutFold(r.peek(), "$id-ref="); ok {
		set(e, "id-ref", ref)
		r.at++
	} else if id, ok := cutFold(r.peek(), "$id="); ok {
		if !ValidID(id) {
			return r.fail("%q cannot be an id", id)
		}
		set(e, "id", id)
		r.at++
	}
	return nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return "", false
}

// sets reads any number of `params ...`, `meta ...` and so on into e. The first set may
// come without its word: then it is the implicit one.
func (r *reader) sets(e *cib.Element, words []keyword, implicit string, stop ...string) error {
	first := true
	for !r.done() {
		k, ok := r.keyword(words)
		if !ok {
			if !first || implicit == "" || terminator(r.peek()) {
				return nil
			}
			k = keyword{implicit, elementOf(words, implicit)}
		}
		list := &cib.Element{Name: k.element}
		before := r.at
		if err := r.attributeList(list, kindOf(k.word), stop...); err != nil {
			return err
		}
		if !ok && r.at == before {
			return nil // nothing that could be a pair: the caller complains
		}
		if len(list.Attrs)+len(list.Children) > 0 || ok {
			add(e, list)
		}
		first = false
	}
	return nil
}

func (r *reader) keyword(words []keyword) (keyword, bool) {
	for _, k := range words {
		if _, ok := r.accept(k.word); ok {
			return k, true
		}
	}
	return keyword{}, false
}

func elementOf(words []keyword, word string) string {
	for _, k := range words {
		if k.word == word {
			return k.element
		}
	}
	return ""
}

// attributeList reads [$id=ID] [SCORE:] [rule ...] NAME=VALUE ... | $id-ref=ID.
func (r *reader) attributeList(e *cib.Element, kind nameKind, stop ...string) error {
	if err := r.idSpec(e); err != nil {
		return err
	}
	if _, ref := e.Lookup("id-ref"); ref {
		return nil
	}
	if s, ok := strings.CutSuffix(r.peek(), ":"); ok && s != "" && !strings.ContainsAny(s, "=:") {
		r.at++
		set(e, "score", longScore(s))
	}
	if err := r.rules(e); err != nil {
		return err
	}
	return r.pairs(e, kind, true, stop...)
}

// pairs reads NAME=VALUE words, and bare names when allowed, up to a terminator.
func (r *reader) pairs(e *cib.Element, kind nameKind, bare bool, stop ...string) error {
	for !r.done() && !terminator(r.peek()) && !isOneOf(r.peek(), stop) {
		nv, ok, err := r.pair(kind, bare)
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if nv != nil {
			add(e, nv)
		}
	}
	return nil
}

func isOneOf(word string, list []string) bool {
	for _, w := range list {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// pair reads NAME=VALUE, $ID:NAME=VALUE, @IDREF[:NAME] or a bare NAME. A nil element
// with ok means that the pair was dropped with a note.
func (r *reader) pair(kind nameKind, bare bool) (nv *cib.Element, ok bool, err error) {
	w := r.peek()
	nv = &cib.Element{Name: "nvpair"}
	if ref, is := strings.CutPrefix(w, "@"); is && ref != "" {
		id, name, _ := strings.Cut(ref, ":")
		set(nv, "id-ref", id)
		set(nv, "name", name)
		r.at++
		return nv, true, nil
	}
	name, value, has := strings.Cut(w, "=")
	if !has && (!bare || strings.Contains(w, ":")) || name == "" {
		return nil, false, nil
	}
	if own, is := strings.CutPrefix(name, "$"); is {
		id, rest, _ := strings.Cut(own, ":")
		if rest == "" {
			rest = id
		}
		set(nv, "id", id)
		name = rest
	}
	if has && value == "" && !bare {
		return nil, false, r.fail("empty value for %s is not allowed", name)
	}
	r.at++
	name, value, keep, err := r.normalize(kind, name, value)
	if err != nil || !keep {
		return nil, err == nil, err
	}
	nv.Attrs = append(nv.Attrs, cib.Attr{Name: "name", Value: name})
	if has {
		nv.Attrs = append(nv.Attrs, cib.Attr{Name: "value", Value: value})
	}
	return nv, true, nil
}
