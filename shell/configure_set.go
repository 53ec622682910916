package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// runSet is set ID.NAME VALUE, ID.OP.NAME VALUE or ID.OP.INTERVAL.NAME VALUE.
func runSet(_ context.Context, s *Session, args []string) error {
	path := strings.Split(args[0], ".")
	if len(path) < 2 || len(path) > 4 {
		return fmt.Errorf("set %s: want ID.NAME, ID.OPERATION.NAME or ID.OPERATION.INTERVAL.NAME", args[0])
	}
	o, ok := s.draft.Find(path[0])
	if !ok {
		return fmt.Errorf("object %s does not exist", path[0])
	}
	name := path[len(path)-1]
	if len(path) == 2 {
		pairs := pairsNamed(o.Element, name)
		if len(pairs) != 1 {
			return fmt.Errorf("set %s: %s has %d attributes of that name: edit it", args[0], o.ID, len(pairs))
		}
		s.draft.Set(pairs[0], "value", args[1])
		return nil
	}
	if !slices.Contains(language.OpAttributes(), name) {
		return fmt.Errorf("set %s: operations have no attribute %s", args[0], name)
	}
	var ops []*cib.Element
	for op := range o.Element.Child("operations").All("op") {
		if op.Get("name") == path[1] && (len(path) == 3 || op.Get("interval") == path[2]) {
			ops = append(ops, op)
		}
	}
	if len(ops) != 1 {
		return fmt.Errorf("set %s: %s has %d such operations: name the interval, as in %s.%s.10s.%s", args[0], o.ID, len(ops), o.ID, path[1], name)
	}
	s.draft.Set(ops[0], name, args[1])
	return nil
}

// pairsNamed finds pairs of an object by name, not those of members.
func pairsNamed(e *cib.Element, name string) []*cib.Element {
	var out []*cib.Element
	for _, c := range e.Children {
		if language.IsResource(c) {
			continue
		}
		for x := range c.Walk() {
			if x.Name == "nvpair" && x.Get("name") == name {
				out = append(out, x)
			}
		}
	}
	return out
}
