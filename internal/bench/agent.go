package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// AgentCommand makes the program the OCF agent ocf:bench:web, DaemonCommand the web
// service that it controls.
const (
	AgentCommand  = "agent"
	DaemonCommand = "daemon"
)

// webAddr is where the web service listens: every address, so that the VIP reaches it.
const webAddr = ":8080"

const agentMetadata = `<?xml version="1.0"?>
<resource-agent name="web" version="1.0">
<version>1.1</version>
<longdesc lang="en">The service that benchmarks kill and move.</longdesc>
<shortdesc lang="en">Web service for benchmarks</shortdesc>
<parameters/>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="10s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
`

// Agent carries out one OCF action and returns the exit code.
func Agent(action string) crm.ExitCode {
	switch action {
	case "meta-data":
		fmt.Print(agentMetadata)
		return crm.OK
	case "monitor":
		if daemonPID() == 0 {
			noteFailure()
			return crm.NotRunning
		}
		return crm.OK
	case "stop":
		return stopDaemon()
	case "start":
		return startDaemon()
	}
	return crm.Unimplemented
}

func pidFile() string { return filepath.Join("/run", "bench-web.pid") }

// daemonPID is the daemon's process id while it runs, else 0.
func daemonPID() int {
	data, err := os.ReadFile(pidFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// monitorLog is where the agent notes when a monitor found the service gone, in
// nanoseconds since 1970. Every node has a /run of its own.
const monitorLog = "/run/bench-failures"

func noteFailure() {
	f, err := os.OpenFile(monitorLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return // the figure then has one sample less, and says so
	}
	defer f.Close()
	fmt.Fprintln(f, time.Now().UnixNano())
}

func startDaemon() crm.ExitCode {
	if daemonPID() != 0 {
		return crm.OK
	}
	cmd := exec.Command("/proc/self/exe", DaemonCommand)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ready, err := cmd.StdoutPipe()
	if err != nil {
		return crm.GenericError
	}
	if err := cmd.Start(); err != nil {
		return crm.NotInstalled
	}
	if n, err := ready.Read(make([]byte, 1)); n != 1 || err != nil {
		return crm.GenericError
	}
	return crm.OK
}

func stopDaemon() crm.ExitCode {
	pid := daemonPID()
	if pid == 0 {
		return crm.OK
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for syscall.Kill(pid, 0) == nil {
		time.Sleep(time.Millisecond) // until the kernel has taken it away
	}
	return crm.OK
}

// Daemon is the web service: it tells each client its host's name. It says on standard
// output when it listens.
func Daemon() error {
	l, err := net.Listen("tcp", webAddr)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	if err := os.WriteFile(pidFile(), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return err
	}
	fmt.Print(".")
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, host) }))
}

// visit asks the service at the VIP once over a new connection; it returns who answers.
func visit(ctx context.Context) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", vip+webAddr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	var answer [512]byte
	n := 0
	for n < len(answer) {
		m, err := conn.Read(answer[n:])
		n += m
		if err != nil {
			break
		}
	}
	_, body, ok := strings.Cut(string(answer[:n]), "\r\n\r\n")
	if !ok {
		return "", fmt.Errorf("no answer")
	}
	return body, nil
}
