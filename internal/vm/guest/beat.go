package guest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// BeatPort is the UDP port to which the beating service sends.
const BeatPort = 7979

// Pause is the time between two beats.
const Pause = 50 * time.Millisecond

const pidFile = "/run/beat.pid"

// beat is the body of the agent ocf:vm:beat: a service that says "I run here" twenty
// times a second to the whole network, so that the switch of the test sees when it ran where.
func beat(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("beat: want one of start, stop, monitor, serve")
	}
	switch args[0] {
	case "serve":
		return serveBeat()
	case "start":
		return startBeat()
	case "stop":
		if pid, ok := beating(); ok {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			for alive(pid) {
				time.Sleep(time.Millisecond)
			}
		}
		return os.RemoveAll(pidFile)
	case "monitor":
		if _, ok := beating(); !ok {
			os.Exit(7) // OCF_NOT_RUNNING
		}
		return nil
	}
	return fmt.Errorf("beat: unknown action %q", args[0])
}

func startBeat() error {
	if _, ok := beating(); ok {
		return nil
	}
	cmd := exec.Command("/init", "beat", "serve")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return os.WriteFile(pidFile, []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
}

func beating() (pid int, ok bool) {
	data, err := os.ReadFile(pidFile)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
	return pid, err == nil && alive(pid)
}

// alive reports whether the process is there and not only waits for its burial.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func serveBeat() error {
	signal.Ignore(syscall.SIGHUP)
	everybody, err := broadcastAddress(kernelArg(AddrArg))
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp", net.JoinHostPort(everybody, strconv.Itoa(BeatPort)))
	if err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		_, _ = fmt.Fprintf(conn, "%s %d", name, n) // an unreachable network is the test's doing
		time.Sleep(Pause)
	}
}

// broadcastAddress is the last address of an IPv4 network that is given as ADDRESS/BITS.
func broadcastAddress(cidr string) (string, error) {
	_, network, err := net.ParseCIDR(cidr)
	if err != nil {
		return "", err
	}
	last := network.IP.To4()
	for i := range last {
		last[i] |= ^network.Mask[i]
	}
	return last.String(), nil
}
