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
	"slices"
	"strconv"
	"strings"
	"sync"
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
	power   sync.Mutex // held while the node is switched on or off

	mu    sync.Mutex // guards all following fields
	init  *exec.Cmd  // nil while the node is off
	ended chan struct{}
	reset int          // how often it reset itself
	cut   map[int]bool // links that are taken down at the switch, until they are mended
	deaf  []netip.Addr // senders that the node ignores
}

// Boot powers the node on: namespaces, network, no daemons yet. A node that was
// killed comes back with its files as they were, but for /run, which no machine keeps:
// what agents note there would say that their services run.
func (n *Node) Boot() error {
	n.power.Lock()
	defer n.power.Unlock()
	return n.bootLocked()
}

func (n *Node) bootLocked() error {
	if n.Up() {
		return fmt.Errorf("node %s is already up", n.Name)
	}
	if err := os.RemoveAll(n.Path("run")); err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	_ = os.Remove(n.socket())
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = "node-" + n.Name
	cmd.Env = append(cleanEnv(), initVar+"="+n.socket())
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := n.cluster.starter.start(cmd); err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	ended := make(chan struct{})
	n.mu.Lock()
	n.init, n.ended = cmd, ended
	n.mu.Unlock()
	go n.watch(cmd, ended)
	var ports []port
	for i, lan := range n.cluster.networks {
		unplug(n.port(i))
		ethernet := fmt.Sprintf("eth%d", i)
		mac := net.HardwareAddr{2, 0, 0, 0, byte(i), byte(n.ID)}
		if err := lan.plug(n.port(i), cmd.Process.Pid, ethernet, mac); err != nil {
			return err
		}
		if n.isCut(i) {
			if err := setPort(n.port(i), false); err != nil {
				return err
			}
		}
		ports = append(ports, port{ethernet, netip.PrefixFrom(n.Addrs[i], lan.prefix.Bits())})
	}
	if err := awaitInit(n.socket(), ended); err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	binds, err := n.binds()
	if err != nil {
		return err
	}
	n.mu.Lock()
	from := n.deaf
	n.mu.Unlock()
	_, err = n.ask(request{Verb: "setup", Hostname: n.Name, Ports: ports, Binds: binds, From: from})
	return err
}

// watch waits for the end of a node's init, and with it of all that ran there. A node
// that reset itself (reboot(2) ends a namespace's init by SIGHUP) boots again, as a
// machine does.
func (n *Node) watch(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	reset := status.Signaled() && status.Signal() == syscall.SIGHUP
	n.mu.Lock()
	n.init = nil
	if reset {
		n.reset++
	}
	n.mu.Unlock()
	close(ended)
	if reset {
		n.cluster.Power.wake(n)
	}
}

// Resets counts how often the node has reset itself.
func (n *Node) Resets() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reset
}

func (n *Node) socket() string { return filepath.Join(n.cluster.dir, n.Name+".init") }

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
	n.mu.Lock()
	init := n.init
	n.mu.Unlock()
	if init == nil {
		return nil
	}
	ours, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", init.Process.Pid))
	if err != nil {
		return nil
	}
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == init.Process.Pid {
			continue
		}
		if theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil && theirs == ours {
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitInit waits until the node's init listens, or has ended.
func awaitInit(socket string, ended <-chan struct{}) error {
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return errors.New("its init ended before it listened")
		case <-time.After(2 * time.Millisecond): // polling for a socket file
		}
	}
}

func (n *Node) port(network int) string { return fmt.Sprintf("p%d-%d", n.ID, network) }

// ask asks the node's init, over a connection of its own: several may ask at once.
func (n *Node) ask(req request) (reply, error) { return n.askUntil(context.Background(), req) }

