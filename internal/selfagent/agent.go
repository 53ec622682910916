package selfagent

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
)

// Install writes the script file that runs this program with command and the action. env
// are NAME=VALUE pairs that it sets.
func Install(file, command string, env ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "%s='%s' ", name, value)
	}
	fmt.Fprintf(&b, "exec '%s' %s \"$1\"\n", self, command)
	return os.WriteFile(file, []byte(b.String()), 0o755)
}

// Metadata is an agent's meta-data. Actions are name, timeout and, for some, an interval:
// "monitor 20s 10s".
func Metadata(name, about string, actions ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<resource-agent name=\"%s\" version=\"1.0\">\n<version>1.1</version>\n<longdesc lang=\"en\">%s</longdesc>\n<shortdesc lang=\"en\">%[2]s</shortdesc>\n<parameters/>\n<actions>\n", name, about)
	for _, a := range append(actions, "meta-data 5s") {
		words := strings.Fields(a)
		fmt.Fprintf(&b, "<action name=\"%s\" timeout=\"%s\"", words[0], words[1])
		if len(words) > 2 {
			fmt.Fprintf(&b, " interval=\"%s\"", words[2])
		}
		b.WriteString("/>\n")
	}
	b.WriteString("</actions>\n</resource-agent>\n")
	return b.String()
}

// Service is the process that an agent controls.
type Service struct {
	PIDFile string   // in a folder of the node's own
	Args    []string // of this program
}

// PID is the service's process while it runs, else 0. A process that has only its number is
// another one: numbers begin anew when a node does.
func (s Service) PID() int {
	data, err := os.ReadFile(s.PIDFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.HasSuffix(string(args), "\x00"+strings.Join(s.Args, "\x00")+"\x00") {
		return 0
	}
	return pid
}

// Start runs the service, unless it runs, and waits until it is Ready.
func (s Service) Start() crm.ExitCode {
	if s.PID() != 0 {
		return crm.OK
	}
	cmd := exec.Command("/proc/self/exe", s.Args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ready, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return crm.GenericError
	}
	if n, err := ready.Read(make([]byte, 1)); n != 1 || err != nil {
		fmt.Fprintln(os.Stderr, "the service ended before it was ready")
		return crm.GenericError
	}
	return crm.OK
}

// Note is called by the service when it begins: whoever stops it knows its process.
func (s Service) Note() error {
	return os.WriteFile(s.PIDFile, []byte(strconv.Itoa(os.Getpid())), 0o644)
}

// Ready is called by the service when it does its work: its start has succeeded.
func Ready() {
	fmt.Print(".")
	_ = os.Stdout.Close()
}

// Stop kills the service and waits until the kernel has taken it away.
func (s Service) Stop() crm.ExitCode {
	pid := s.PID()
	if pid == 0 {
		return crm.OK
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for s.PID() != 0 {
		time.Sleep(time.Millisecond)
	}
	return crm.OK
}
