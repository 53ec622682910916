package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// AgentCommand makes the program the OCF agent ocf:chaos:service, ServiceCommand the
// service that it controls.
const (
	AgentCommand   = "agent"
	ServiceCommand = "service"
)

// refereeVar tells agents and services where the referee listens.
const refereeVar = "TACTUS_CHAOS_REFEREE"

const agentMetadata = `<?xml version="1.0"?>
<resource-agent name="service" version="1.0">
<version>1.1</version>
<longdesc lang="en">A service of which there must be one: while it runs it tells a referee so.</longdesc>
<shortdesc lang="en">Service that must not run twice</shortdesc>
<parameters/>
<actions>
<action name="start" timeout="60s"/>
<action name="stop" timeout="60s"/>
<action name="promote" timeout="60s"/>
<action name="demote" timeout="60s"/>
<action name="monitor" timeout="60s" interval="10s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
`

// installAgent puts the agent on a node: a script that runs this program.
func installAgent(n *testcluster.Node, referee string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	file := n.Path("usr/lib/ocf/resource.d/chaos/service")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' %s \"$1\"\n", refereeVar, referee, self, AgentCommand)
	return os.WriteFile(file, []byte(script), 0o755)
}

// Agent carries out one OCF action and returns the exit code. A promotable instance's
// service runs while it is promoted; its state file says that it is started.
func Agent(action string) crm.ExitCode {
	name, _, _ := strings.Cut(os.Getenv("OCF_RESOURCE_INSTANCE"), ":")
	a := agent{name: name, promotable: name == leadName}
	switch action {
	case "meta-data":
		fmt.Print(agentMetadata)
		return crm.OK
	case "monitor":
		return a.monitor()
	case "start":
		if a.promotable {
			return a.mark()
		}
		return a.run()
	case "promote":
		return a.run()
	case "demote":
		return a.end()
	case "stop":
		_ = os.Remove(a.stateFile())
		return a.end()
	}
	return crm.Unimplemented
}

type agent struct {
	name       string
	promotable bool
}

func (a agent) pidFile() string   { return "/run/chaos-" + a.name + ".pid" }
func (a agent) stateFile() string { return "/run/chaos-" + a.name + ".state" }

func (a agent) monitor() crm.ExitCode {
	running := a.pid() != 0
	if !a.promotable {
		if running {
			return crm.OK
		}
		return crm.NotRunning
	}
	_, err := os.Stat(a.stateFile())
	switch {
	case running:
		return crm.RunningPromoted
	case err == nil:
		return crm.OK
	}
	return crm.NotRunning
}

func (a agent) mark() crm.ExitCode {
	if err := os.WriteFile(a.stateFile(), nil, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return crm.GenericError
	}
	return crm.OK
}

// pid is the service's process while it runs, else 0.
func (a agent) pid() int {
	data, err := os.ReadFile(a.pidFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.HasSuffix(string(args), "\x00"+ServiceCommand+"\x00"+a.name+"\x00") {
		return 0
	}
	return pid
}

func (a agent) run() crm.ExitCode {
	if a.pid() != 0 {
		return crm.OK
	}
	cmd := exec.Command("/proc/self/exe", ServiceCommand, a.name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ready, err := cmd.StdoutPipe()
	if err != nil {
		return crm.GenericError
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return crm.GenericError
	}
	if n, err := ready.Read(make([]byte, 1)); n != 1 || err != nil {
		fmt.Fprintln(os.Stderr, "the service ended before it was ready")
		return crm.GenericError
	}
	return crm.OK
}

func (a agent) end() crm.ExitCode {
	pid := a.pid()
	if pid == 0 {
		return crm.OK
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for a.pid() != 0 {
		time.Sleep(time.Millisecond) // until the kernel has taken it away
	}
	return crm.OK
}
