package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

// failureJSON is a failed operation as tools print it.
func failureJSON(op *state.Op) *Failure {
	f := &Failure{Operation: taskWord(op), Node: op.Node.Label(), Code: int(op.RC), Result: resultWords(op), Reason: op.ExitReason}
	if op.Resource != nil {
		f.Resource = string(op.Resource.PrintableID())
	}
	if !op.LastChange.IsZero() {
		f.At = &op.LastChange
	}
	return f
}

// taskWord names an operation; a monitor that ran once is a probe.
func taskWord(op *state.Op) string {
	if op.IsProbe() {
		return "probe"
	}
	return op.Task
}

// resultWords says how an operation ended: "not running (rc 7)", "timed out".
func resultWords(op *state.Op) string {
	switch op.Status {
	case crm.ExecDone, crm.ExecError, crm.ExecErrorHard, crm.ExecErrorFatal:
		return fmt.Sprintf("%s (rc %d)", strings.ToLower(report.ExitText(op.RC)), int(op.RC))
	}
	return strings.ToLower(report.StatusText(op.Status))
}

// failure tells of a failed operation: `its monitor on n1 failed at ...: not running
// (rc 7), "slapd died"`.
func (k *Case) failure(op *state.Op, of string) string {
	owner := "its"
	if op.Resource != nil && string(op.Resource.PrintableID()) != of && string(op.Resource.Top().PrintableID()) != of {
		owner = "the"
	}
	s := owner + " " + taskWord(op)
	if owner == "the" {
		s += " of " + string(op.Resource.PrintableID())
	}
	s += " on " + op.Node.Label() + " failed"
	if !op.LastChange.IsZero() {
		s += " at " + k.time(op.LastChange)
	}
	s += ": " + resultWords(op)
	if op.ExitReason != "" {
		s += ", \"" + op.ExitReason + "\""
	}
	return s
}

// time prints a moment; the date is left out when it is today's.
func (k *Case) time(t time.Time) string {
	now := k.c.Now
	t = t.In(now.Location())
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04:05")
}
