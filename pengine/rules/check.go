package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// Check names what is wrong with the conditions of a rule, nested rules left out: what
// cannot be understood does not hold, and InForce is silent about it.
func Check(rule *cib.Element, now time.Time) (problems []string) {
	wrong := func(e *cib.Element, text string) {
		problems = append(problems, e.Name+" "+e.ID()+": "+text+"; it counts as not holding")
	}
	for _, c := range rule.Children {
		switch c.Name {
		case "rule":
			if ref := c.Get("id-ref"); ref != "" && ref == rule.ID() {
				problems = append(problems, "rule "+ref+" refers to itself; the reference counts as not holding")
			}
		case "date_expression":
			checkDate(c, now, wrong)
		case "expression":
			if op := c.Get("operation"); !slices.Contains(attributeOperations, strings.ToLower(op)) {
				wrong(c, "operation '"+op+"' is none of "+strings.Join(attributeOperations, ", "))
			} else if _, ok := c.Lookup("attribute"); !ok {
				wrong(c, "no attribute is named")
			}
		case "op_expression":
			if text := c.Get("interval"); text != "" {
				if _, ok := ParseInterval(text); !ok {
					wrong(c, "interval '"+text+"' is none")
				}
			}
		case "rsc_expression":
		default:
			wrong(c, "a rule cannot have this condition")
		}
	}
	return problems
}

var attributeOperations = []string{"defined", "not_defined", "eq", "ne", "lt", "lte", "gt", "gte"}

// specFields are the attributes of a date_spec.
var specFields = []string{"years", "months", "monthdays", "hours", "minutes", "seconds", "yeardays", "weekyears", "weeks", "weekdays"}

func checkDate(e *cib.Element, now time.Time, wrong func(*cib.Element, string)) {
	in := &Input{Now: now}
	for _, name := range []string{"start", "end"} {
		if t, ok := dateAttr(e, name, in); t != nil && !ok {
			wrong(e, name+" '"+e.Get(name)+"' is no date")
		}
	}
	if spec := e.Child("date_spec"); spec != nil {
		for _, name := range specFields {
			text, given := spec.Lookup(name)
			lowText, highText, _ := strings.Cut(text, "-")
			_, ok1 := limit(lowText)
			_, ok2 := limit(highText)
			if given && (!ok1 || !ok2 || lowText == "" && highText == "") {
				wrong(e, name+" '"+text+"' is no range of numbers")
			}
		}
	}
	if d := e.Child("duration"); d != nil {
		if _, ok := addDuration(now, d); !ok {
			wrong(e, "its duration has an attribute that is no number, or no id")
		}
	}
	switch op := strings.ToLower(e.Get("operation")); op {
	case "", "in_range", "gt", "lt", "date_spec":
	default:
		wrong(e, "operation '"+op+"' is none of in_range, gt, lt, date_spec")
	}
}
