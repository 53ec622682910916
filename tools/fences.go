package tools

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
)

// Fences is what a configuration says about fencing, and this machine's way of asking the
// devices. Nothing that it asks switches any power.
type Fences struct {
	*fencing.Equipment

	env    Env
	runner *exec.Runner
	agents map[string]fencing.Agent
}

// ReadFences reads the fence devices of a CIB.
func ReadFences(env Env, snap *cib.Snapshot) *Fences {
	return &Fences{Equipment: fencing.Read(snap, env.Now()), env: env, agents: map[string]fencing.Agent{},
		runner: &exec.Runner{Dirs: exec.DirsFor(env.Getenv("TACTUS_ROOT"), env.Getenv), Env: ocf.Daemon(os.Environ(), "none", "")}}
}

// Find gives the device with that id.
func (f *Fences) Find(id string) (fencing.Device, bool) {
	i := slices.IndexFunc(f.Devices, func(d fencing.Device) bool { return string(d.ID) == id })
	if i < 0 {
		return fencing.Device{}, false
	}
	return f.Devices[i], true
}

// Agent is what a device's agent says of itself; the zero value when it cannot be asked
// on this machine.
func (f *Fences) Agent(ctx context.Context, d fencing.Device) fencing.Agent {
	if a, ok := f.agents[d.Agent]; ok {
		return a
	}
	var a fencing.Agent
	text, err := f.runner.Metadata(ctx, lrmd.Agent{Class: "stonith", Type: d.Agent})
	if err == nil {
		if m, err := ocf.ParseMetadata(text); err == nil {
			a = fencing.AgentOf(m)
		}
	}
	f.agents[d.Agent] = a
	return a
}

// Ask runs a device's agent here: monitor, list, or status of a target.
func (f *Fences) Ask(ctx context.Context, d fencing.Device, action fencing.Action, target crm.NodeName, timeout time.Duration) lrmd.Outcome {
	call := &lrmd.FenceCall{}
	if target != "" {
		call = &lrmd.FenceCall{Target: target, Plug: d.Plug(target)}
	}
	name := string(action)
	if mapped := d.Params["pcmk_"+name+"_action"]; mapped != "" {
		name = mapped
	}
	return f.runner.Run(ctx, lrmd.Order{Op: crm.OpKey{Resource: d.ID, Name: name}, Agent: lrmd.Agent{Class: "stonith", Type: d.Agent}, Timeout: timeout, Params: d.Params, Fence: call})
}

// Targets lists whom a device says that it can fence; without the action list, those
// that its configuration names.
func (f *Fences) Targets(ctx context.Context, d fencing.Device, timeout time.Duration) ([]string, error) {
	if a := f.Agent(ctx, d); a.Known && !a.Has(fencing.List) {
		if names := d.Named(); len(names) > 0 {
			return names, nil
		}
		return nil, fmt.Errorf("No data available (%s cannot list, and the device has no pcmk_host_list or pcmk_host_map)", d.Agent) //lint:ignore ST1005 the original's words
	}
	out := f.Ask(ctx, d, fencing.List, "", timeout)
	if out.RC != crm.OK || out.Status != crm.ExecDone {
		return nil, fmt.Errorf("No data available (%s)", reasonOf(out)) //lint:ignore ST1005 the original's words
	}
	return fencing.ParseList(out.Output), nil
}

func reasonOf(out lrmd.Outcome) string {
	if out.ExitReason != "" {
		return out.ExitReason
	}
	return out.RC.String()
}

// CanFence tells whether a device can fence a node, asking it where the configuration
// does not say; why is in words when it cannot.
func (f *Fences) CanFence(ctx context.Context, d fencing.Device, node crm.NodeName, timeout time.Duration) (can bool, why string) {
	switch d.Check(f.Agent(ctx, d)) {
	case fencing.NoCheck:
		return true, ""
	case fencing.StaticList:
		return d.Names(node), "pcmk_host_list and pcmk_host_map do not name it"
	case fencing.ByStatus:
		out := f.Ask(ctx, d, fencing.Status, node, timeout)
		off := out.RC == lrmd.FenceStatusOff && out.Status == crm.ExecDone
		return out.RC == crm.OK && out.Status == crm.ExecDone || off, "its status is not to be had: " + reasonOf(out)
	}
	names, err := f.Targets(ctx, d, timeout)
	if err != nil {
		return false, err.Error()
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, d.Plug(node)) }), "its list does not name " + d.Plug(node)
}
