package explain

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func label(n *state.Node) string {
	if n == nil {
		return "no node"
	}
	return n.Label()
}

func rscName(r *state.Resource) string {
	if r == nil {
		return "another resource"
	}
	return string(r.PrintableID())
}

// taskNouns are what people call what an action does.
var taskNouns = map[string]string{
	"start": "start", "running": "start", "stop": "stop", "stopped": "stop", "promote": "promotion", "promoted": "promotion",
	"demote": "demotion", "demoted": "demotion", "migrate_to": "migration", "migrate_from": "migration",
	"reload-agent": "reload", "monitor": "monitor", "notify": "notification", "notified": "notification",
	"stonith": "fencing", "do_shutdown": "shutdown", "delete": "deletion of the history", "lrm_delete": "deletion of the history",
	"clear_failcount": "clearing of failures", "cancel": "end of a monitor",
}

func taskNoun(task string) string {
	if noun, ok := taskNouns[task]; ok {
		return noun
	}
	return strings.ReplaceAll(task, "_", " ")
}

func interval(ms int) string { return report.Interval(time.Duration(ms) * time.Millisecond) }

// setOn says on which element a meta-attribute of a resource is set: " (set on group g)",
// or "" when it is the resource itself.
func (k *Case) setOn(id, name string) string {
	r := k.find(id)
	for each := r; each != nil; each = each.Parent {
		if hasMeta(each.Orig, name) {
			if each == r {
				return ""
			}
			return " (set on " + string(each.XMLID) + ")"
		}
	}
	if r != nil {
		return " (by a template or rsc_defaults)"
	}
	return ""
}

func hasMeta(e *cib.Element, name string) bool {
	if e == nil {
		return false
	}
	for block := range e.All("meta_attributes") {
		if block.ChildWith("nvpair", "name", name) != nil {
			return true
		}
	}
	return false
}

func (k *Case) ticketWords(id string) string {
	t := k.c.Tickets[id]
	switch {
	case t == nil || !t.Granted:
		return "not granted"
	case t.Standby:
		return "in standby"
	}
	return "granted"
}

// join puts words together: "a", "a and b", "a, b and c".
func join(list []string) string {
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
