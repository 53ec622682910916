package native

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

// Dummy does nothing but remember in a file whether it was started. Its parameters make
// it slow or let it fail, for tests and demonstrations.
var dummyActions = map[string]action{
	"start": withEnvfile(dummyStart), "stop": withEnvfile(dummyStop), "monitor": withEnvfile(dummyMonitor),
	"migrate_to": withEnvfile(dummyStop), "migrate_from": withEnvfile(dummyStart),
	"reload": withEnvfile(succeed), "reload-agent": withEnvfile(dummyStart), "notify": withEnvfile(succeed),
	"validate-all": withEnvfile(dummyValidate),
}

func succeed(context.Context, Request) Response { return Response{} }

func dummyStart(ctx context.Context, r Request) Response {
	if res := dummyMonitor(ctx, r); res.RC != crm.OK {
		if ctx.Err() != nil {
			return res
		}
		if err := r.writeState(""); err != nil {
			return fail(crm.GenericError, "state file: %v", err)
		}
	}
	if host, _ := os.Hostname(); host != "" && r.Params["fail_start_on"] == host {
		return fail(crm.GenericError, "asked to fail on %s (fail_start_on), though it runs", host)
	}
	return Response{}
}

func dummyStop(ctx context.Context, r Request) Response {
	if res := dummySleep(ctx, r); res.RC != crm.OK {
		return res
	}
	if err := r.removeState(); err != nil {
		return fail(crm.GenericError, "state file: %v", err)
	}
	return Response{}
}

func dummyMonitor(ctx context.Context, r Request) Response {
	if res := dummySleep(ctx, r); res.RC != crm.OK {
		return res
	}
	content, found, err := r.readState()
	switch {
	case err != nil:
		return fail(crm.GenericError, "state file: %v", err)
	case !found:
		return Response{RC: crm.NotRunning}
	}
	switch r.Params[ocf.CheckLevel] {
	case "10":
		if !sleep(ctx, 30*time.Second) {
			return fail(crm.GenericError, "interrupted")
		}
	case "30":
		return fail(crm.GenericError, "hyperdrive quota reached")
	case "40":
		if rc, err := strconv.Atoi(content); err == nil && rc != 0 {
			return fail(crm.ExitCode(rc), "the state file asks for exit code %d", rc)
		}
	}
	return Response{}
}

func dummySleep(ctx context.Context, r Request) Response {
	d, ok := r.seconds("op_sleep")
	if !ok {
		return fail(crm.NotConfigured, "op_sleep %q is not a number of seconds", r.Params["op_sleep"])
	}
	if !sleep(ctx, d) {
		return fail(crm.GenericError, "interrupted")
	}
	return Response{}
}

func dummyValidate(_ context.Context, r Request) Response {
	if _, ok := r.seconds("op_sleep"); !ok {
		return fail(crm.NotConfigured, "op_sleep %q is not a number of seconds", r.Params["op_sleep"])
	}
	return r.checkStateDir()
}

// withEnvfile adds the dump of the call that parameter envfile asks for.
func withEnvfile(do action) action {
	return func(ctx context.Context, r Request) Response {
		if path := r.param("envfile", ""); path != "" {
			if err := r.dumpTo(path); err != nil {
				r.log("envfile: %v", err)
			}
		}
		return do(ctx, r)
	}
}

func (r Request) dumpTo(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	env := ocf.Environment(nil, ocf.Invocation{Root: "/usr/lib/ocf", Provider: "tactus", Type: r.Agent, Instance: string(r.Resource), Params: r.Params})
	slices.Sort(env)
	_, err = fmt.Fprintf(f, "### %s @ %s ###\n%s\n###\n", r.Action, time.Now().Format(time.UnixDate), strings.Join(env, "\n"))
	return err
}
