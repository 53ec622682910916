package sched

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// RemarkKind says what a remark is about.
type RemarkKind uint8

// The kinds of remarks, each with what crm_simulate needs to print it.
const (
	RemarkNote           RemarkKind = iota // Text only
	RemarkScore                            // Step, Resource, Node, Score: what a placement began with
	RemarkPromotionScore                   // Resource, Node ("": not active), Score
	RemarkCapacity                         // Step ("Original", "Remaining"), Node, Amounts
	RemarkUtilization                      // Step, Resource, Node, Amounts
)

// Remark is one line that crm_simulate -s and -U print, as data. A run makes them in the
// order in which it decides.
type Remark struct {
	Kind           RemarkKind
	Step           string // of the decision, as the original names it
	Resource, Node string
	Score          crm.Score
	Amounts        []Amount // sorted by name
	Text           string
}

// Amount is how much of a capacity there is, or is taken.
type Amount struct {
	Name  string
	Value int
}

// String is the remark as a line of text.
func (r Remark) String() string {
	switch r.Kind {
	case RemarkScore:
		return r.Step + ": " + r.Resource + " allocation score on " + r.Node + ": " + r.Score.String()
	case RemarkPromotionScore:
		where := "(inactive)"
		if r.Node != "" {
			where = "on " + r.Node
		}
		return r.Resource + " promotion score " + where + ": " + r.Score.String()
	case RemarkCapacity:
		return r.Step + ": " + r.Node + " capacity:" + amountText(r.Amounts)
	case RemarkUtilization:
		return r.Step + ": " + r.Resource + " utilization on " + r.Node + ":" + amountText(r.Amounts)
	}
	return r.Text
}

func amountText(list []Amount) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(" " + a.Name + "=" + strconv.Itoa(a.Value))
	}
	return b.String()
}

func amounts(m map[string]int) (list []Amount) {
	for _, k := range sortedKeys(m) {
		list = append(list, Amount{k, m[k]})
	}
	return list
}

// Scores are the remarks that crm_simulate -s prints, as lines.
func (r *Result) Scores() []string { return r.texts(RemarkScore, RemarkPromotionScore) }

// Capacity are the remarks that crm_simulate -U prints, as lines.
func (r *Result) Capacity() []string { return r.texts(RemarkCapacity, RemarkUtilization) }

func (r *Result) texts(kinds ...RemarkKind) (lines []string) {
	for _, m := range r.Remarks {
		if slices.Contains(kinds, m.Kind) {
			lines = append(lines, m.String())
		}
	}
	return lines
}

// note remarks something that crm_simulate prints wherever it comes up.
func (p *plan) note(text string) { p.remarks = append(p.remarks, Remark{Kind: RemarkNote, Text: text}) }
