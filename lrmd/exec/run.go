package exec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/agents/native"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// Runner runs agents. Its fields are set before the first Run and not changed after.
type Runner struct {
	Dirs Dirs
	// Env is what agents inherit; see ocf.Daemon.
	Env []string
	// Hooks connect native agents with the cluster.
	Hooks native.Hooks
	// RunsDir notes the runs under way for a successor; "" notes nothing. See
	// EndLeftovers, which makes the directory.
	RunsDir string

	spawner       spawner
	hostArguments remembered // of fence agents, by path
}

// Run carries an order out once and waits for its end. It gives up when the order's
// timeout is over or ctx is: then everything the agent started in its process group is
// ended first. An agent that is missing is an outcome, as everything is that can happen.
func (r *Runner) Run(ctx context.Context, o lrmd.Order) lrmd.Outcome {
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = lrmd.DefaultTimeout
	}
	f, m := r.Dirs.find(o.Agent, preferNative(o))
	switch {
	case stopsDevice(o):
		return lrmd.Outcome{RC: crm.OK}
	case m != nil:
		return m.outcome()
	case f.native != "":
		return r.runNative(ctx, f.native, o, timeout)
	case f.fence != 0:
		return r.runFence(ctx, f, o, timeout)
	case o.Agent.Class == "ocf":
		return r.runOCF(ctx, f.path, o, timeout)
	}
	return r.runLSB(ctx, f.path, o, timeout)
}

func (r *Runner) runOCF(ctx context.Context, path string, o lrmd.Order, timeout time.Duration) lrmd.Outcome {
	env := ocf.Environment(r.Dirs.environment(r.Env), ocf.Invocation{
		Root: r.Dirs.OCF, Provider: o.Agent.Provider, Type: o.Agent.Type, Instance: string(o.Op.Resource),
		Params: o.Params, Timeout: timeout,
	})
	res := r.script(ctx, path, o.Op.Name, env, timeout)
	if res.lost != nil {
		return *res.lost
	}
	return lrmd.Outcome{RC: crm.ExitCode(res.code), Status: crm.ExecDone, ExitReason: ocf.ExitReason(res.stderr), Output: res.output(o.Op.Name)}
}

func (r *Runner) runLSB(ctx context.Context, path string, o lrmd.Order, timeout time.Duration) lrmd.Outcome {
	action := o.Op.Name
	if action == "monitor" {
		action = "status"
	}
	if action == "meta-data" {
		return lrmd.Outcome{RC: crm.OK, Status: crm.ExecDone, Output: lsbMetadata(path, o.Agent.Type)}
	}
	res := r.script(ctx, path, action, r.Dirs.environment(r.Env), timeout)
	if res.lost != nil {
		return *res.lost
	}
	rc := ocf.FromLSB(action, res.code)
	reason := ""
	if rc != crm.OK && rc != crm.NotRunning {
		reason = lastLine(res.stderr)
	}
	return lrmd.Outcome{RC: rc, Status: crm.ExecDone, ExitReason: reason, Output: res.output(action)}
}

// ran is what a script did; lost is set instead when it did not come to its end.
type ran struct {
	code           int
	stdout, stderr string
	lost           *lrmd.Outcome
	late           bool // ended because its time was over
}

// output is what is passed on of an agent's output: all of meta-data and validation,
// else the little that a person may want to read.
func (r ran) output(action string) string {
	out := r.stdout
	if action == "meta-data" || action == "validate-all" {
		return out
	}
	if out == "" {
		out = r.stderr
	}
	if len(out) > 4096 {
		out = out[:4096]
	}
	return strings.ToValidUTF8(out, "?")
}

// command is what native agents run programs with.
func (r *Runner) command(ctx context.Context, path string, args ...string) (code int, output string, err error) {
	res := r.program(ctx, append([]string{path}, args...), r.Dirs.environment(r.Env))
	if res.lost != nil {
		return 0, "", errors.New(res.lost.ExitReason)
	}
	return res.code, res.stdout + res.stderr, nil
}

// script runs an agent's script with one action.
func (r *Runner) script(ctx context.Context, path, action string, env []string, timeout time.Duration) ran {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	res := r.program(ctx, []string{path, action}, env)
	if res.late {
		res.lost = timedOut(action, timeout)
	}
	return res
}

