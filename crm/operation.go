package crm

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// OpKey identifies an operation of a resource: what pacemaker prints as
// RESOURCE_NAME_INTERVALMS.
type OpKey struct {
	Resource ResourceID
	Name     string        // start, stop, monitor, promote, ...
	Interval time.Duration // zero for everything but recurring monitors
}

// String prints the key as histories and graphs know it: "vip_monitor_10000".
func (k OpKey) String() string {
	return fmt.Sprintf("%s_%s_%d", k.Resource, k.Name, k.Interval.Milliseconds())
}

// ParseOpKey reads what String prints. The resource id may itself contain
// underscores; the last two fields are the name and the interval. Names that contain
// an underscore themselves (migrate_to, migrate_from, pre_notify_start ...) are known.
func ParseOpKey(s string) (OpKey, error) {
	rest, ms, ok := cutLast(s, '_')
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || n < 0 {
		return OpKey{}, fmt.Errorf("operation key %q: no interval at its end", s)
	}
	rsc, name, ok := cutLast(rest, '_')
	if !ok || rsc == "" || name == "" {
		return OpKey{}, fmt.Errorf("operation key %q: want RESOURCE_OPERATION_INTERVAL", s)
	}
	for _, prefix := range []string{"migrate", "pre_notify", "post_notify", "confirmed-pre_notify", "confirmed-post_notify"} {
		if r, found := strings.CutSuffix(rsc, "_"+prefix); found && (prefix != "migrate" || name == "to" || name == "from") {
			rsc, name = r, prefix+"_"+name
			break
		}
	}
	return OpKey{ResourceID(rsc), name, time.Duration(n) * time.Millisecond}, nil
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// ExitCode is what an agent exited with, in OCF's meaning (LSB and others are
// translated to it by the executor).
// Source: OCF Resource Agent API 1.1, "Exit status codes".
type ExitCode int

// The OCF exit codes, and Pacemaker's own for an agent that gave none.
const (
	OK               ExitCode = 0
	GenericError     ExitCode = 1
	InvalidParam     ExitCode = 2
	Unimplemented    ExitCode = 3
	NoPermission     ExitCode = 4
	NotInstalled     ExitCode = 5
	NotConfigured    ExitCode = 6
	NotRunning       ExitCode = 7
	RunningPromoted  ExitCode = 8
	FailedPromoted   ExitCode = 9
	Degraded         ExitCode = 190
	DegradedPromoted ExitCode = 191
	UnknownExit      ExitCode = 193 // pending: no result yet
	TimedOut         ExitCode = 198 // the agent did not finish in time
)

// String is the text that status displays print for the code.
func (c ExitCode) String() string {
	switch c {
	case OK:
		return "ok"
	case GenericError:
		return "error"
	case InvalidParam:
		return "invalid parameter"
	case Unimplemented:
		return "unimplemented feature"
	case NoPermission:
		return "insufficient privileges"
	case NotInstalled:
		return "not installed"
	case NotConfigured:
		return "not configured"
	case NotRunning:
		return "not running"
	case RunningPromoted:
		return "promoted"
	case FailedPromoted:
		return "promoted (failed)"
	case Degraded:
		return "OCF_DEGRADED"
	case DegradedPromoted:
		return "OCF_DEGRADED_PROMOTED"
	case UnknownExit:
		return "complete"
	case TimedOut:
		return "OCF_TIMEOUT"
	}
	return "unknown exit status " + strconv.Itoa(int(c))
}

// ExecStatus is what became of an attempt to run an agent (the op-status of the CIB).
type ExecStatus int

// The execution states, with the numbers the CIB stores.
const (
	ExecPending       ExecStatus = -1
	ExecDone          ExecStatus = 0
	ExecCancelled     ExecStatus = 1
	ExecTimeout       ExecStatus = 2
	ExecNotSupported  ExecStatus = 3
	ExecError         ExecStatus = 4
	ExecErrorHard     ExecStatus = 5
	ExecErrorFatal    ExecStatus = 6
	ExecNotInstalled  ExecStatus = 7
	ExecNotConnected  ExecStatus = 8
	ExecInvalid       ExecStatus = 9
	ExecNoFenceDevice ExecStatus = 10
	ExecNoSecrets     ExecStatus = 11
)

// String is the text that status displays print for the state.
func (s ExecStatus) String() string {
	names := [...]string{"pending", "complete", "Cancelled", "Timed Out", "NOT SUPPORTED", "Error",
		"Hard error", "Fatal error", "Not installed", "Internal communication failure",
		"Cannot execute now", "No fence device", "CIB secrets unavailable"}
	if i := int(s) + 1; i >= 0 && i < len(names) {
		return names[i]
	}
	return "UNKNOWN!"
}

// TransitionKey ties a result to the action that asked for it: the "transition-key"
// of the CIB, ACTION:TRANSITION:TARGET_RC:UUID.
type TransitionKey struct {
	Action     int
	Transition int
	TargetRC   ExitCode // what the scheduler expects as the exit code
	UUID       string   // of the DC that made the transition
}

// String prints the key as the CIB stores it.
func (k TransitionKey) String() string {
	return fmt.Sprintf("%d:%d:%d:%-*s", k.Action, k.Transition, int(k.TargetRC), 36, k.UUID)
}

// ParseTransitionKey reads what String prints.
func ParseTransitionKey(s string) (TransitionKey, error) {
	f := strings.SplitN(s, ":", 4)
	if len(f) != 4 {
		return TransitionKey{}, fmt.Errorf("transition key %q: want ACTION:TRANSITION:RC:UUID", s)
	}
	var n [3]int
	for i := range n {
		v, err := strconv.Atoi(f[i])
		if err != nil {
			return TransitionKey{}, fmt.Errorf("transition key %q: field %d is not a number", s, i+1)
		}
		n[i] = v
	}
	return TransitionKey{n[0], n[1], ExitCode(n[2]), strings.TrimRight(f[3], " ")}, nil
}

// Stamp is the authority under which an order was given. Executors and fence devices
// remember the highest they have seen, durably, and refuse lower ones (invariant I2).
type Stamp struct {
	Incarnation uint64 `json:"incarnation"` // counts takeovers without a majority
	Term        uint64 `json:"term"`        // raft term within the incarnation
}

// Less reports whether s is older than t.
func (s Stamp) Less(t Stamp) bool {
	if s.Incarnation != t.Incarnation {
		return s.Incarnation < t.Incarnation
	}
	return s.Term < t.Term
}

// String prints "incarnation.term".
func (s Stamp) String() string { return fmt.Sprintf("%d.%d", s.Incarnation, s.Term) }
