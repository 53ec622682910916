package daemon

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// property gives a cluster property as written, "" when it is not set: of several sets
// the first of the highest score.
func property(snap *cib.Snapshot, name string) (value string) {
	best := -crm.Infinity - 1
	for set := range snap.Section(cib.TagCRMConfig).All(cib.TagPropertySet) {
		score, err := crm.ParseScore(set.Get(cib.AttrScore))
		if err != nil {
			score = 0
		}
		if nv := set.ChildWith(cib.TagNvpair, cib.AttrName, name); nv != nil && score > best {
			best, value = score, nv.Get(cib.AttrValue)
		}
	}
	return value
}

func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "y", "1":
		return true
	}
	return false
}
