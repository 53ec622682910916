package sched

// actionIndex finds a resource's actions by key and by node without looking at all of
// them: there is a probe for every node.
type actionIndex struct {
	byKey    []keyed   // a handful
	newest   []*Action // on each node, by its index; Action.olderHere leads on
	nodeless int       // how many have no node yet
}

// keyed are the actions with one key, oldest first.
type keyed struct {
	key, task string
	mixed     bool // not all have that task: cancelling a monitor has the monitor's key
	list      []*Action
}

// file takes a new action in.
func (r *resource) file(a *Action) {
	r.actions = append(r.actions, a)
	if a.node == nil {
		r.nodeless++
	} else {
		r.putOn(a)
	}
	for i := range r.byKey {
		if k := &r.byKey[i]; k.key == a.Key {
			k.list = append(k.list, a)
			k.mixed = k.mixed || k.task != a.Task
			return
		}
	}
	r.byKey = append(r.byKey, keyed{key: a.Key, task: a.Task, list: []*Action{a}})
}

// setTask changes what an action does.
func (r *resource) setTask(a *Action, task string) {
	a.Task = task
	for i := range r.byKey {
		if k := &r.byKey[i]; k.key == a.Key {
			k.mixed = k.mixed || k.task != task
		}
	}
}

// newestOf returns the newest action of a task, or nil.
func (r *resource) newestOf(task string) *Action {
	var newest *Action
	for i := range r.byKey {
		k := &r.byKey[i]
		if k.task != task && !k.mixed {
			continue
		}
		for j := len(k.list) - 1; j >= 0; j-- {
			if a := k.list[j]; a.Task == task {
				if newest == nil || a.ID > newest.ID {
					newest = a
				}
				break
			}
		}
	}
	return newest
}

// claim gives a node to an action that had none.
func (r *resource) claim(a *Action, n *node) {
	a.node = n
	r.nodeless--
	r.putOn(a)
}

// putOn files an action under its node, newest first.
func (r *resource) putOn(a *Action) {
	if missing := a.node.idx + 1 - len(r.newest); missing > 0 {
		r.newest = append(r.newest, make([]*Action, missing)...)
	}
	at := &r.newest[a.node.idx]
	for *at != nil && (*at).ID > a.ID {
		at = &(*at).olderHere
	}
	a.olderHere, *at = *at, a
}

func (r *resource) newestAt(n *node) *Action {
	if n.idx >= len(r.newest) {
		return nil
	}
	return r.newest[n.idx]
}

// newestOn returns the newest action on a node that fits, or nil.
func (r *resource) newestOn(n *node, fits func(*Action) bool) *Action {
	for a := r.newestAt(n); a != nil; a = a.olderHere {
		if fits(a) {
			return a
		}
	}
	return nil
}

// withKey lists the actions with a key, oldest first. The list must not be changed.
func (r *resource) withKey(key string) []*Action {
	for i := range r.byKey {
		if r.byKey[i].key == key {
			return r.byKey[i].list
		}
	}
	return nil
}

// existing returns the oldest action with a key on a node; one without a node takes it.
// Without a node it returns the oldest with the key.
func (r *resource) existing(key string, n *node) *Action {
	if n == nil {
		if list := r.withKey(key); len(list) > 0 {
			return list[0]
		}
		return nil
	}
	var oldest *Action
	for a := r.newestAt(n); a != nil; a = a.olderHere {
		if a.Key == key {
			oldest = a
		}
	}
	if r.nodeless == 0 {
		return oldest
	}
	for _, a := range r.withKey(key) {
		if a.node == nil && (oldest == nil || a.ID < oldest.ID) {
			r.claim(a, n)
			return a
		}
	}
	return oldest
}
