package sched

// because says why a loses a flag on account of cause.
func because(cause *Action, f Flag) string {
	text := ""
	switch f {
	case Runnable:
		text = "unrunnable"
	case Migratable:
		text = "unmigrateable"
	case Optional:
		text = "required"
	}
	if cause.rsc != nil {
		text += " " + string(cause.rsc.ID)
	}
	return text + " " + cause.Task
}

// explain notes a reason; an earlier one stays unless overwrite is set.
func (a *Action) explain(reason string, overwrite bool) {
	if a.Reason == "" || overwrite {
		a.Reason = reason
	}
}

// preventBy notes which other action keeps a from being done.
func (a *Action) preventBy(cause *Action) { a.because, a.prevented = cause, true }

// clearBecause takes a flag from a and notes why, unless the cause is of the same resource.
func (a *Action) clearBecause(f Flag, cause *Action) {
	if !a.Any(f) {
		return
	}
	a.clear(f)
	switch {
	case f == Runnable:
		a.preventBy(cause)
	case a.because == nil:
		a.because = cause
	}
	if a.rsc != cause.rsc {
		a.explain(because(cause, f), false)
	}
}
