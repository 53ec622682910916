package testcluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Node is one machine of the cluster.
type Node struct {
	Name  string
	ID    int
	Addrs []netip.Addr // one per network
	Root  string       // its files; given to every program as TACTUS_ROOT

	cluster *Cluster
	init    *exec.Cmd
	control net.Conn
	answers *bufio.Reader
}

// Boot powers the node on: namespaces, network, no daemons yet. A node that was
// killed comes back with its files as they were, but for /run, which no machine keeps:
// what agents note there would say that their services run.
func (n *Node) Boot() error {
	if n.init != nil {
		return fmt.Errorf("node %s is already up", n.Name)
	}
	if err := os.RemoveAll(n.Path("run")); err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	socket := filepath.Join(n.cluster.dir, n.Name+".init")
	_ = os.Remove(socket)
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = "node-" + n.Name
	cmd.Env = append(cleanEnv(), initVar+"="+socket)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := startLocked(cmd); err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	n.init = cmd
	var ports []port
	for i, lan := range n.cluster.networks {
		unplug(n.port(i))
		ethernet := fmt.Sprintf("eth%d", i)
		mac := net.HardwareAddr{2, 0, 0, 0, byte(i), byte(n.ID)}
		if err := lan.plug(n.port(i), cmd.Process.Pid, ethernet, mac); err != nil {
			return err
		}
		ports = append(ports, port{ethernet, netip.PrefixFrom(n.Addrs[i], lan.prefix.Bits())})
	}
	conn, err := dialInit(socket, cmd)
	if err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	n.control, n.answers = conn, bufio.NewReaderSize(conn, 1<<16)
	binds, err := n.binds()
	if err != nil {
		return err
	}
	_, err = n.ask(request{Verb: "setup", Hostname: n.Name, Ports: ports, Binds: binds})
	return err
}

// binds lists what the node sees in place of the machine's folders.
func (n *Node) binds() ([]bind, error) {
	var binds []bind
	for _, over := range n.cluster.opts.Own {
		from := n.Path(over)
		if err := copyFolderShape(over, from); err != nil {
			return nil, err
		}
		binds = append(binds, bind{from, over})
	}
	for _, s := range n.cluster.opts.Shared {
		from, over, _ := strings.Cut(s, ":")
		binds = append(binds, bind{from, over})
	}
	return binds, nil
}

// Path is where a file below one of the node's own folders (Options.Own) is for us.
func (n *Node) Path(file string) string { return filepath.Join(n.Root, file) }

// copyFolderShape makes the folders below from again below to, with owners and modes
// but without files: daemons expect theirs to be there. A second call changes nothing.
func copyFolderShape(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		made := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := os.MkdirAll(made, 0o755); err != nil {
			return err
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			_ = os.Chown(made, int(owner.Uid), int(owner.Gid))
		}
		return os.Chmod(made, info.Mode().Perm())
	})
}

// PIDs returns the process ids, as seen from outside, of everything on the node but init.
func (n *Node) PIDs() []int {
	if n.init == nil {
		return nil
	}
	ours, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", n.init.Process.Pid))
	if err != nil {
		return nil
	}
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == n.init.Process.Pid {
			continue
		}
		if theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil && theirs == ours {
			pids = append(pids, pid)
		}
	}
	return pids
}

// dialInit waits until the node's init listens; it ends when init ends.
func dialInit(socket string, cmd *exec.Cmd) (net.Conn, error) {
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return conn, nil
		}
		if syscall.Kill(cmd.Process.Pid, 0) != nil {
			return nil, errors.New("its init ended before it listened")
		}
		time.Sleep(2 * time.Millisecond) // polling for a socket file
	}
}

func (n *Node) port(network int) string { return fmt.Sprintf("p%d-%d", n.ID, network) }

func (n *Node) ask(req request) (reply, error) { return askOn(n.control, n.answers, req) }

func askOn(conn net.Conn, answers *bufio.Reader, req request) (reply, error) {
	if conn == nil {
		return reply{}, errors.New("node is down")
	}
	data, err := json.Marshal(req)
	if err != nil {
		return reply{}, err
	}
	if _, err := conn.Write(append(data, '\n')); err != nil {
		return reply{}, err
	}
	line, err := answers.ReadBytes('\n')
	if err != nil {
		return reply{}, err
	}
	var rep reply
	if err := json.Unmarshal(line, &rep); err != nil {
		return reply{}, err
	}
	if rep.Error != "" {
		return rep, errors.New(rep.Error)
	}
	return rep, nil
}

