package chaos

import (
	"fmt"
	"os"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/selfagent"
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

// agentMetadata is what the agent says of itself.
func agentMetadata() string {
	return selfagent.Metadata("service", "A service of which there must be one: while it runs it tells a referee so.",
		"start 60s", "stop 60s", "promote 60s", "demote 60s", "monitor 60s 10s")
}

// installAgent puts the agent on a node: a script that runs this program.
func installAgent(n *testcluster.Node, referee string) error {
	return selfagent.Install(n.Path("usr/lib/ocf/resource.d/chaos/service"), AgentCommand, refereeVar+"="+referee)
}

// Agent carries out one OCF action and returns the exit code. A promotable instance's
// service runs while it is promoted; its state file says that it is started.
func Agent(action string) crm.ExitCode {
	name, _, _ := strings.Cut(os.Getenv("OCF_RESOURCE_INSTANCE"), ":")
	a := agent{name: name, promotable: name == leadName}
	switch action {
	case "meta-data":
		fmt.Print(agentMetadata())
		return crm.OK
	case "monitor":
		return a.monitor()
	case "start":
		if a.promotable {
			return a.mark()
		}
		return a.service().Start()
	case "promote":
		return a.service().Start()
	case "demote":
		return a.service().Stop()
	case "stop":
		_ = os.Remove(a.stateFile())
		return a.service().Stop()
	}
	return crm.Unimplemented
}

type agent struct {
	name       string
	promotable bool
}

func (a agent) service() selfagent.Service {
	return selfagent.Service{PIDFile: "/run/chaos-" + a.name + ".pid", Args: []string{ServiceCommand, a.name}}
}

func (a agent) stateFile() string { return "/run/chaos-" + a.name + ".state" }

func (a agent) monitor() crm.ExitCode {
	running := a.service().PID() != 0
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
