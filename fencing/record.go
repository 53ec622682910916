package fencing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Names of the record in the status section.
const (
	TagFencing = "fencing"
	TagEvent   = "fence_event"
)

// MaxHistory is how many closed requests are kept.
const MaxHistory = 100

// Element is the record of e. Names are those that crm_mon's XML has, as far as it has any.
func (e Event) Element() *cib.Element {
	x := cib.New(TagEvent, cib.AttrID, e.ID, "action", string(e.Action), "target", string(e.Target), "client", e.Client, "origin", string(e.Origin),
		"delegate", string(e.Delegate), "status", string(e.State), "exit-reason", e.ExitReason, "requested", stamp(e.Requested), "completed", stamp(e.Completed),
		"reason", e.Reason, "device", e.Device, "attempts", strconv.Itoa(e.Attempts), "next", stamp(e.Next), "once", strconv.FormatBool(e.Once))
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"delay", e.Delay}, {"timeout", e.Timeout}, {"tolerance", e.Tolerance}} {
		if d.value != 0 {
			ms := d.value.Milliseconds()
			if d.value < 0 {
				ms = -1
			}
			x = x.With(d.name, strconv.FormatInt(ms, 10))
		}
	}
	return x
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// eventOf reads a record. What is unreadable counts as not given.
func eventOf(x *cib.Element) Event {
	e := Event{ID: x.ID(), Target: crm.NodeName(x.Get("target")), Action: Action(x.Get("action")), Client: x.Get("client"), Origin: crm.NodeName(x.Get("origin")),
		Delegate: crm.NodeName(x.Get("delegate")), State: State(x.Get("status")), ExitReason: x.Get("exit-reason"), Reason: x.Get("reason"), Device: x.Get("device"),
		Once: x.Get("once") == "true"}
	e.Requested, e.Completed, e.Next = timeOf(x, "requested"), timeOf(x, "completed"), timeOf(x, "next")
	e.Delay, e.Timeout, e.Tolerance = millis(x, "delay"), millis(x, "timeout"), millis(x, "tolerance")
	e.Attempts, _ = strconv.Atoi(x.Get("attempts"))
	return e
}

func timeOf(x *cib.Element, name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, x.Get(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

func millis(x *cib.Element, name string) time.Duration {
	n, _ := strconv.ParseInt(x.Get(name), 10, 64)
	return time.Duration(n) * time.Millisecond
}

// History lists all requests on record, open ones too, the newest last.
func History(snap *cib.Snapshot) (list []Event) {
	for x := range snap.Section(cib.TagStatus).Child(TagFencing).All(TagEvent) {
		list = append(list, eventOf(x))
	}
	slices.SortStableFunc(list, func(a, b Event) int {
		if c := a.Requested.Compare(b.Requested); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Requests lists the open requests, the oldest first.
func Requests(snap *cib.Snapshot) []Event {
	return slices.DeleteFunc(History(snap), func(e Event) bool { return !e.Open() })
}

// Find gives the request with that id.
func Find(snap *cib.Snapshot, id string) (Event, bool) {
	x := snap.Section(cib.TagStatus).Child(TagFencing).ChildWith(TagEvent, cib.AttrID, id)
	if x == nil {
		return Event{}, false
	}
	return eventOf(x), true
}

// RecordOps write e, and drop the oldest closed requests beyond MaxHistory.
func RecordOps(snap *cib.Snapshot, e Event) []cib.Op {
	ops := []cib.Op{{Kind: cib.Modify, Scope: cib.TagStatus, AllowCreate: true, Data: cib.New(TagFencing).WithChildren(e.Element())}}
	closed := slices.DeleteFunc(History(snap), func(o Event) bool { return o.Open() || o.ID == e.ID })
	for _, old := range closed[:max(0, len(closed)-MaxHistory+1)] {
		ops = append(ops, dropOp(old.ID))
	}
	return ops
}

// FailureOps write of e, which is open, that a round failed: only if it is still on record as
// open (else the command is refused, cib.ExitNoSuch). A DC that was paused may have been
// replaced and its request closed, and its word comes late.
func FailureOps(e Event) []cib.Op {
	return []cib.Op{{Kind: cib.Modify, XPath: "/cib/status/" + TagFencing + "/" + TagEvent + "[@id='" + e.ID + "'][@status='" + string(Pending) + "']", Data: e.Element()}}
}

// CleanupOps drop closed requests for a target, "" for all: open ones stay.
func CleanupOps(snap *cib.Snapshot, target crm.NodeName) (ops []cib.Op) {
	for _, e := range History(snap) {
		if !e.Open() && (target == "" || e.Target == target) {
			ops = append(ops, dropOp(e.ID))
		}
	}
	return ops
}

func dropOp(id string) cib.Op {
	return cib.Op{Kind: cib.Delete, XPath: "/cib/status/" + TagFencing + "/" + TagEvent + "[@id='" + id + "']", Force: true}
}

// ConfirmOps close every open request for a target with an operator's word, and put that
// word on record when there was none. id names the new record.
func ConfirmOps(snap *cib.Snapshot, target crm.NodeName, id string, origin crm.NodeName, client string, now time.Time) (ops []cib.Op) {
	done := func(e Event) {
		e.State, e.Delegate, e.Completed, e.Next, e.ExitReason = Success, Operator, now, time.Time{}, ""
		ops = append(ops, RecordOps(snap, e)...)
	}
	for _, e := range Requests(snap) {
		if e.Target == target && e.Action.Stops() {
			done(e)
		}
	}
	if len(ops) == 0 {
		done(Event{ID: id, Target: target, Action: Off, Client: client, Origin: origin, Reason: "confirmed by hand", Requested: now})
	}
	return ops
}