// Up reports whether the node has power.
func (n *Node) Up() bool { return n.init != nil }

// Start runs a program on the node in the background under a name; its output goes to
// LogFile(name).
func (n *Node) Start(name string, env []string, argv ...string) error {
	_, err := n.ask(request{Verb: "start", Name: name, Argv: argv, Env: append(n.Environment(), env...), Log: n.LogFile(name)})
	if err != nil {
		return fmt.Errorf("%s on %s: %w", name, n.Name, err)
	}
	return nil
}

// LogFile is where the output of a started program goes.
func (n *Node) LogFile(name string) string { return filepath.Join(n.Root, name+".log") }

// Signal sends a signal to a started program; "*" means everything on the node.
func (n *Node) Signal(name string, sig syscall.Signal) error {
	_, err := n.ask(request{Verb: "signal", Name: name, Signal: int(sig)})
	return err
}

// Wait returns when the started program has ended.
func (n *Node) Wait(name string) error {
	_, err := n.ask(request{Verb: "wait", Name: name})
	return err
}

// Output is what a program left.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// Run runs a program on the node to its end, over a connection of its own, so that
// several may run at once.
func (n *Node) Run(ctx context.Context, stdin string, argv ...string) (Output, error) {
	if n.init == nil {
		return Output{}, fmt.Errorf("node %s is down", n.Name)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(n.cluster.dir, n.Name+".init"))
	if err != nil {
		return Output{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	rep, err := askOn(conn, bufio.NewReader(conn), request{Verb: "run", Argv: argv, Env: n.Environment(), Stdin: stdin})
	if err != nil {
		return Output{}, fmt.Errorf("%s on %s: %w", strings.Join(argv, " "), n.Name, err)
	}
	return Output{rep.Stdout, rep.Stderr, rep.Code}, nil
}

// Tool runs one of our command-line tools on the node.
func (n *Node) Tool(ctx context.Context, args ...string) (Output, error) {
	return n.ToolWithInput(ctx, "", args...)
}

// ToolWithInput is Tool with a standard input.
func (n *Node) ToolWithInput(ctx context.Context, stdin string, args ...string) (Output, error) {
	return n.Run(ctx, stdin, append([]string{filepath.Join(n.cluster.bin, "tactus")}, args...)...)
}

// Environment is what every program of the node gets on top of the test's own environment.
func (n *Node) Environment() []string {
	env := []string{"TACTUS_ROOT=" + n.Root, "LC_ALL=C", "TACTUS_NODE=" + n.Name,
		"PATH=" + n.cluster.bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if n.cluster.opts.OCFRoot != "" {
		env = append(env, "TACTUS_OCF_ROOT="+n.cluster.opts.OCFRoot)
	}
	return append(env, n.cluster.opts.Env...)
}

// StartDaemons starts lrmd and crmd.
func (n *Node) StartDaemons() error {
	if err := n.Start("lrmd", nil, filepath.Join(n.cluster.bin, "lrmd")); err != nil {
		return err
	}
	return n.Start("crmd", nil, filepath.Join(n.cluster.bin, "crmd"))
}

// Kill takes the node's power away: every process dies at once, its cables go dead.
func (n *Node) Kill() {
	if n.init == nil {
		return
	}
	for i := range n.cluster.networks {
		_ = setPort(n.port(i), false)
	}
	_ = n.init.Process.Kill()
	_ = n.init.Wait()
	for i := range n.cluster.networks {
		unplug(n.port(i))
	}
	_ = n.control.Close()
	n.init, n.control = nil, nil
}

// Pause stops every process of the node, as a hypervisor stops a machine; Resume lets
// them go on.
func (n *Node) Pause() error { return n.Signal("*", syscall.SIGSTOP) }

// Resume ends Pause.
func (n *Node) Resume() error { return n.Signal("*", syscall.SIGCONT) }

// Cut and Mend take one of the node's links down and up at the switch.
func (n *Node) Cut(network int) error { return setPort(n.port(network), false) }

// Mend ends Cut.
func (n *Node) Mend(network int) error { return setPort(n.port(network), true) }

// Logs returns the end of everything that the node's programs have logged.
func (n *Node) Logs(lines int) string {
	var b strings.Builder
	files, _ := filepath.Glob(filepath.Join(n.Root, "*.log"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
		fmt.Fprintf(&b, "--- %s: %s\n%s\n", n.Name, filepath.Base(f), strings.Join(all[max(0, len(all)-lines):], "\n"))
	}
	return b.String()
}
