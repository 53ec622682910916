package native

import (
	"context"
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/agents"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

// Request is one call of a native agent.
type Request struct {
	Agent    string // its name: one of agents.Names
	Action   string // start, stop, monitor, ...
	Resource crm.ResourceID
	Params   map[string]string // as for a script, without OCF_RESKEY_
	StateDir string            // what scripts call HA_RSCTMP
	RunDir   string            // what scripts call HA_VARRUN
	Hooks    Hooks
}

// Hooks is what an agent asks of the cluster. A nil function does nothing, unless it says otherwise.
// Nil Command means package os/exec.
type Hooks struct {
	// SetPromotionScore says what this instance is worth for promotion on this node;
	// what a script says with `crm_attribute --promotion -v SCORE` and, when drop is
	// set, -D.
	SetPromotionScore func(resource crm.ResourceID, score string, drop bool)
	// Command runs a program to its end, as package os/exec does; the executor sets
	// it because it collects all children of its process itself.
	Command func(ctx context.Context, path string, args ...string) (code int, output string, err error)
	// Log tells people about something that is not the outcome.
	Log func(resource crm.ResourceID, text string)
}

// Response is what came of it.
type Response struct {
	RC         crm.ExitCode
	ExitReason string
	Output     string // meta-data, usage
}

type action func(context.Context, Request) Response

// table says which function serves an action of an agent.
var table = map[string]map[string]action{
	"Dummy":    dummyActions,
	"IPaddr2":  ipaddr2Actions,
	"Stateful": statefulActions,
	"ldap":     ldapActions,
}

// Run carries out one action. It returns when ctx is over at the latest, as far as the kernel allows.
func Run(ctx context.Context, r Request) Response {
	actions, ok := table[r.Agent]
	if !ok {
		return fail(crm.NotInstalled, "no native agent is called %q (there are %s)", r.Agent, strings.Join(agents.Names(), ", "))
	}
	switch r.Action {
	case "meta-data", "metadata":
		text, _ := agents.Metadata(r.Agent)
		return Response{Output: text}
	case "status":
		r.Action = "monitor"
	}
	do, ok := actions[r.Action]
	if !ok {
		return fail(crm.Unimplemented, "%s has no action %q", r.Agent, r.Action)
	}
	return do(ctx, r)
}

func fail(rc crm.ExitCode, format string, args ...any) Response {
	return Response{RC: rc, ExitReason: fmt.Sprintf(format, args...)}
}

// param gives a parameter, or def where it is not set or empty.
func (r Request) param(name, def string) string {
	if v := strings.TrimSpace(r.Params[name]); v != "" {
		return v
	}
	return def
}

func (r Request) flag(name string) bool { return ocf.IsTrue(r.Params[name]) }

// isProbe reports whether this monitor only asks what is there: no interval.
func (r Request) isProbe() bool {
	v := r.Params[ocf.MetaInterval]
	return r.Action == "monitor" && (v == "" || v == "0")
}

func (r Request) log(format string, args ...any) {
	if r.Hooks.Log != nil {
		r.Hooks.Log(r.Resource, fmt.Sprintf(format, args...))
	}
}
