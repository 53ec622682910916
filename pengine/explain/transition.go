package explain

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Transition tells every action of the transition, its causes, and what it waits for, in
// the order in which they can be done. Milestones are left out: they stand for what is
// listed.
func (k *Case) Transition() []Action {
	out := []Action{}
	for _, a := range k.ordered() {
		out = append(out, k.explain(a))
	}
	return out
}

// Explained tells one action of the graph; ok is false when it is a milestone or unknown.
func (k *Case) Explained(id int) (a Action, ok bool) {
	s := k.res.Action(id)
	if s == nil || !real(s) {
		return Action{}, false
	}
	return k.explain(s), true
}

// real reports whether an action is one that somebody carries out.
func real(a *sched.Action) bool { return a.Is(sched.Graphed) && !a.Is(sched.Pseudo) }

// ordered lists the real actions of the graph so that each comes after what it waits for.
func (k *Case) ordered() []*sched.Action {
	var out []*sched.Action
	done := map[int]bool{}
	var visit func(id int)
	inputs := map[int][]int{}
	for _, s := range k.out.Graph.Synapses {
		inputs[s.Action.ID] = s.Inputs
	}
	visit = func(id int) {
		in, graphed := inputs[id]
		if !graphed || done[id] {
			return
		}
		done[id] = true
		for _, first := range in {
			visit(first)
		}
		if a := k.res.Action(id); a != nil && real(a) {
			out = append(out, a)
		}
	}
	for _, s := range k.out.Graph.Synapses {
		visit(s.Action.ID)
	}
	return out
}

func (k *Case) explain(a *sched.Action) Action {
	out := Action{ID: a.ID, Task: a.Task, Text: k.actionText(a), Why: []Finding{}}
	about := subject{node: a.Node(), told: map[*state.Op]bool{}}
	if r := a.Resource(); r != nil {
		out.Resource, about.id = string(r.ID), string(r.PrintableID())
	}
	if n := a.Node(); n != nil {
		out.Node = n.Label()
	}
	causes := k.res.ActionCauses(a)
	for _, c := range causes {
		if c.Kind == sched.CausePlacement && len(causes) > 1 || len(out.Why) >= maxFindings {
			continue
		}
		if text := k.say(c, about); !slices.ContainsFunc(out.Why, func(f Finding) bool { return f.Text == text }) {
			out.Why = append(out.Why, Finding{Text: text, Cause: causeJSON(c)})
		}
	}
	for _, w := range k.res.Waits(a) {
		out.After = append(out.After, Wait{ID: w.Action.ID, Text: k.actionText(w.Action), Tie: tie(w)})
	}
	return out
}

// tie names what makes one action wait for another; that probes come first goes without
// saying.
func tie(w sched.Wait) string {
	c := w.Cause
	if w.Action.Task == "monitor" {
		return ""
	}
	switch c.Kind {
	case sched.CauseOrder:
		return "order " + c.ID
	case sched.CauseMemberStep:
		return "group"
	case sched.CauseColocation:
		return "colocation " + c.ID
	}
	return ""
}

// actionText says what an action does: "start db on n1", "fence n2 (reboot)".
func (k *Case) actionText(a *sched.Action) string {
	rsc := ""
	if r := a.Resource(); r != nil {
		rsc = string(r.PrintableID())
		if r.Unique {
			rsc = string(r.ID)
		}
	}
	on := ""
	if n := a.Node(); n != nil {
		on = " on " + n.Label()
	}
	switch a.Task {
	case "stonith":
		if a.Meta("stonith_action") == "on" {
			return "unfence " + label(a.Node())
		}
		return "fence " + label(a.Node()) + " (" + a.Meta("stonith_action") + ")"
	case "do_shutdown":
		return "let " + label(a.Node()) + " go"
	case "monitor":
		return monitorText(a, rsc) + on
	case "cancel":
		return "stop watching " + rsc + " every " + readable(a.Meta("interval")) + on
	case "migrate_to":
		return "migrate " + rsc + " from " + a.Meta("migrate_source") + " to " + a.Meta("migrate_target")
	case "migrate_from":
		return "receive " + rsc + " on " + a.Meta("migrate_target") + " from " + a.Meta("migrate_source")
	case "notify":
		return "tell " + rsc + on + " of the " + taskNoun(a.Meta("notify_operation")) + " (" + a.Meta("notify_type") + ")"
	case "clear_failcount":
		return "forget the failures of " + rsc + on
	case "delete", "lrm_delete":
		return "delete the history of " + rsc + on
	case "reload-agent":
		return "reload " + rsc + on
	}
	if rsc == "" {
		return strings.ReplaceAll(a.Key, "_", " ")
	}
	return strings.ReplaceAll(a.Task, "_", " ") + " " + rsc + on
}

func monitorText(a *sched.Action, rsc string) string {
	if v := a.Meta("interval"); v != "" && v != "0" {
		return "watch " + rsc + " every " + readable(v)
	}
	return "probe " + rsc
}

// readable prints an interval that is given in milliseconds.
func readable(ms string) string {
	n := 0
	for _, c := range ms {
		if c < '0' || c > '9' {
			return ms
		}
		n = n*10 + int(c-'0')
	}
	return interval(n)
}

// Blocked lists what must be done and cannot: required actions that are not in the graph
// because they cannot run, with what prevents them.
func (k *Case) Blocked() []Action {
	out := []Action{}
	for _, a := range k.res.Actions {
		r := a.Resource()
		if r == nil || r.Variant != state.Primitive || a.Is(sched.Runnable) || a.Is(sched.Optional) || a.Is(sched.Pseudo) {
			continue
		}
		switch a.Task {
		case "start", "stop", "promote", "demote":
			out = append(out, k.explain(a))
		}
	}
	return out
}
