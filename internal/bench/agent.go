package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/selfagent"
)

// AgentCommand makes the program the OCF agent ocf:bench:web, DaemonCommand the web
// service that it controls.
const (
	AgentCommand  = "agent"
	DaemonCommand = "daemon"
)

// webAddr is where the web service listens: every address, so that the VIP reaches it.
const webAddr = ":8080"

// web is the service as a process.
func web() selfagent.Service {
	return selfagent.Service{PIDFile: "/run/bench-web.pid", Args: []string{DaemonCommand}}
}

// Agent carries out one OCF action and returns the exit code.
func Agent(action string) crm.ExitCode {
	switch action {
	case "meta-data":
		fmt.Print(selfagent.Metadata("web", "The service that benchmarks kill and move.", "start 20s", "stop 20s", "monitor 20s 10s"))
		return crm.OK
	case "monitor":
		if web().PID() == 0 {
			noteFailure()
			return crm.NotRunning
		}
		return crm.OK
	case "stop":
		return web().Stop()
	case "start":
		return web().Start()
	}
	return crm.Unimplemented
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

// Daemon is the web service: it tells each client its host's name. It says on standard
// output when it listens.
func Daemon() error {
	l, err := net.Listen("tcp", webAddr)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	if err := web().Note(); err != nil {
		return err
	}
	selfagent.Ready()
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