// program runs argv to its end, or to the end of ctx and its own.
func (r *Runner) program(ctx context.Context, argv, env []string) ran {
	return r.programWith(ctx, argv[len(argv)-1], argv, env, "")
}

// programWith runs argv as program does, with input to read; action is what reasons call it.
func (r *Runner) programWith(ctx context.Context, action string, argv, env []string, input string) ran {
	path := argv[0]
	stdout, outEnd, err := startCapture(maxOutput, false)
	if err != nil {
		return ran{lost: notStarted(path, err)}
	}
	stderr, errEnd, err := startCapture(maxErrors, true)
	if err != nil {
		outEnd.Close()
		stdout.finish()
		return ran{lost: notStarted(path, err)}
	}
	p, err := r.spawner.start(path, argv, env, r.Dirs.workDir(), input, outEnd, errEnd)
	outEnd.Close()
	errEnd.Close()
	if err != nil {
		stdout.finish()
		stderr.finish()
		return ran{lost: notStarted(path, err)}
	}
	r.note(p)
	defer r.unnote(p)
	// A run that had to be ended has no result of its own, whatever it exits with.
	ended, dead := false, true
	select {
	case <-p.done:
	case <-ctx.Done():
		ended, dead = true, p.end()
	}
	res := ran{stdout: stdout.finish(), stderr: stderr.finish()}
	switch {
	case !dead:
		res.lost = &lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecTimeout,
			ExitReason: fmt.Sprintf("%s did not end, not even when killed: process %d hangs inside the kernel", action, p.pid)}
	case ended:
		res.late = errors.Is(ctx.Err(), context.DeadlineExceeded)
		res.lost = &lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecError, ExitReason: action + " was ended by the executor"}
	case p.ws.Signaled():
		res.lost = &lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecError,
			ExitReason: fmt.Sprintf("%s was killed by signal %d (%s)", action, int(p.ws.Signal()), p.ws.Signal())}
	default:
		res.code = p.ws.ExitStatus()
	}
	return res
}

func timedOut(action string, timeout time.Duration) *lrmd.Outcome {
	return &lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecTimeout,
		ExitReason: fmt.Sprintf("%s did not complete within %s", action, timeout)}
}

// notStarted is the outcome of a script that the kernel would not start, most often for
// its first line: an interpreter that is not there.
func notStarted(path string, err error) *lrmd.Outcome {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return &lrmd.Outcome{RC: crm.NotInstalled, Status: crm.ExecNotInstalled, ExitReason: path + ": its interpreter (first line) is not installed"}
	case errors.Is(err, unix.ENOEXEC):
		return &lrmd.Outcome{RC: crm.NotInstalled, Status: crm.ExecNotInstalled, ExitReason: path + ": not a program; its first line must name an interpreter (#!/bin/sh)"}
	case errors.Is(err, unix.EACCES):
		return &lrmd.Outcome{RC: crm.NoPermission, Status: crm.ExecError, ExitReason: path + ": permission denied; is the file system mounted noexec?"}
	}
	return &lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecError, ExitReason: fmt.Sprintf("%s: %v", path, err)}
}

// lastLine is the last line of a script's complaints: the best there is for a reason.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	text = text[strings.LastIndexByte(text, '\n')+1:]
	if len(text) > 512 {
		text = text[:512]
	}
	return strings.ToValidUTF8(text, "?")
}

// runNative serves an agent that is written in Go.
func (r *Runner) runNative(ctx context.Context, name string, o lrmd.Order, timeout time.Duration) lrmd.Outcome {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	hooks := r.Hooks
	hooks.Command = r.command
	req := native.Request{
		Agent: name, Action: o.Op.Name, Resource: o.Op.Resource, Params: o.Params,
		StateDir: r.Dirs.state(), RunDir: r.Dirs.run(), Hooks: hooks,
	}
	done := make(chan native.Response, 1)
	go func() { done <- native.Run(ctx, req) }()
	select {
	case res := <-done:
		if ctx.Err() == nil || res.RC == crm.OK {
			return lrmd.Outcome{RC: res.RC, Status: crm.ExecDone, ExitReason: res.ExitReason, Output: res.Output}
		}
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return *timedOut(o.Op.Name, timeout)
	}
	return lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecError, ExitReason: o.Op.Name + " was ended by the executor"}
}
