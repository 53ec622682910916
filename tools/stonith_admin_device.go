package tools

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
)

// listDevices lists the configured devices, or those that can fence a node.
func (a *stonithAdmin) listDevices(ctx context.Context) int {
	snap, code := a.snapshot(ctx)
	if snap == nil {
		return code
	}
	f := ReadFences(a.env, snap)
	var ids []string
	for _, d := range f.Devices {
		if a.command == "list" {
			if can, _ := f.CanFence(ctx, d, nodeNameOf(a.argument), a.timeout); !can {
				continue
			}
		}
		ids = append(ids, string(d.ID))
	}
	return a.items("fence device", "registered fence devices", "device", ids)
}

func (a *stonithAdmin) dirs() exec.Dirs {
	return exec.DirsFor(a.env.Getenv("TACTUS_ROOT"), a.env.Getenv)
}

func (a *stonithAdmin) listAgents(context.Context) int {
	return a.items("fence device", "installed fence devices", "device", exec.List(a.dirs(), "stonith", ""))
}

// named finds the device that a query is about.
func (a *stonithAdmin) named(ctx context.Context) (f *Fences, d fencing.Device, code int) {
	snap, code := a.snapshot(ctx)
	if snap == nil {
		return nil, d, code
	}
	f = ReadFences(a.env, snap)
	d, ok := f.Find(a.argument)
	if !ok {
		return nil, d, ExitNoSuch
	}
	return f, d, ExitOK
}

func (a *stonithAdmin) listTargets(ctx context.Context) int {
	f, d, code := a.named(ctx)
	switch {
	case f == nil && code == ExitNoSuch:
		a.complain("Couldn't list targets: No such device")
		return a.finish(ExitNoSuch)
	case f == nil:
		return code
	}
	names, err := f.Targets(ctx, d, a.timeout)
	if err != nil {
		a.complain("Couldn't list targets: %v", err)
		return a.finish(ExitError)
	}
	return a.items("fence target", "fence targets", "", names)
}

// query asks a device whether it is well: its monitor, and if that fails its list.
func (a *stonithAdmin) query(ctx context.Context) int {
	f, d, code := a.named(ctx)
	switch {
	case f == nil && code == ExitNoSuch:
		a.complain("No such device: %s", a.argument)
		return a.finish(ExitNoSuch)
	case f == nil:
		return code
	}
	out := f.Ask(ctx, d, fencing.Monitor, "", a.timeout)
	if out.RC == crm.OK && out.Status == crm.ExecDone {
		return a.finish(ExitOK)
	}
	if list := f.Ask(ctx, d, fencing.List, "", a.timeout); list.RC == crm.OK && list.Status == crm.ExecDone {
		return a.finish(ExitOK)
	}
	a.complain("device %s is not well: %s", a.argument, reasonOf(out))
	return a.finish(ExitError)
}

func (a *stonithAdmin) metadata(ctx context.Context) int {
	if a.agent == "" {
		return a.noAgent()
	}
	text, err := exec.MetadataOf(ctx, a.dirs(), lrmd.Agent{Class: "stonith", Type: a.agent})
	if err != nil {
		if !slices.Contains(exec.List(a.dirs(), "stonith", ""), a.agent) {
			a.complain("Can't get fence agent meta-data: No such device")
			return a.finish(ExitNoSuch)
		}
		a.complain("Can't get fence agent meta-data: %v", err)
		return a.finish(ExitError)
	}
	text = strings.TrimRight(text, "\n")
	a.printf("%s\n", text)
	a.add(&cib.Element{Name: "metadata", Text: text})
	return a.finish(ExitOK)
}

func (a *stonithAdmin) noAgent() int {
	a.complain("Please specify an agent to query using -a,--agent [value]")
	return a.finish(ExitUsage)
}

// validate lets an agent look at parameters.
func (a *stonithAdmin) validate(ctx context.Context) int {
	if a.agent == "" {
		return a.noAgent()
	}
	id := a.device
	if id == "" {
		id = a.agent
	}
	var out lrmd.Outcome
	code, number := ExitOK, 0
	switch {
	case !slices.Contains(exec.List(a.dirs(), "stonith", ""), a.agent):
		code, number, out = ExitNoSuch, -2, lrmd.Outcome{ExitReason: "Agent " + a.agent + " not found"}
	case !strings.HasPrefix(a.agent, "fence_"):
		a.warn("Cannot validate Linux-HA fence agents: Operation not supported (95)")
		code, number = 3, -95
	default:
		f := ReadFences(a.env, cib.Empty(a.env.Now()))
		out = f.runner.Run(ctx, lrmd.Order{Op: crm.OpKey{Resource: crm.ResourceID(id), Name: "validate-all"},
			Agent: lrmd.Agent{Class: "stonith", Type: a.agent}, Timeout: a.timeout, Params: a.params, Fence: &lrmd.FenceCall{}})
		if out.RC != crm.OK || out.Status != crm.ExecDone {
			code, number = ExitError, -201
		}
	}
	return a.validated(out, code, number)
}

func (a *stonithAdmin) validated(out lrmd.Outcome, code, number int) int {
	word := map[bool]string{true: "succeeded", false: "failed"}[code == ExitOK]
	x := cib.New("validate", "agent", a.agent, "valid", strconv.FormatBool(code == ExitOK))
	on := ""
	if a.device != "" {
		on = " on " + a.device
		x = x.With("device", a.device)
	}
	a.printf("Validation of %s%s %s\n", a.agent, on, word)
	command := cib.New("command", "code", strconv.Itoa(number))
	for _, part := range []struct{ source, text string }{{"stdout", out.Output}, {"stderr", out.ExitReason}} {
		if text := strings.TrimRight(part.text, "\n"); text != "" {
			a.printf("%s\n", text)
			command.Children = append(command.Children, &cib.Element{Name: "output", Attrs: []cib.Attr{{Name: "source", Value: part.source}}, Text: text})
		}
	}
	a.add(x.Plus(command))
	return a.finish(code)
}
