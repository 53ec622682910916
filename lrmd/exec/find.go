package exec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tactus-ha/tactus/agents"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// nativeProvider is the provider of the agents that are written in Go.
const nativeProvider = "tactus"

// found is where an agent is: a script, or a native agent's name.
type found struct {
	path   string
	native string
	fence  fenceKind // of a fence device's agent; zero for all others
}

// missing is why an agent cannot be run.
type missing struct {
	rc     crm.ExitCode
	status crm.ExecStatus
	reason string
}

func (m *missing) Error() string { return m.reason }

func (m *missing) outcome() lrmd.Outcome {
	return lrmd.Outcome{RC: m.rc, Status: m.status, ExitReason: m.reason}
}

// find looks for an agent each time anew: one that was just dropped in is there.
// preferNative asks for the native agent where a script of that name is installed too.
func (d Dirs) find(a lrmd.Agent, preferNative bool) (found, *missing) {
	if m := checkName(a); m != nil {
		return found{}, m
	}
	switch a.Class {
	case "ocf":
		return d.findOCF(a, preferNative)
	case "lsb", "service":
		path := filepath.Join(d.Init, a.Type)
		return found{path: path}, checkExecutable(path)
	case "stonith":
		return d.findFence(a.Type)
	case "systemd", "heartbeat", "upstart", "nagios":
		// Not "unimplemented": a probe would count as failed, and its node as one to fence.
		return found{}, &missing{crm.NotInstalled, crm.ExecNotInstalled, fmt.Sprintf("agents of class %q are not supported by this version", a.Class)}
	}
	return found{}, &missing{crm.NotInstalled, crm.ExecNotInstalled, fmt.Sprintf("unknown agent class %q (want ocf, lsb, service or stonith)", a.Class)}
}

func (d Dirs) findOCF(a lrmd.Agent, preferNative bool) (found, *missing) {
	native := ""
	if a.Provider == nativeProvider || a.Provider == "heartbeat" {
		if _, ok := agents.Metadata(a.Type); ok {
			native = a.Type
		}
	}
	if a.Provider == nativeProvider && native != "" || native != "" && preferNative {
		return found{native: native}, nil
	}
	path := filepath.Join(d.OCF, "resource.d", a.Provider, a.Type)
	m := checkExecutable(path)
	// A script that is there but cannot be run is the administrator's: it is not passed over.
	if m != nil && native != "" {
		if _, err := os.Lstat(path); err != nil {
			return found{native: native}, nil
		}
	}
	return found{path: path}, m
}

// checkName refuses names that would lead out of the agents' directories.
func checkName(a lrmd.Agent) *missing {
	if a.Class == "stonith" {
		return checkFenceName(a.Type)
	}
	for _, s := range []string{a.Provider, a.Type} {
		if strings.ContainsAny(s, "/\x00") || s == "." || s == ".." {
			return &missing{crm.NotInstalled, crm.ExecNotInstalled, fmt.Sprintf("agent name %q is not a plain file name", s)}
		}
	}
	if a.Type == "" || a.Class == "ocf" && a.Provider == "" {
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, "agent without provider or type (want ocf:PROVIDER:TYPE)"}
	}
	return nil
}

func checkExecutable(path string) *missing {
	st, err := os.Stat(path)
	switch {
	case err != nil && os.IsNotExist(err):
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, path + ": no such agent; install it on this node"}
	case err != nil:
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, err.Error()}
	case !st.Mode().IsRegular():
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, path + ": not a file"}
	case st.Mode()&0o111 == 0:
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, path + ": not executable; chmod +x " + path}
	}
	return nil
}

// preferNative reads the wish of the cluster or of the resource.
func preferNative(o lrmd.Order) bool { return o.PreferNative || ocf.IsTrue(o.Params[ocf.MetaNative]) }

// IsNative reports whether an order is served without a process.
func (d Dirs) IsNative(o lrmd.Order) bool {
	f, m := d.find(o.Agent, preferNative(o))
	return m == nil && f.native != ""
}
