package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// notices are the notifications about one task of a clone: before it and after it, each
// with a milestone for "all were told".
type notices struct {
	task                         string
	pre, preDone, post, postDone *Action

	active, inactive, unpromoted, promoted []noticeEntry
	start, stop, promote, demote           []noticeEntry
	env                                    [][2]string
}

// noticeEntry is an instance and where it is.
type noticeEntry struct {
	rsc  *resource
	node *node
}

func isNotifyKey(key string) bool { return strings.Contains(key, taskNotify) }

// notifiedTask cuts the task that a notification is about from its key.
func notifiedTask(key string) string {
	_, rest, found := strings.Cut(key, "_notify_")
	if !found {
		return ""
	}
	if i := strings.LastIndexByte(rest, '_'); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

func notifyKey(id crm.ResourceID, kind, task string) string {
	return string(id) + "_" + kind + "_notify_" + task + "_0"
}

func (p *plan) noticeMilestone(r *resource, about *Action, task, kind string) *Action {
	a := p.action(r, notifyKey(r.ID, kind, about.Task), task, nil, about.Is(Optional))
	a.set(Pseudo)
	a.setMeta("notify_key_type", kind)
	a.setMeta("notify_key_operation", about.Task)
	return a
}

// createNotices makes the milestones around an action of a clone that wants to be told:
// before action, after complete. Either may be nil.
func (p *plan) createNotices(r *resource, task string, action, complete *Action) *notices {
	if !r.Notify {
		return nil
	}
	n := &notices{task: task}
	mark := func(a *Action, kind string) {
		a.setMeta("notify_type", kind)
		a.setMeta("notify_operation", task)
	}
	if action != nil {
		n.pre = p.noticeMilestone(r, action, taskNotify, "pre")
		n.pre.set(Runnable)
		mark(n.pre, "pre")
		n.preDone = p.noticeMilestone(r, action, taskNotified, notifyConfirmedPr)
		n.preDone.set(Runnable)
		mark(n.preDone, "pre")
		relate(n.pre, n.preDone, relOrdered)
		relate(n.preDone, action, relOrdered)
	}
	if complete != nil {
		n.post = p.noticeMilestone(r, complete, taskNotify, "post")
		mark(n.post, "post")
		n.postDone = p.noticeMilestone(r, complete, taskNotified, notifyConfirmedPo)
		mark(n.postDone, "post")
		for _, a := range []*Action{n.post, n.postDone} {
			a.Priority = infinity
			if complete.Is(Runnable) {
				a.set(Runnable)
			} else {
				a.clear(Runnable)
			}
		}
		relate(complete, n.post, relFirstImpliesThen)
		relate(n.post, n.postDone, relFirstImpliesThen)
	}
	if action != nil && complete != nil {
		relate(n.preDone, n.post, relOrdered)
	}
	return n
}

func (p *plan) createStartStopNotices(r *resource, start, started, stop, stopped *Action) {
	if r.onStart == nil {
		r.onStart = p.createNotices(r, taskStart, start, started)
	}
	if r.onStop == nil {
		r.onStop = p.createNotices(r, taskStop, stop, stopped)
		if r.onStart != nil && r.onStop != nil {
			relate(r.onStop.postDone, r.onStart.pre, relOrdered)
		}
	}
}

// sendNotices makes, now that all is decided, the notifications of a clone's instances.
func (p *plan) sendNotices(r *resource) {
	for _, n := range []*notices{r.onStart, r.onStop, r.onPromote, r.onDemote} {
		if n != nil {
			n.collect(r, true)
			p.describe(r, n)
			p.notifyInstances(r, n)
		}
	}
}

// collect notes what the instances do, and with activity, what will be done to them.
func (n *notices) collect(r *resource, activity bool) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			n.collect(c, activity)
		}
		return
	}
	e := noticeEntry{rsc: r}
	if len(r.active) > 0 {
		e.node = r.active[0]
	}
	switch r.role {
	case roleStopped:
		n.inactive = append(n.inactive, e)
	case roleStarted:
		n.active = append(n.active, e)
	case roleUnpromoted:
		n.unpromoted = append(n.unpromoted, e)
		n.active = append(n.active, e)
	case rolePromoted:
		n.promoted = append(n.promoted, e)
		n.active = append(n.active, e)
	}
	if !activity {
		return
	}
	for _, a := range r.actions {
		if a.Is(Optional) || a.node == nil || !a.Is(Runnable) && (a.Task != taskStop || !a.node.unclean) {
			continue
		}
		e := noticeEntry{r, a.node}
		switch a.Task {
		case taskStart:
			n.start = append(n.start, e)
		case taskStop:
			n.stop = append(n.stop, e)
		case taskPromote:
			n.promote = append(n.promote, e)
		case taskDemote:
			n.demote = append(n.demote, e)
		}
	}
}

// names lists the instances and their nodes, each instance once; " " when there are none.
func names(list []noticeEntry, needNode bool) (rscs, nodes string) {
	slices.SortStableFunc(list, func(a, b noticeEntry) int {
		if c := strings.Compare(string(a.rsc.ID), string(b.rsc.ID)); c != 0 || a.node == nil || b.node == nil {
			return c
		}
		return strings.Compare(a.node.ID, b.node.ID)
	})
	var rs, ns []string
	last := crm.ResourceID("")
	for _, e := range list {
		if needNode && e.node == nil || e.rsc.ID == last {
			continue
		}
		last = e.rsc.ID
		rs = append(rs, string(e.rsc.ID))
		if e.node != nil {
			ns = append(ns, string(e.node.Name))
		}
	}
	return orBlank(rs), orBlank(ns)
}

func orBlank(list []string) string {
	if len(list) == 0 {
		return " "
	}
	return strings.Join(list, " ")
}