func (n *Node) askUntil(ctx context.Context, req request) (reply, error) {
	if !n.Up() {
		return reply{}, fmt.Errorf("node %s is down", n.Name)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", n.socket())
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return askOn(conn, bufio.NewReader(conn), req)
}

func askOn(conn net.Conn, answers *bufio.Reader, req request) (reply, error) {
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
func (n *Node) Up() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.init != nil
}

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
	rep, err := n.askUntil(ctx, request{Verb: "run", Argv: argv, Env: n.Environment(), Stdin: stdin})
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
	env := []string{"TACTUS_ROOT=" + n.Root, "LC_ALL=C", "TACTUS_NODE=" + n.Name, clockVar + "=" + n.Path("clock"),
		"PATH=" + n.cluster.bin + ":" + n.Path("usr/sbin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if n.cluster.opts.OCFRoot != "" {
		env = append(env, "TACTUS_OCF_ROOT="+n.cluster.opts.OCFRoot)
	}
	return append(env, n.cluster.opts.Env...)
}

// Witness reports whether the node only votes.
func (n *Node) Witness() bool { return n.cluster.opts.Witness == n.Name }

// Daemons lists what belongs on the node, in the order in which it is started.
func (n *Node) Daemons() []string {
	if n.Witness() {
		return []string{"crmd"}
	}
	return []string{"lrmd", "crmd"}
}

// startDaemon starts one of the daemons.
func (n *Node) startDaemon(name string) error {
	args := []string{filepath.Join(n.cluster.bin, name)}
	if n.Witness() {
		args = append(args, "--witness")
	}
	return n.Start(name, nil, args...)
}

// StartDaemons starts the node's daemons: lrmd and crmd.
func (n *Node) StartDaemons() error {
	for _, name := range n.Daemons() {
		if err := n.startDaemon(name); err != nil {
			return err
		}
	}
	return nil
}

// Runs reports whether a started program of that name still runs.
func (n *Node) Runs(name string) bool { return n.Signal(name, 0) == nil }

// Revive starts what is missing of a node that has power: its daemons, as an init system
// does, but for those that are to stay down. What it started is returned.
func (n *Node) Revive(but ...string) (started []string, err error) {
	n.power.Lock()
	defer n.power.Unlock()
	if !n.Up() {
		return nil, nil
	}
	for _, daemon := range n.Daemons() {
		if slices.Contains(but, daemon) || n.Runs(daemon) {
			continue
		}
		if err := n.startDaemon(daemon); err != nil {
			return started, err
		}
		started = append(started, daemon)
	}
	return started, nil
}

// Kill takes the node's power away: every process dies at once, its cables go dead. It
// stays off until somebody boots it, or its switch turns it on.
func (n *Node) Kill() {
	n.power.Lock()
	defer n.power.Unlock()
	n.killLocked()
}

func (n *Node) killLocked() {
	n.mu.Lock()
	init, ended := n.init, n.ended
	n.mu.Unlock()
	if init == nil {
		return
	}
	for i := range n.cluster.networks {
		_ = setPort(n.port(i), false)
	}
	_ = init.Process.Kill()
	<-ended
	for i := range n.cluster.networks {
		unplug(n.port(i))
	}
}

// Pause stops every process of the node, as a hypervisor stops a machine; Resume lets
// them go on.
func (n *Node) Pause() error { return n.Signal("*", syscall.SIGSTOP) }

// Resume ends Pause.
func (n *Node) Resume() error { return n.Signal("*", syscall.SIGCONT) }

// Cut takes one of the node's links down at the switch; it stays down over a loss of
// power too, until Mend.
func (n *Node) Cut(network int) error { return n.setLink(network, false) }

// Mend ends Cut.
func (n *Node) Mend(network int) error { return n.setLink(network, true) }

func (n *Node) setLink(network int, up bool) error {
	n.power.Lock() // no boot may plug it in meanwhile
	defer n.power.Unlock()
	n.mu.Lock()
	if n.cut == nil {
		n.cut = map[int]bool{}
	}
	n.cut[network] = !up
	n.mu.Unlock()
	if !n.Up() {
		return nil
	}
	return setPort(n.port(network), up)
}

func (n *Node) isCut(network int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[network]
}

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
