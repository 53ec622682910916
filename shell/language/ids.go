package language

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// FillIDs gives an element that was just parsed, and everything in it, the ids that
// are missing: those of the element that it replaces where a part is still the same
// (old may be nil), else new ones in crmsh's manner: vip-instance_attributes-ip,
// vip-monitor-5s, l-rule. An id that is used already gets -0, -1 ... behind it.
// Ids that were given are added to used.
func FillIDs(e, old *cib.Element, used map[string]bool) {
	f := idFiller{used, map[*cib.Element]bool{}}
	f.fill(e, old, firstPrefix(e))
}

type idFiller struct {
	used  map[string]bool
	taken map[*cib.Element]bool // parts of the old element that were matched
}

// firstPrefix is what an id begins with when not even the outermost element has one.
func firstPrefix(e *cib.Element) string {
	if e.Name == "fencing-topology" {
		return "fencing"
	}
	return e.Name
}

func (f idFiller) fill(e, old *cib.Element, prefix string) {
	if needsID(e) {
		f.give(e, old, prefix)
	} else if id := e.ID(); id != "" && !isReference(e) {
		f.used[id] = true
	}
	switch {
	case e.Name == "node" && e.Get("uname") != "":
		prefix = e.Get("uname")
	case e.ID() != "":
		prefix = e.ID()
	}
	for i, c := range e.Children {
		if isReference(c) {
			continue
		}
		f.fill(c, f.match(c, old, i), prefix)
	}
}

func (f idFiller) give(e, old *cib.Element, prefix string) {
	id := e.ID()
	if id == "" {
		id = old.ID()
	}
	if id == "" && e.Name == "node" {
		id = e.Get("uname")
	}
	if id == "" {
		id = f.free(newID(e, prefix))
	}
	f.used[id] = true
	set(e, "id", id)
}

func newID(e *cib.Element, prefix string) string {
	if strings.Trim(prefix, "0123456789") == "" && e.Name != "node" {
		prefix = "num-" + prefix
	}
	switch e.Name {
	case "nvpair":
		return prefix + "-" + e.Get("name")
	case "op":
		if interval := e.Get("interval"); interval != "" {
			return prefix + "-" + e.Get("name") + "-" + interval
		}
		return prefix + "-" + e.Get("name")
	case "expression", "date_expression":
		return prefix + "-expression"
	case "instance_attributes", "meta_attributes", "utilization", "rule", "duration", "date_spec":
		return prefix + "-" + e.Name
	}
	return prefix
}

func (f idFiller) free(id string) string {
	id = cleanID(id)
	if !f.used[id] {
		return id
	}
	for n := 0; ; n++ {
		if try := id + "-" + strconv.Itoa(n); !f.used[try] {
			return try
		}
	}
}

// cleanID replaces what an id must not hold: attribute names may have such characters.
func cleanID(id string) string {
	if ValidID(id) {
		return id
	}
	clean := strings.Map(func(r rune) rune {
		if ValidID("_" + string(r)) {
			return r
		}
		return '_'
	}, id)
	if !ValidID(clean) {
		clean = "_" + clean
	}
	return clean
}

// needsID is false for elements that have none in the schema or refer to another.
func needsID(e *cib.Element) bool {
	if _, ref := e.Lookup("id-ref"); ref || isReference(e) {
		return false
	}
	switch e.Name {
	case "operations", "fencing-topology", "docker", "podman", "rkt", "network", "storage",
		"select", "select_attributes", "select_fencing", "select_nodes", "select_resources":
		return false
	}
	return true
}

func isReference(e *cib.Element) bool { return e.Name == "resource_ref" || e.Name == "obj_ref" }

// match finds the part of the old element that c continues: the same name, and the
// same key where such parts have one.
func (f idFiller) match(c, old *cib.Element, _ int) *cib.Element {
	if old == nil {
		return nil
	}
	for o := range old.All(c.Name) {
		if !f.taken[o] && sameKey(c, o) {
			f.taken[o] = true
			return o
		}
	}
	return nil
}

func sameKey(a, b *cib.Element) bool {
	if id := a.ID(); id != "" {
		return id == b.ID()
	}
	if a.Get("id-ref") != b.Get("id-ref") {
		return false
	}
	for _, name := range keysOf(a.Name) {
		if a.Get(name) != b.Get(name) {
			return false
		}
	}
	return true
}

func keysOf(element string) []string {
	switch element {
	case "nvpair":
		return []string{"name"}
	case "op":
		return []string{"name", "interval", "role"}
	case "expression":
		return []string{"attribute", "operation", "type", "value"}
	case "date_expression":
		return []string{"operation"}
	case "fencing-level":
		return []string{"target", "target-pattern", "target-attribute", "target-value", "index"}
	case "port-mapping":
		return []string{"port", "range"}
	case "storage-mapping":
		return []string{"target-dir"}
	}
	return nil
}
