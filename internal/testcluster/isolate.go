package testcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideVar marks a process that already runs in namespaces of its own.
const insideVar = "TACTUS_TESTCLUSTER_INSIDE"

// Main is for TestMain: it runs the tests in private namespaces and exits. It also
// serves as the init of the nodes that those tests start.
func Main(m *testing.M) {
	Enter()
	os.Exit(m.Run())
}

// Enter makes sure that the program runs in namespaces of its own: the first call
// re-executes it there and exits with its exit code. In a node's init it never
// returns. Call it first in main.
func Enter() {
	if os.Getenv(powerVar) != "" {
		os.Exit(runPowerAgent(os.Stdin, os.Stdout, os.Stderr))
	}
	if os.Getenv(initVar) != "" {
		runInit()
	}
	if os.Getenv(insideVar) != "" {
		if err := prepareInside(); err != nil {
			fmt.Fprintf(os.Stderr, "testcluster: %v\n", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(reexec())
}

// EnterWithRun is Enter with an empty /run that agents and named networks may write to.
func EnterWithRun() {
	Enter()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		fmt.Fprintln(os.Stderr, "testcluster: a /run of the tests' own:", err)
		os.Exit(1)
	}
}

func reexec() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), insideVar+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWUTS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM) // the child decides; the terminal sends to both
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "testcluster: cannot make namespaces: %v (as an ordinary user this needs unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1)\n", err)
		return 1
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(1, exit.ExitCode())
	}
	if err != nil {
		return 1
	}
	return 0
}

// prepareInside makes mounts private and brings the loopback device up.
func prepareInside() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	return loopbackUp()
}
