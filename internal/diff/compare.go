package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// Kind is what two outputs differ in.
type Kind string

// The kinds of differences, those that explain others first. The first four are about the
// run as a whole.
const (
	OurCrash   Kind = "our-crash" // we do not answer
	OurRefusal Kind = "our-refusal"
	Aborted    Kind = "aborted"  // the reference does not answer; no difference
	Rejected   Kind = "rejected" // the reference rejects the input; no difference

	Status    Kind = "status"    // what is running where
	Injection Kind = "injection" // what was made to happen
	Scores    Kind = "scores"
	Summary   Kind = "summary" // what shall happen
	Dot       Kind = "dot"
	Graph     Kind = "graph" // what shall happen, in every detail
	Execution Kind = "execution"
	Revised   Kind = "revised"   // the status afterwards
	Saved     Kind = "saved"     // the status section afterwards
	Messages  Kind = "messages"  // standard error
	RawGraph  Kind = "raw-graph" // the same graph with other numbers or in another order: counted, no difference
)

// Difference is one of them, with the first lines that differ.
type Difference struct {
	Kind      Kind
	Got, Want string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s\n   got: %s\n  want: %s", d.Kind, d.Got, d.Want)
}

// Compare lists the kinds in which ours differs from the reference's.
func Compare(ours, ref Output) []Difference {
	switch {
	case ours.Crash != "":
		return []Difference{{OurCrash, ours.Crash, fmt.Sprint("exit code ", ref.Code)}}
	case ref.Crash != "" || !expectedCode(ref.Code):
		return []Difference{{Aborted, fmt.Sprint("exit code ", ours.Code), ref.Crash + " " + firstLine(ref.Stderr)}}
	case ref.Code != 0 && ref.Code != 1:
		return []Difference{{Rejected, fmt.Sprint("exit code ", ours.Code), fmt.Sprintf("exit code %d: %s", ref.Code, firstLine(ref.Stderr))}}
	case ours.Code != ref.Code:
		return []Difference{{OurRefusal, fmt.Sprintf("exit code %d: %s", ours.Code, firstLine(ours.Stderr)), fmt.Sprint("exit code ", ref.Code)}}
	}
	ours.Graph = sameTick(ours.Graph, ref.Graph)
	var out []Difference
	check := func(kind Kind, got, want []string) {
		if g, w, differ := firstDifference(got, want); differ {
			out = append(out, Difference{kind, g, w})
		}
	}
	g, w := sections(ours.Stdout), sections(ref.Stdout)
	for _, kind := range []Kind{Status, Injection, Scores, Summary} {
		check(kind, g[kind], w[kind])
	}
	check(Dot, picture(ours.Dot), picture(ref.Dot))
	check(Graph, GraphLines(ours.Graph), GraphLines(ref.Graph))
	check(Execution, g[Execution], w[Execution])
	check(Revised, g[Revised], w[Revised])
	check(Saved, savedStatus(ours.Saved), savedStatus(ref.Saved))
	check(Messages, messages(ours.Stderr), messages(ref.Stderr))
	if len(out) == 0 {
		check(RawGraph, lines(varying.ReplaceAllString(ours.Graph, "")), lines(varying.ReplaceAllString(ref.Graph, "")))
	}
	return out
}

// sameTick gives our graph the other's recheck-by when they are seconds apart: an
// injected failure happens when the program runs.
func sameTick(ours, ref string) string {
	a, b := recheck.FindString(ours), recheck.FindString(ref)
	if len(a) != len(b) || a == b {
		return ours
	}
	var x, y int64
	_, _ = fmt.Sscanf(a, "recheck-by=\"%d\"", &x)
	_, _ = fmt.Sscanf(b, "recheck-by=\"%d\"", &y)
	if x-y > 60 || y-x > 60 {
		return ours
	}
	return strings.Replace(ours, a, b, 1)
}

// expectedCode says whether a program of the field exits so on purpose.
func expectedCode(code int) bool { return code >= 0 && code < 128 && code != 70 }

// Counts reports whether a difference is one to mend.
func (k Kind) Counts() bool { return k != Aborted && k != Rejected && k != RawGraph && k != Messages }

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// lines are the lines of a text that are not blank; white space does not count.
func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// titles begin the sections of the report.
var titles = []struct {
	prefix string
	kind   Kind
}{
	{"Performing Requested Modifications", Injection}, {"Assignment Scores", Scores}, {"Utilization Information", Scores},
	{"Transition Summary", Summary}, {"Executing Cluster Transition", Execution}, {"Revised Cluster Status", Revised},
}

