package guest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Names of the machine's serial ports, below /dev.
const (
	ControlPort = "tactus.control" // the test's orders to the attendant
	SwitchPort  = "tactus.switch"  // a fence agent's orders to the test
)

// Request is one line from the test.
type Request struct {
	ID     int      // the reply's too
	Verb   string   // run, start, signal, http
	Name   string   // start, signal: what the process is called
	Argv   []string // run, start
	Stdin  string   // run
	Signal int      // signal
	Method string   // http
	Path   string   // http, with its query
	Body   []byte   // http
}

// Reply answers a Request. ID 0 says that the machine has come up: what was asked
// before will not be answered.
type Reply struct {
	ID             int
	Error          string
	Stdout, Stderr string // run
	Code           int    // run: exit code; http: status
	Header         http.Header
	Body           []byte // http
}

// attendant does what the test asks.
type attendant struct {
	crmd *http.Client

	mu      sync.Mutex // guards all following fields
	port    io.Writer
	started map[string]*exec.Cmd
}

func attend() error {
	if err := os.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"); err != nil {
		return err
	}
	port, err := os.OpenFile("/dev/"+ControlPort, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "/run/tactus/crmd.sock")
	}
	a := &attendant{port: port, started: map[string]*exec.Cmd{}, crmd: &http.Client{Transport: &http.Transport{DialContext: dial}}}
	say(Ready)
	// What an attendant of before the reset had half written is ended by a line of its own.
	if _, err := port.Write([]byte("\n")); err != nil {
		return err
	}
	a.reply(Reply{})
	lines := bufio.NewScanner(port)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var req Request
		if json.Unmarshal(lines.Bytes(), &req) == nil {
			go func() { a.reply(a.do(req)) }()
		}
	}
	return lines.Err()
}

func (a *attendant) reply(r Reply) {
	data, err := json.Marshal(r)
	if err != nil {
		data, _ = json.Marshal(Reply{ID: r.ID, Error: err.Error()})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.port.Write(append(data, '\n'))
}

func (a *attendant) do(req Request) Reply {
	var r Reply
	var err error
	switch req.Verb {
	case "run":
		r, err = run(req)
	case "start":
		err = a.start(req)
	case "signal":
		err = a.signal(req.Name, syscall.Signal(req.Signal))
	case "http":
		r, err = a.http(req)
	default:
		err = fmt.Errorf("unknown verb %q", req.Verb)
	}
	if err != nil {
		r.Error = err.Error()
	}
	r.ID = req.ID
	return r
}

func run(req Request) (Reply, error) {
	cmd := exec.Command(req.Argv[0], req.Argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewBufferString(req.Stdin), &out, &errs
	err := cmd.Run()
	r := Reply{Stdout: out.String(), Stderr: errs.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		r.Code, err = exit.ExitCode(), nil
	}
	return r, err
}

// start starts a daemon in a session of its own; its output goes to LogDir.
func (a *attendant) start(req Request) error {
	log, err := os.OpenFile(filepath.Join(LogDir, req.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(req.Argv[0], req.Argv[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	a.mu.Lock()
	a.started[req.Name] = cmd
	a.mu.Unlock()
	go func() {
		_ = cmd.Wait()
		say("%s ended: %s", req.Name, cmd.ProcessState)
	}()
	return nil
}

func (a *attendant) signal(name string, sig syscall.Signal) error {
	a.mu.Lock()
	cmd := a.started[name]
	a.mu.Unlock()
	if cmd == nil {
		return fmt.Errorf("no process %q was started here", name)
	}
	return cmd.Process.Signal(sig)
}

// http hands a request to crmd's socket.
func (a *attendant) http(req Request) (Reply, error) {
	r, err := http.NewRequest(req.Method, "http://crmd"+req.Path, bytes.NewReader(req.Body))
	if err != nil {
		return Reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := a.crmd.Do(r)
	if err != nil {
		return Reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Reply{Code: resp.StatusCode, Header: resp.Header, Body: body}, err
}

// listen is the far side of a fence agent that goes over the network, as external/ssh
// does: whoever connects to ResetPort resets this machine at once.
func listen() error {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", ResetPort))
	if err != nil {
		return err
	}
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	say("a peer's fence agent resets this machine by sysrq")
	_, _ = conn.Write([]byte("resetting\n"))
	_ = conn.Close()
	time.Sleep(100 * time.Millisecond) // nobody sends the answer once the kernel is gone
	return os.WriteFile("/proc/sysrq-trigger", []byte("b"), 0)
}

// ResetPort is where listen waits.
const ResetPort = 7978
