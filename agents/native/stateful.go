package native

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// Stateful remembers in a file whether it is promoted, and says what it is worth for
// promotion: 5 while unpromoted, 10 while promoted, as the script of this name does.
var statefulActions = map[string]action{
	"start": withEnvfile(statefulStart), "stop": withEnvfile(statefulStop), "monitor": withEnvfile(statefulMonitor),
	"promote": withEnvfile(statefulPromote), "demote": withEnvfile(statefulDemote), "notify": withEnvfile(statefulNotify),
	"reload-agent": withEnvfile(succeed), "validate-all": withEnvfile(statefulValidate),
}

const (
	scorePromoted   = "10"
	scoreUnpromoted = "5"
)

func (r Request) setScore(score string) {
	if r.Hooks.SetPromotionScore != nil {
		r.Hooks.SetPromotionScore(r.Resource, score, score == "")
	}
}

// readRole reads the role that the state file names; the script of heartbeat writes
// master and slave.
func (r Request) readRole() (role crm.Role, found bool, err error) {
	text, found, err := r.readState()
	role, _ = crm.ParseRole(text)
	return role, found, err
}

// enter writes the new role and what it is worth.
func (r Request) enter(role, score string) Response {
	if err := r.writeState(role + "\n"); err != nil {
		return fail(crm.GenericError, "state file: %v", err)
	}
	r.setScore(score)
	return Response{}
}

func statefulStart(_ context.Context, r Request) Response {
	if role, _, _ := r.readRole(); role == crm.RolePromoted {
		return fail(crm.RunningPromoted, "already running, promoted")
	}
	return r.enter("Unpromoted", scoreUnpromoted)
}

func statefulPromote(_ context.Context, r Request) Response {
	if _, found, _ := r.readState(); !found {
		return Response{RC: crm.NotRunning}
	}
	return r.enter("Promoted", scorePromoted)
}

func statefulDemote(_ context.Context, r Request) Response {
	if _, found, _ := r.readState(); !found {
		return Response{RC: crm.NotRunning}
	}
	return r.enter("Unpromoted", scoreUnpromoted)
}

func statefulStop(_ context.Context, r Request) Response {
	r.setScore("")
	if role, _, _ := r.readRole(); role == crm.RolePromoted {
		return fail(crm.RunningPromoted, "still promoted: demote it before it is stopped")
	}
	if err := r.removeState(); err != nil {
		return fail(crm.GenericError, "state file: %v", err)
	}
	return Response{}
}

func statefulMonitor(_ context.Context, r Request) Response {
	if data, err := os.ReadFile(r.stateFile() + ".rc"); err == nil {
		rc, _ := strconv.Atoi(strings.TrimSpace(string(data)))
		return fail(crm.ExitCode(rc), "%d GB redirected to /dev/null", rc)
	}
	role, found, err := r.readRole()
	switch {
	case err != nil:
		return fail(crm.GenericError, "state file: %v", err)
	case !found:
		return Response{RC: crm.NotRunning}
	case role == crm.RolePromoted:
		if r.isProbe() {
			r.setScore(scorePromoted)
		}
		return Response{RC: crm.RunningPromoted}
	case role == crm.RoleUnpromoted:
		if r.isProbe() {
			r.setScore(scoreUnpromoted)
		}
		return Response{}
	}
	return fail(crm.GenericError, "state file %s holds neither Promoted nor Unpromoted", r.stateFile())
}

func statefulNotify(ctx context.Context, r Request) Response {
	d, ok := r.seconds("notify_delay")
	if !ok {
		return fail(crm.NotConfigured, "notify_delay %q is not a number of seconds", r.Params["notify_delay"])
	}
	if !sleep(ctx, d) {
		return fail(crm.GenericError, "interrupted")
	}
	return Response{}
}

func statefulValidate(_ context.Context, r Request) Response { return r.checkStateDir() }