// describe puts into words what the agents are told, and makes the milestones required
// when there is something to tell.
func (p *plan) describe(r *resource, n *notices) {
	add := func(key, value string) { n.env = append(n.env, [2]string{key, value}) }
	pair := func(list []noticeEntry, keys ...string) {
		rs, ns := names(list, true)
		for _, k := range keys {
			add("notify_"+k+"_resource", rs)
			add("notify_"+k+"_uname", ns)
		}
	}
	required := len(n.stop) > 0 && n.task == taskStop || len(n.start) > 0 && n.task == taskStart ||
		len(n.demote) > 0 && n.task == taskDemote || len(n.promote) > 0 && n.task == taskPromote
	pair(n.stop, "stop")
	pair(n.start, "start")
	pair(n.demote, "demote")
	pair(n.promote, "promote")
	pair(n.active, "active")
	pair(n.unpromoted, "unpromoted", "slave") // the old names are for old agents
	pair(n.promoted, "promoted", "master")
	inactive, _ := names(n.inactive, false)
	add("notify_inactive_resource", inactive)
	allowed := p.allowedNodes(r.allowed)
	slices.SortStableFunc(allowed, func(a, b *node) int { return compareNames(string(a.Name), string(b.Name)) })
	add("notify_available_uname", nodeNames(allowed))
	if r.Meta["container-attribute-target"] == "host" {
		add("notify_all_hosts", p.hostNames())
	}
	add("notify_all_uname", nodeNames(p.nodes))
	if !required {
		return
	}
	for _, a := range []*Action{n.pre, n.preDone, n.post, n.postDone} {
		if a != nil {
			a.clear(Optional)
		}
	}
}

func nodeNames(list []*node) string {
	var out []string
	for _, n := range list {
		out = append(out, string(n.Name))
	}
	return orBlank(out)
}

func (p *plan) hostNames() string {
	var out []string
	for _, n := range p.nodes {
		if n.isGuest() && len(n.remote.launcher.active) > 0 {
			n = p.current(n.remote.launcher)
		}
		out = append(out, string(n.Name))
	}
	return orBlank(out)
}

func (n *notices) addTo(a *Action) {
	for _, kv := range n.env {
		a.setMeta(kv[0], kv[1])
	}
}

// notifyInstances makes the notifications of every instance that has to be told.
func (p *plan) notifyInstances(r *resource, n *notices) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.notifyInstances(c, n)
		}
		return
	}
	for _, a := range r.actions {
		if a.Is(Optional) || a.node == nil {
			continue
		}
		switch a.Task {
		case taskStart, taskStop, taskPromote, taskDemote:
			n.addTo(a)
		}
	}
	switch {
	case n.task == taskStart && len(n.start) == 0, n.task == taskPromote && len(n.promote) == 0,
		n.task == taskDemote && len(n.demote) == 0:
		return
	case n.task == taskStop, n.task == taskDemote:
		p.notifyGoingDown(r, n)
	case n.task == taskStart, n.task == taskPromote:
		p.notifyGoingUp(r, n)
	}
}

func (p *plan) notifyGoingDown(r *resource, n *notices) {
	if r.role == roleStopped {
		return
	}
	stop := r.firstAction(taskStop, nil)
	for _, at := range r.active {
		if stop != nil && stop.Is(Pseudo) && (at.unclean || at.remoteReset) {
			continue
		}
		p.notify(r, at, n.pre, n.preDone, n)
		if n.task == taskDemote || stop == nil || stop.Is(Optional) {
			p.notifyAfter(r, at, n)
		}
	}
}

func (p *plan) notifyGoingUp(r *resource, n *notices) {
	if r.next == roleStopped {
		return
	}
	start := r.firstAction(taskStart, nil)
	if start != nil && start.node != nil && start.node.remote != nil {
		if up := start.node.remote.firstAction(taskStart, nil); up != nil && !up.Is(Runnable) {
			return
		}
	}
	if r.assigned == nil {
		return
	}
	if n.task != taskStart || start == nil || start.Is(Optional) {
		p.notify(r, r.assigned, n.pre, n.preDone, n)
	}
	p.notifyAfter(r, r.assigned, n)
}

// notify makes one notification between its milestones.
func (p *plan) notify(r *resource, at *node, op, done *Action, n *notices) *Action {
	if op == nil || done == nil || !at.online || !op.Is(Runnable) {
		return nil
	}
	a := p.action(r, notifyKey(r.ID, op.meta["notify_type"], op.meta["notify_operation"]), op.Task, at, op.Is(Optional))
	for _, k := range sortedKeys(op.meta) {
		if a.meta[k] == "" {
			a.setMeta(k, op.meta[k])
		}
	}
	n.addTo(a)
	relate(op, a, relOrdered)
	relate(a, done, relOrdered)
	return a
}

func (p *plan) notifyAfter(r *resource, at *node, n *notices) {
	if a := p.notify(r, at, n.post, n.postDone, n); a != nil {
		a.Priority = infinity
	}
	if n.postDone == nil {
		return
	}
	for i := len(r.actions) - 1; i >= 0; i-- {
		if mon := r.actions[i]; !mon.zeroInterval() && mon.Task != taskCancel {
			relate(n.postDone, mon, relOrdered)
		}
	}
}

// noticeFencing tells the other instances that one was stopped by fencing.
func (p *plan) noticeFencing(stop *Action, r *resource, fencing *Action) {
	n := p.createNotices(r, taskStop, nil, fencing)
	if n == nil {
		return
	}
	n.collect(r, false)
	n.env = [][2]string{{"notify_stop_resource", string(r.ID)}, {"notify_stop_uname", string(stop.node.Name)}}
	p.notifyInstances(r.top(), n)
}