// sections takes a report apart. The order of score lines does not count.
func sections(text string) map[Kind][]string {
	out, now := map[Kind][]string{}, Status
	for _, l := range lines(text) {
		for _, t := range titles {
			if strings.HasPrefix(l, t.prefix) && strings.HasSuffix(l, ":") {
				now = t.kind
			}
		}
		out[now] = append(out[now], ticked.ReplaceAllString(l, "$1"))
	}
	slices.Sort(out[Scores])
	return out
}

// firstDifference shows the first lines that differ.
func firstDifference(got, want []string) (g, w string, differ bool) {
	for i := range max(len(got), len(want)) {
		g, w = "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			return g, w, true
		}
	}
	return "", "", false
}

var (
	recheck = regexp.MustCompile(`recheck-by="[0-9]+"`)
	varying = regexp.MustCompile(`crm_feature_set="[^"]*"|batch-limit="[0-9]*"`)
	assert  = regexp.MustCompile(`at [a-z_]+\.c:[0-9]+`)
)

// picture is a DOT file; the order of its lines does not count.
func picture(text string) []string {
	out := lines(text)
	slices.Sort(out)
	return slices.Compact(out)
}

// GraphLines is a transition graph (its XML) without its numbers: a line for its head, and
// one for each action with what it waits for. Two graphs that mean the same have the same.
func GraphLines(text string) []string {
	root, err := cib.Parse([]byte(varying.ReplaceAllString(text, "")))
	if err != nil {
		return []string{"not a graph: " + err.Error()}
	}
	out := []string{attributes(root)}
	for s := range root.All("synapse") {
		var inputs []string
		for t := range s.Child("inputs").All("trigger") {
			for _, a := range t.Children {
				inputs = append(inputs, describe(a, false))
			}
		}
		slices.Sort(inputs)
		text := ""
		if set := s.Child("action_set"); set != nil && len(set.Children) > 0 {
			text = describe(set.Children[0], true)
		}
		out = append(out, text+" priority="+s.Get("priority")+" after ["+strings.Join(inputs, "; ")+"]")
	}
	slices.Sort(out[1:])
	return out
}

// describe is an action without its number; whole tells everything, else what names it.
func describe(a *cib.Element, whole bool) string {
	text := a.Name + " " + a.Get("operation_key") + " on " + a.Get("on_node")
	if !whole {
		return text
	}
	text += " " + attributes(a)
	for _, c := range a.Children {
		text += " " + c.Name + "{" + attributes(c)
		for _, e := range c.Children {
			text += " " + e.Name + "(" + attributes(e) + ")"
		}
		text += "}"
	}
	return text
}

// attributes lists an element's attributes but its number, by name.
func attributes(e *cib.Element) string {
	var out []string
	for _, a := range e.Attrs {
		if a.Name != "id" || e.Name == "primitive" || e.Name == "node" {
			out = append(out, a.Name+"="+a.Value)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// ticked is the time of an injected failure: the wall clock's.
var ticked = regexp.MustCompile(`^(\* Injecting attribute last-failure-[^=]*=)[0-9]+`)

// stamped are attributes that a program takes from the wall clock or from itself.
var stamped = regexp.MustCompile(`last-rc-change=[0-9]+|last-run=[0-9]+|crm_feature_set=[^ ]*|call-id=[^ ]*|crm-debug-origin=[^ ]*|name=last-failure-.*`)

// savedStatus is the status section of a CIB, a line for each element.
func savedStatus(text string) []string {
	root, err := cib.Parse([]byte(text))
	if err != nil {
		return []string{"not a CIB: " + err.Error()}
	}
	var out []string
	if status := root.Child("status"); status != nil {
		for e := range status.Walk() {
			id := e.ID()
			if e.Name == "lrm" || e.Name == "nvpair" || e.Name == "instance_attributes" || e.Name == "transient_attributes" {
				id = "" // nobody refers to these
			}
			out = append(out, stamped.ReplaceAllString(e.Name+" "+id+" "+attributes(e), ""))
		}
	}
	return out
}

// messages are the lines of standard error; where in a source file does not count.
func messages(text string) []string { return lines(assert.ReplaceAllString(text, "")) }
