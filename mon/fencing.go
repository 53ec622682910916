package mon

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

// fenceTime is how displays write when a request for fencing ended.
const fenceTime = "2006-01-02 15:04:05Z07:00"

// NewestFirst orders a fence history as displays show it: open requests, then closed
// ones by their end, the last one first.
func NewestFirst(events []fencing.Event) []fencing.Event {
	list := slices.Clone(events)
	slices.SortStableFunc(list, func(a, b fencing.Event) int {
		switch {
		case a.Open() != b.Open():
			return map[bool]int{true: -1, false: 1}[a.Open()]
		case a.Open():
			return b.Requested.Compare(a.Requested)
		}
		return b.Completed.Compare(a.Completed)
	})
	return list
}

// Reduced keeps of each kind of closed request only the last: of the successes of an
// action on a target, and of its failures by each node. The list is NewestFirst.
func Reduced(events []fencing.Event) (list []fencing.Event) {
	for _, e := range events {
		same := func(x fencing.Event) bool {
			return sameNode(x.Target, e.Target) && x.Action == e.Action && x.State == e.State &&
				(e.State == fencing.Success || sameNode(x.Delegate, e.Delegate))
		}
		if e.Open() || !slices.ContainsFunc(list, same) {
			list = append(list, e)
		}
	}
	return list
}

func sameNode(a, b crm.NodeName) bool { return strings.EqualFold(string(a), string(b)) }

// FenceText describes a request as the classic tools do. all is the list it is from,
// NewestFirst. Full leaves out that it is the last of its kind; technical is the form of
// stonith_admin and crm_mon -R.
func FenceText(e fencing.Event, all []fencing.Event, full, technical bool) string {
	text := actionText(e.Action) + " of " + string(e.Target)
	by := e.Delegate
	if e.Open() {
		by = ""
	}
	if !technical {
		if by != "" {
			text += " by " + string(by)
		}
		text += " for " + e.Client + "@" + string(e.Origin)
		if !full {
			text += " last"
		}
	}
	text += " " + stateText(e.State)
	if e.State == fencing.Failed && e.ExitReason != "" {
		text += " (" + e.ExitReason + ")"
	}
	ended := ""
	if !e.Open() {
		ended = e.Completed.Local().Format(fenceTime)
	}
	switch {
	case technical:
		text += technicalText(e, by, ended, full)
	case ended != "":
		text += " at " + ended
	}
	if later := laterSuccess(e, all); later != "" {
		text += " (a later attempt from " + later + " succeeded)"
	}
	return text
}

func technicalText(e fencing.Event, by crm.NodeName, ended string, full bool) string {
	text := ": "
	if by != "" {
		text += "delegate=" + string(by) + ", "
	}
	text += "client=" + e.Client + ", origin=" + string(e.Origin)
	if ended == "" {
		return text
	}
	word := "completed"
	if !full {
		word = map[fencing.State]string{fencing.Failed: "last-failed", fencing.Success: "last-successful"}[e.State]
	}
	return text + ", " + word + "='" + ended + "'"
}

func actionText(a fencing.Action) string {
	switch a {
	case fencing.On:
		return "unfencing"
	case fencing.Off:
		return "turning off"
	case "":
		return "fencing"
	}
	return string(a)
}

func stateText(s fencing.State) string {
	switch s {
	case fencing.Failed:
		return "failed"
	case fencing.Success:
		return "successful"
	}
	return "pending"
}

// laterSuccess names the node that did later what failed, "" when none did.
func laterSuccess(e fencing.Event, all []fencing.Event) string {
	if e.State != fencing.Failed {
		return ""
	}
	other := ""
	for _, x := range all {
		if x.State != fencing.Success || !sameNode(x.Target, e.Target) || x.Action != e.Action || !x.Completed.After(e.Completed) {
			continue
		}
		if e.Delegate == "" || sameNode(x.Delegate, e.Delegate) {
			return string(x.Delegate)
		}
		if other == "" {
			if other = string(x.Delegate); other == "" {
				other = "some node"
			}
		}
	}
	return other
}

// FenceElement is a request in the XML of the classic tools.
func FenceElement(e fencing.Event) *cib.Element {
	x := cib.New("fence_event", "action", string(e.Action), "target", string(e.Target), "client", e.Client, "origin", string(e.Origin))
	add := func(name, value string) {
		if value != "" {
			x.Attrs = append(x.Attrs, cib.Attr{Name: name, Value: value})
		}
	}
	add("status", string(e.State))
	switch {
	case e.Open():
		add("extended-status", strconv.Itoa(extendedStatus(e)))
		return x
	case e.State == fencing.Failed:
		add("exit-reason", e.ExitReason)
	}
	add("delegate", string(e.Delegate))
	add("completed", e.Completed.Local().Format(fenceTime))
	return x
}

// extendedStatus is the number by which the original tells a request that waits (0) from
// one that a device works on (1).
func extendedStatus(e fencing.Event) int {
	if e.Attempts > 0 && !e.Next.IsZero() {
		return 0
	}
	return 1
}

// fenceSections fills in what the options want of a fence history, with its texts.
func (o *Options) fenceSections(v View, show *report.Options) (s report.Fencing) {
	all := NewestFirst(v.Fencing)
	list := slices.DeleteFunc(slices.Clone(all), func(e fencing.Event) bool { return !show.WantNode(e.Target) })
	if o.XML() {
		if !o.fenceFailed && !o.fenceSucceeded && !o.fencePending {
			return s
		}
		s.XML = cib.New("fence_history")
		for _, e := range list {
			s.XML.Children = append(s.XML.Children, FenceElement(e))
		}
		return s
	}
	if o.Fencing < 3 {
		list = Reduced(list)
	}
	full := o.fenceFailed && o.fenceSucceeded && o.fencePending
	for _, e := range list {
		text := FenceText(e, all, full, show.FailedDetail)
		switch {
		case e.State == fencing.Failed && o.fenceFailed:
			s.Failed = append(s.Failed, text)
		case e.State != fencing.Failed && o.fenceSucceeded, e.Open() && o.fencePending:
			s.Others = append(s.Others, text)
		}
	}
	s.Heading = "Pending Fencing Actions"
	if o.fenceSucceeded {
		s.Heading = "Fencing History"
	}
	return s
}

// Blocked tells of each request that cannot be carried out why, what waits for it, and
// what to do: in the words of the DC, who knows what waits, else as the record has it.
func Blocked(v View) (lines []string) {
	if len(v.Trouble) > 0 {
		return v.Trouble
	}
	for _, e := range v.Fencing {
		if text := e.Trouble(lastSeenOn(v, e.Target), v.Now); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

// lastSeenOn lists the resources that were last seen on a node and run nowhere else.
func lastSeenOn(v View, target crm.NodeName) (ids []crm.ResourceID) {
	n := v.Cluster.Node(target)
	if n == nil {
		return nil
	}
	for _, r := range n.Running {
		elsewhere := slices.ContainsFunc(r.RunningOn, func(x *state.Node) bool { return x.Online })
		if !elsewhere && r.Class != "stonith" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
