package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Unpack adds the pairs of parent's blocks of that name (meta_attributes ...) to values,
// blocks with a higher score first, and among equals the later one first; a name that has
// a value keeps it. Blocks whose rule does not hold are left out. first is the id of a block that goes before all others, or
// "". It returns when to look again, zero for never.
func Unpack(parent *cib.Element, name, first string, in *Input, values map[string]string) time.Time {
	if parent == nil {
		return time.Time{}
	}
	var buf [4]*cib.Element
	blocks := buf[:0]
	for b := range parent.All(name) {
		if b = in.Deref(b); b != nil {
			blocks = append(blocks, b)
		}
	}
	if len(blocks) > 1 {
		slices.Reverse(blocks)
		slices.SortStableFunc(blocks, func(a, b *cib.Element) int {
			switch {
			case first != "" && a.ID() == first && b.ID() != first:
				return -1
			case first != "" && b.ID() == first && a.ID() != first:
				return 1
			}
			return int(blockScore(b)) - int(blockScore(a))
		})
	}
	v := verdict{}
	for _, b := range blocks {
		if rule := b.Child("rule"); rule != nil && !v.rule(rule, in) {
			continue
		}
		addPairs(b, in, values)
	}
	return v.until
}

func blockScore(b *cib.Element) crm.Score {
	s, _ := crm.ParseScore(b.Get("score"))
	return s
}

func addPairs(block *cib.Element, in *Input, values map[string]string) {
	if inner := block.Child("attributes"); inner != nil {
		block = inner
	}
	for _, pair := range block.Children {
		if pair.Name != "nvpair" {
			continue
		}
		if pair = in.Deref(pair); pair == nil {
			continue
		}
		key, ok1 := pair.Lookup("name")
		value, ok2 := pair.Lookup("value")
		if !ok1 || !ok2 {
			continue
		}
		if strings.EqualFold(value, "#default") {
			delete(values, key)
		} else if _, have := values[key]; !have {
			values[key] = value
		}
	}
}
