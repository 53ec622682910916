package report

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/simulate"
)

// ActionsXML is the transition summary as elements.
func ActionsXML(changes []sched.Change) *cib.Element {
	list := cib.New("actions")
	for _, c := range changes {
		switch {
		case c.Resource != nil:
			list.Children = append(list.Children, changeXML(c))
		case c.Reason != "":
			list.Children = append(list.Children, cib.New("node_action", "task", c.Verb, "node", changedNode(c), "reason", c.Reason))
		}
	}
	return list
}

func changeXML(c sched.Change) *cib.Element {
	needRole := c.Role > crm.RoleStarted || c.Next > crm.RoleUnpromoted
	sameRole, sameHost := c.Role == c.Next, c.From == c.To
	role, next, node, source, dest := "", "", "", "", ""
	if needRole || !sameRole && c.From != nil && c.To != nil {
		role = c.Role.String()
	}
	switch {
	case c.From == nil && needRole:
		next, dest = c.Next.String(), string(c.To.Name)
	case c.From == nil:
		node = string(c.To.Name)
	case c.To == nil:
		node = string(c.From.Name)
	case sameRole && sameHost:
		source = string(c.From.Name)
	case sameRole:
		source, dest = string(c.From.Name), string(c.To.Name)
	case sameHost:
		next, source = c.Next.String(), string(c.From.Name)
	default:
		next, source, dest = c.Next.String(), string(c.From.Name), string(c.To.Name)
	}
	blocked := ""
	if c.Blocked {
		blocked = "true"
	}
	return element("rsc_action", "action", strings.ToLower(c.Verb), "resource", string(c.Resource.ID), "role", role, "next-role", next,
		"node", node, "source", source, "dest", dest, "reason", c.Reason, "blocked", blocked)
}

// RemarksXML is what crm_simulate -s and -U print, as elements. Notes are not shown.
func RemarksXML(name string, remarks []sched.Remark) *cib.Element {
	list := cib.New(name)
	for _, r := range remarks {
		var e *cib.Element
		switch r.Kind {
		case sched.RemarkScore:
			e = cib.New("node_weight", "function", r.Step, "node", r.Node, "score", r.Score.String(), "id", r.Resource)
		case sched.RemarkPromotionScore:
			e = element("promotion_score", "id", r.Resource, "score", r.Score.String(), "node", r.Node)
		case sched.RemarkCapacity:
			e = cib.New("capacity", "node", r.Node, "comment", r.Step)
		case sched.RemarkUtilization:
			e = cib.New("utilization", "resource", r.Resource, "node", r.Node, "function", r.Step)
		default:
			continue
		}
		for _, a := range r.Amounts {
			e.Children = append(e.Children, &cib.Element{Name: a.Name, Text: strconv.Itoa(a.Value)})
		}
		list.Children = append(list.Children, e)
	}
	return list
}

// EventsXML is what was done to the CIB, or to the cluster on paper, as elements below one.
// What is only pretended is not shown.
func EventsXML(name string, events []simulate.Event) *cib.Element {
	list := cib.New(name)
	add := func(e *cib.Element) { list.Children = append(list.Children, e) }
	for _, ev := range events {
		switch ev.Kind {
		case simulate.SetQuorum:
			list.Attrs = append(list.Attrs, cib.Attr{Name: "quorum", Value: ev.Value})
		case simulate.SetWatchdog:
			list.Attrs = append(list.Attrs, cib.Attr{Name: "watchdog", Value: ev.Value})
		case simulate.NodeChange:
			add(cib.New("modify_node", "action", ev.Task, "node", ev.Node))
		case simulate.TicketChange:
			add(cib.New("modify_ticket", "action", ev.Task, "ticket", ev.Name))
		case simulate.Injection:
			add(cib.New("inject_spec", "spec", ev.Value))
		case simulate.AttributeSet:
			add(cib.New("inject_attr", "name", ev.Name, "value", ev.Value, "node_path", simulate.NodePath, "cib_node", ev.Node))
		case simulate.PseudoAction:
			add(element("pseudo_action", "task", ev.Task, "node", ev.Node))
		case simulate.ResourceAction:
			e := cib.New("rsc_action", "resource", ev.Resource, "op", ev.Task, "node", ev.Node)
			if ev.IntervalMS > 0 {
				e = e.With("interval", strconv.FormatInt(ev.IntervalMS, 10))
			}
			add(e)
		case simulate.ClusterAction:
			add(element("cluster_action", "task", ev.Task, "node", ev.Node, "id", ev.Resource))
		case simulate.FencingAction:
			add(cib.New("fencing_action", "target", ev.Node, "op", ev.Task))
		}
	}
	return list
}
