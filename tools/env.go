package tools

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tactus-ha/tactus/mon"
	"github.com/tactus-ha/tactus/tools/store"
)

// Env is the world of a tool.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time

	Version string // of this program, for tactus --version

	tool string // the tool that runs, for what it says to Stderr
}

// OSEnv is the process's own.
func OSEnv() Env {
	return Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Version: "unknown"}
}

// Store opens the CIB this environment names.
func (e Env) Store() store.Store { return store.Open(e.storeEnv()) }

// LiveStore opens the running cluster's CIB.
func (e Env) LiveStore() store.Store { return store.OpenLive(e.storeEnv()) }

func (e Env) storeEnv() store.Env { return store.Env{Getenv: e.Getenv, Now: e.Now, Warn: e.warn} }

// warn says something that does not change the exit code.
func (e Env) warn(text string) { fmt.Fprintf(e.Stderr, "%s: warning: %s\n", e.tool, text) }

// Command is one tool.
type Command struct {
	Name    string
	Summary string // one line
	Help    string // printed by --help; source of the manual page
	Run     func(ctx context.Context, env Env, args []string) int
}

// Main runs the tool that argv0 names, or, when argv0 is none of them (tactus itself),
// the one that the first argument names.
func Main(ctx context.Context, env Env, commands []Command, argv0 string, args []string) int {
	name := filepath.Base(argv0)
	if c := find(commands, name); c != nil {
		env.tool = c.Name
		return c.Run(ctx, env, args)
	}
	if len(args) == 2 && args[0] == "--man" {
		if c := find(commands, args[1]); c != nil {
			io.WriteString(env.Stdout, ManualPage(*c))
			return ExitOK
		}
	}
	if len(args) > 0 {
		if c := find(commands, args[0]); c != nil {
			env.tool = c.Name
			return c.Run(ctx, env, args[1:])
		}
		if args[0] == "--version" {
			fmt.Fprintf(env.Stdout, "Tactus %s\n", env.Version)
			return ExitOK
		}
	}
	out, code := env.Stderr, ExitUsage
	if len(args) > 0 && (args[0] == "--help" || args[0] == "help") {
		out, code = env.Stdout, ExitOK
	}
	fmt.Fprintf(out, "Usage: %s COMMAND [OPTION...]\n\nCommands (each also works as a program of that name):\n", name)
	for _, c := range commands {
		fmt.Fprintf(out, "  %-15s %s\n", c.Name, c.Summary)
	}
	return code
}

func find(commands []Command, name string) *Command {
	for i := range commands {
		if commands[i].Name == name {
			return &commands[i]
		}
	}
	return nil
}

// Commands lists the tools of this package.
func Commands() []Command {
	return []Command{
		{"attrd_updater", "query and update transient node attributes", attrdUpdaterHelp, runAttrdUpdater},
		{"cibadmin", "query and edit the cluster configuration", cibadminHelp, runCibadmin},
		{"corosync-quorumtool", "display quorum as corosync's tool does", corosyncQuorumtoolHelp, runCorosyncQuorumtool},
		{"crm_attribute", "query and update cluster options and node attributes", crmAttributeHelp, runCrmAttribute},
		{"crm_diff", "compare two configurations, or apply a patch", crmDiffHelp, runCrmDiff},
		{"crm_mon", "display the state of the cluster", mon.Help, runCrmMon},
		{"crm_error", "display the name or description of an error code", crmErrorHelp, runCrmError},
		{"crm_failcount", "manage the counters of a resource's failures", crmFailcountHelp, runCrmFailcount},
		{"crm_master", "query and update a resource's promotion score", crmMasterHelp, runCrmMaster},
		{"crm_node", "display low-level node information", crmNodeHelp, runCrmNode},
		{"crm_resource", "perform tasks related to cluster resources", crmResourceHelp, runCrmResource},
		{"crm_shadow", "try configuration changes in a sandbox", crmShadowHelp, runCrmShadow},
		{"crm_simulate", "simulate a cluster's response to events", crmSimulateHelp, runCrmSimulate},
		{"crm_standby", "manage a node's standby status", crmStandbyHelp, runCrmStandby},
		{"crm_verify", "check a configuration for errors", crmVerifyHelp, runCrmVerify},
		{"crmadmin", "query the controller", crmadminHelp, runCrmadmin},
		{"iso8601", "display and parse ISO 8601 dates and times", iso8601Help, runISO8601},
		{"stonith_admin", "fence nodes, and look at fence devices", stonithAdminHelp, runStonithAdmin},
	}
}

// versionText is what --version prints: clients look for a version of Pacemaker that
// they know in the first line.
const versionText = "Pacemaker 2.1.5\nServed by Tactus, a cluster resource manager of its own\n"

// featuresText is what cibadmin -! and pacemakerd -F print.
const featuresText = "Pacemaker 2.1.5 (Build: tactus): agent-manpages corosync-ge-2 generated-manpages monotonic systemd\n"
