package testcluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// initVar holds the path of the control socket in a node's init process.
const initVar = "TACTUS_TESTCLUSTER_INIT"

// request is one line of the control protocol between the test and a node's init.
type request struct {
	Verb     string       // setup, start, signal, run, wait, ignore
	Hostname string       // setup
	Ports    []port       // setup
	Binds    []bind       // setup
	Name     string       // start, signal, wait: what the process is called
	Argv     []string     // start, run
	Env      []string     // start, run: additions
	Log      string       // start: file that takes stdout and stderr
	Signal   int          // signal; Name "*" means every process of the node
	Stdin    string       // run
	From     []netip.Addr // setup, ignore: senders whose packets are lost
}

// port is one network interface of a node.
type port struct {
	Interface string
	Addr      netip.Prefix
}

// bind shows a folder of the node's own in place of one of the machine's.
type bind struct{ From, Over string }

// reply answers a request.
type reply struct {
	Error          string
	Stdout, Stderr string
	Code           int
}

// runInit is pid 1 of a node. It never returns.
func runInit() {
	listener, err := net.Listen("unix", os.Getenv(initVar))
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcluster init:", err)
		os.Exit(1)
	}
	_ = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	_ = unix.Mount("proc", "/proc", "proc", 0, "")
	_ = unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
	_ = unix.Mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777")
	_ = os.MkdirAll("/run/resource-agents", 0o1755)
	ownBootID()
	// Caught, not ignored: children would inherit that signals are ignored.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	in := &initProcess{children: map[string]*exec.Cmd{}, ended: map[string]chan struct{}{}, own: map[int]bool{}}
	go in.reapOrphans()
	for {
		conn, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		go in.serve(conn)
	}
}

// ownBootID lets programs see that this node was booted: all nodes have one kernel, which was
// booted once.
func ownBootID() {
	const from, over = "/run/boot_id", "/proc/sys/kernel/random/boot_id"
	if id, err := os.ReadFile("/proc/sys/kernel/random/uuid"); err == nil && os.WriteFile(from, id, 0o444) == nil {
		_ = unix.Mount(from, over, "", unix.MS_BIND, "")
	}
}

type initProcess struct {
	mu       sync.Mutex // guards all following fields
	children map[string]*exec.Cmd
	ended    map[string]chan struct{}
	own      map[int]bool // children that somebody here waits for
}

func (in *initProcess) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var req request
		rep := reply{}
		if err := json.Unmarshal(lines.Bytes(), &req); err != nil {
			rep.Error = err.Error()
		} else {
			rep = in.do(req, conn)
		}
		data, _ := json.Marshal(rep)
		if _, err := conn.Write(append(data, '\n')); err != nil {
			return
		}
	}
}

func (in *initProcess) do(req request, conn net.Conn) reply {
	var err error
	switch req.Verb {
	case "setup":
		err = setupNode(req)
	case "start":
		err = in.start(req)
	case "signal":
		err = in.signal(req.Name, syscall.Signal(req.Signal))
	case "ignore":
		err = ignore(req.From)
	case "wait":
		in.mu.Lock()
		ended := in.ended[req.Name]
		in.mu.Unlock()
		if ended != nil {
			<-ended
		}
	case "run":
		return in.run(req, conn)
	default:
		err = fmt.Errorf("unknown verb %q", req.Verb)
	}
	if err != nil {
		return reply{Error: err.Error()}
	}
	return reply{}
}

func setupNode(req request) error {
	if err := unix.Sethostname([]byte(req.Hostname)); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	for _, b := range req.Binds {
		if err := unix.Mount(b.From, b.Over, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s over %s: %w", b.From, b.Over, err)
		}
	}
	for _, p := range req.Ports {
		link, err := netlink.LinkByName(p.Interface)
		if err != nil {
			return fmt.Errorf("interface %s: %w", p.Interface, err)
		}
		addr, err := netlink.ParseAddr(p.Addr.String())
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("address %s on %s: %w", p.Addr, p.Interface, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	if len(req.From) > 0 {
		return ignore(req.From)
	}
	return nil
}

func (in *initProcess) start(req request) error {
	log, err := os.OpenFile(req.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(req.Argv[0], req.Argv[1:]...)
	cmd.Env = append(cleanEnv(), req.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := in.spawn(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	in.mu.Lock()
	in.children[req.Name], in.ended[req.Name] = cmd, ended
	in.mu.Unlock()
	go func() {
		_ = in.wait(cmd)
		in.mu.Lock()
		if in.children[req.Name] == cmd {
			delete(in.children, req.Name)
		}
		in.mu.Unlock()
		close(ended)
	}()
	return nil
}

// signal sends to one started process, or ("*") to every process of the node but init.
func (in *initProcess) signal(name string, sig syscall.Signal) error {
	if name == "*" {
		return syscall.Kill(-1, sig)
	}
	in.mu.Lock()
	cmd := in.children[name]
	in.mu.Unlock()
	if cmd == nil {
		return fmt.Errorf("no process %q runs here", name)
	}
	return cmd.Process.Signal(sig)
}

// run runs a program to its end. When the one who asked is gone before (the connection
// serves one run only), the program is killed.
func (in *initProcess) run(req request, conn net.Conn) reply {
	cmd := exec.Command(req.Argv[0], req.Argv[1:]...)
	cmd.Env = append(cleanEnv(), req.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out, errs limitedBuffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if req.Stdin != "" {
		cmd.Stdin = stringsReader(req.Stdin)
	}
	err := in.spawn(cmd)
	if err == nil {
		var ended atomic.Bool
		go func() {
			if _, gone := conn.Read(make([]byte, 1)); gone != nil && !ended.Load() {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			}
		}()
		err = in.wait(cmd)
		ended.Store(true)
	}
	rep := reply{Stdout: out.String(), Stderr: errs.String(), Code: cmd.ProcessState.ExitCode()}
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		rep.Error = err.Error()
	}
	return rep
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("loopback device: %w", err)
	}
	return netlink.LinkSetUp(lo)
}
