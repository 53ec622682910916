package sched

import (
	"github.com/tactus-ha/tactus/pengine/graph"
)

// picture draws the actions and what they wait for. With all, optional actions are
// drawn, too; with ids, each name carries its action's number.
func (p *plan) picture(all, ids bool) graph.Picture {
	var pic graph.Picture
	drawn := make(map[*Action]bool, len(p.actions))
	for i := len(p.actions) - 1; i >= 0; i-- {
		a := p.actions[i]
		d := graph.Dot{Name: a.label(ids), Font: "black"}
		if a.Is(Pseudo) {
			d.Font = "orange"
		}
		switch {
		case a.Is(Graphed):
			d.Bold, d.Color = true, "green"
		case a.rsc != nil && !a.rsc.is(fManaged):
			d.Color, d.Font = "red", "purple"
			if !all {
				drawn[a] = false
				continue
			}
		case a.Is(Optional):
			d.Color = "blue"
			if !all {
				continue
			}
		default:
			d.Color = "red"
		}
		drawn[a] = true
		pic.Dots = append(pic.Dots, d)
	}
	for i := len(p.actions) - 1; i >= 0; i-- {
		a := p.actions[i]
		for _, in := range a.before {
			bold, optional := false, true
			switch {
			case in.graphed:
				bold, optional = true, false
			case in.flags == relNone:
				continue
			case drawn[in.other] && drawn[a] && in.flags != relIfOnSameNodeOrTarget:
				optional = false
			}
			if all || !optional {
				pic.Arrows = append(pic.Arrows, graph.Arrow{From: in.other.label(ids), To: a.label(ids), Bold: bold})
			}
		}
	}
	return pic
}

// label is how pictures and simulations name an action.
func (a *Action) label(withID bool) string {
	name := a.Name()
	if withID {
		name += " (" + itoa(int64(a.ID)) + ")"
	}
	return name
}

// Name is how pictures name an action: its key and its node.
func (a *Action) Name() string {
	host := ""
	if a.node != nil {
		host = " " + string(a.node.Name)
	} else if !a.Is(Pseudo) {
		host = " <none>"
	}
	prefix, task := "", a.Task
	if a.Task == taskCancel {
		prefix, task = "Cancel ", a.Cancels
	}
	switch {
	case a.rsc != nil && a.rsc.histID != "":
		if a.Task == taskNotify || a.Task == taskNotified {
			return prefix + notifyKey(a.rsc.histID, a.meta["notify_key_type"], a.meta["notify_key_operation"]) + host
		}
		interval := a.meta["interval"]
		if interval == "" {
			interval = "0"
		}
		return prefix + string(a.rsc.histID) + "_" + task + "_" + interval + host
	case a.Task == taskFence:
		return prefix + a.Task + " '" + a.meta["stonith_action"] + "'" + host
	case a.rsc != nil && host != "":
		return prefix + a.Key + host
	case host != "":
		return prefix + a.Task + host
	}
	return a.Key
}
