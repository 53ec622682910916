package sched

// canMigrate reports whether r can be moved from current while it runs.
func (p *plan) canMigrate(r *resource, current *node) bool {
	return r.Migratable && r.is(fManaged) && !r.is(fFailed) && !r.is(fStartPending) &&
		current != nil && !current.unclean && r.assigned != nil && !r.assigned.unclean
}

// createMigration makes the actions of a live migration beside the stop and start
// that would do the same the hard way.
func (p *plan) createMigration(r *resource, current *node) {
	target := r.partialDest
	start := p.start(r, r.assigned, true)
	stop := p.stop(r, current, true)
	var to *Action
	if target == nil {
		to = p.action(r, r.key(taskMigrateTo), taskMigrateTo, current, true)
	}
	from := p.action(r, r.key(taskMigrateFrom), taskMigrateFrom, r.assigned, true)
	start.set(Migratable | Pseudo) // the migration does it
	stop.set(Migratable)
	from.set(Migratable)
	if to != nil {
		to.set(Migratable)
		to.needs = start.needs
		p.order(r, taskMonitor, r, taskMigrateTo, relOrdered)
		p.order(r, taskMigrateTo, r, taskMigrateFrom, relOrdered|relUnmigratableThenBlocks)
	} else {
		from.needs = start.needs
		p.order(r, taskMonitor, r, taskMigrateFrom, relOrdered)
	}
	p.order(r, taskMigrateFrom, r, taskStop, relOrdered|relUnmigratableThenBlocks)
	p.order(r, taskMigrateFrom, r, taskStart, relOrdered|relUnmigratableThenBlocks|relFirstElseThen)
	for _, a := range []*Action{to, from} {
		if a == nil {
			continue
		}
		a.setMeta("migrate_source", string(current.Name))
		a.setMeta("migrate_target", string(r.assigned.Name))
		if a == to && !r.RemoteConnection {
			a.setMeta("record-pending", "true")
		}
	}
}

// orderMigrationEquivalents adds to an ordering of starts or stops what it means for
// resources that migrate instead.
func (p *plan) orderMigrationEquivalents(o *ordering) {
	a, b := o.first.rsc, o.then.rsc
	if a == nil || b == nil || a == b || a.descendsFrom(b) || b.descendsFrom(a) || !a.Migratable && !b.Migratable {
		return
	}
	flags := relOrdered
	switch {
	case o.first.is(taskStart) && o.then.is(taskStart):
		if a.Migratable && b.Migratable {
			p.order(a, taskMigrateFrom, b, taskMigrateTo, flags)
			flags |= relIfFirstUnmigratable
		}
		if b.Migratable {
			p.order(a, taskStart, b, taskMigrateTo, flags)
		}
	case b.Migratable && o.first.is(taskStop) && o.then.is(taskStop):
		if a.Migratable {
			flags |= relIfFirstUnmigratable
		}
		p.order(a, taskStop, b, taskMigrateTo, flags)
		if b.partialDest != nil {
			p.order(a, taskStop, b, taskMigrateFrom, flags)
		}
	case b.Migratable && o.first.is(taskPromote) && o.then.is(taskStart):
		p.order(a, taskPromote, b, taskMigrateTo, flags)
	case b.Migratable && o.first.is(taskDemote) && o.then.is(taskStop):
		p.order(a, taskDemote, b, taskMigrateTo, flags)
		if b.partialDest != nil {
			p.order(a, taskDemote, b, taskMigrateFrom, flags)
		}
	}
}
