package diff

import (
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// ruleUse is where a rule stands: not every expression is sensible everywhere.
type ruleUse int

const (
	ruleNodes ruleUse = iota // node attributes and dates
	ruleLocation
	ruleDates
	ruleResources
	ruleOperations
)

// rule makes a rule; scored says that it carries a score of its own.
func (g *grower) rule(use ruleUse, scored bool) *cib.Element {
	return g.ruleAt(use, scored, 0)
}

func (g *grower) ruleAt(use ruleUse, scored bool, depth int) *cib.Element {
	r := cib.New("rule", "id", g.id("rule"))
	if scored {
		if g.chance(12) {
			set(r, "score-attribute", g.one("cpu", "rack", "nothing"))
		} else {
			set(r, "score", g.score())
		}
		if g.chance(12) {
			set(r, "role", g.role("Promoted", "Unpromoted", "Started"))
		}
	} else if g.major < 4 || use != ruleNodes {
		set(r, "score", "INFINITY")
		if g.chance(30) && g.schema > "3.0" {
			unset(r, "score")
		}
	}
	if g.chance(50) {
		set(r, "boolean-op", g.one("and", "or"))
	}
	for range g.between(1, 3) {
		add(r, g.expression(use, depth))
	}
	return r
}

func (g *grower) expression(use ruleUse, depth int) *cib.Element {
	if depth < 2 && g.chance(15) {
		r := g.ruleAt(use, false, depth+1)
		return r
	}
	dates := pick(g.about["dates"], 60, 10)
	switch {
	case use == ruleDates || g.chance(dates):
		return g.dateExpression()
	case use == ruleResources || use == ruleOperations && g.chance(50):
		e := cib.New("rsc_expression", "id", g.id("expr"), "type", g.one("Dummy", "Stateful"))
		if g.chance(30) {
			set(e, "class", g.one("ocf", "lsb"))
		}
		if g.chance(20) {
			set(e, "provider", g.one("pacemaker", "heartbeat"))
		}
		return e
	case use == ruleOperations:
		e := cib.New("op_expression", "id", g.id("expr"), "name", g.one("monitor", "start", "stop"))
		if g.chance(30) {
			set(e, "interval", g.one("10s", "0", "10"))
		}
		return e
	}
	attr := g.one("#uname", "#id", "#kind", "#is_dc", "#cluster-name", "#site-name", "#ra-version", "site", "rack", "cpu", "standby", "kind")
	op := g.one("lt", "gt", "lte", "gte", "eq", "eq", "ne", "defined", "not_defined")
	e := cib.New("expression", "id", g.id("expr"), "attribute", attr, "operation", op)
	if op != "defined" && op != "not_defined" {
		set(e, "value", g.one(append(g.nodes, "a", "b", "1", "2", "4", "cluster", "remote", "container", "true", "1.10", "x")...))
		if attr == "#uname" && g.chance(70) {
			set(e, "value", g.one(g.nodes...))
		}
		if g.chance(50) {
			kind := g.one("string", "number", "version")
			if g.schema > "3.4" || g.schema == "3.10" {
				kind = g.one("string", "integer", "number", "version")
			}
			set(e, "type", kind)
		}
		if use == ruleLocation && g.chance(15) && g.schema > "2.8" {
			set(e, "value-source", g.one("param", "meta", "literal"))
			set(e, "value", g.one("state", "fake", "priority", "target-role"))
		}
	}
	return e
}

func (g *grower) date() string {
	t := caseTime.Add(time.Duration(g.between(-30*24, 30*24)) * time.Hour)
	switch g.upTo(6) {
	case 0:
		return t.Format("2006-01-02")
	case 1:
		return t.Format("20060102T150405Z")
	case 2:
		y, w := t.ISOWeek()
		return strconv.Itoa(y) + "-W" + twoDigits(w) + "-" + strconv.Itoa((int(t.Weekday())+6)%7+1)
	case 3:
		return strconv.Itoa(t.Year()) + "-" + threeDigits(t.YearDay())
	case 4:
		return t.Format("2006-01-02T15:04:05") + g.one("+02:00", "-05:00", "Z", "")
	default:
		return t.Format("2006-01-02 15:04:05Z")
	}
}

func twoDigits(n int) string   { return strconv.Itoa(100 + n)[1:] }
func threeDigits(n int) string { return strconv.Itoa(1000 + n)[1:] }

func (g *grower) dateExpression() *cib.Element {
	e := cib.New("date_expression", "id", g.id("date"))
	switch g.upTo(4) {
	case 0:
		set(e, "operation", "gt")
		set(e, "start", g.date())
	case 1:
		set(e, "operation", "lt")
		set(e, "end", g.date())
	case 2:
		set(e, "operation", "in_range")
		if g.chance(80) {
			set(e, "start", g.date())
		}
		if e.Get("start") == "" || g.chance(50) {
			set(e, "end", g.date())
		} else {
			d := add(e, cib.New("duration", "id", g.id("dur")))
			for _, unit := range g.some(g.between(1, 3), []string{"hours", "months", "weeks", "years", "days", "minutes", "seconds"}) {
				if g.schema >= "3.5" || g.schema == "3.10" || unit == "hours" || unit == "months" || unit == "weeks" || unit == "years" {
					set(d, unit, g.one("1", "2", "5", "12", "40"))
				}
			}
		}
	default:
		set(e, "operation", "date_spec")
		d := add(e, cib.New("date_spec", "id", g.id("spec")))
		for _, unit := range g.some(g.between(1, 3), []string{"hours", "monthdays", "weekdays", "months", "weeks", "years", "weekyears", "yeardays", "minutes", "seconds"}) {
			if (unit == "yeardays" || unit == "minutes" || unit == "seconds") && g.schema < "3.5" && g.schema != "3.10" {
				continue
			}
			set(d, unit, g.dateRange(unit))
		}
	}
	return e
}

// dateRange is a range that, mostly, is near the time of the case.
func (g *grower) dateRange(unit string) string {
	limits := map[string][2]int{"hours": {0, 23}, "monthdays": {1, 31}, "weekdays": {1, 7}, "months": {1, 12}, "weeks": {1, 53},
		"years": {2024, 2028}, "weekyears": {2024, 2028}, "yeardays": {1, 366}, "minutes": {0, 59}, "seconds": {0, 59}}
	l := limits[unit]
	a, b := g.between(l[0], l[1]), g.between(l[0], l[1])
	if a > b && g.chance(90) {
		a, b = b, a
	}
	switch g.upTo(6) {
	case 0:
		return strconv.Itoa(a)
	case 1:
		return strconv.Itoa(a) + "-"
	case 2:
		if g.chance(30) {
			return "-" + strconv.Itoa(b)
		}
	}
	return strconv.Itoa(a) + "-" + strconv.Itoa(b)
}
