package vm

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/internal/vm/guest"
)

// Machine is one virtual machine. Its disk outlives resets and losses of power.
type Machine struct {
	Name string
	Addr string // its address in the cluster's network
	ID   int

	cluster *Cluster

	mu      sync.Mutex // guards all following fields
	process *exec.Cmd
	ended   chan struct{} // closed when process is gone
	monitor *monitor
	control *control
	wire    io.Closer
	reset   time.Time // the last one
}

// PowerOn starts the emulator: the machine boots.
func (m *Machine) PowerOn(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil {
		return fmt.Errorf("machine %s has power already", m.Name)
	}
	for _, s := range []string{"wire", "monitor", "control", "switch"} {
		_ = os.Remove(m.file(s))
	}
	var err error
	if m.wire, err = m.cluster.ether.listen(m.Name, m.file("wire")); err != nil {
		return err
	}
	cmd := exec.Command(qemu, m.arguments()...)
	console := &console{machine: m}
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	m.cluster.Timeline.Add(m.Name, "power on")
	if err := startLocked(cmd); err != nil {
		return fmt.Errorf("machine %s: %w", m.Name, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	m.process, m.ended = cmd, ended
	if err := m.connect(ctx, ended); err != nil {
		return fmt.Errorf("machine %s: %w", m.Name, err)
	}
	return nil
}

// arguments are the emulator's: an ordinary PC without anything that the tests do not need.
func (m *Machine) arguments() []string {
	c := m.cluster
	// The processor's own counter is calibrated while the machine boots, wrongly when this one
	// is busy then: time would run at several times its speed.
	kernelArgs := []string{"console=ttyS0", "quiet", "loglevel=3", "mitigations=off", "reboot=t", "panic=0", "tsc=unstable", "clocksource=acpi_pm", "softdog.soft_noboot=0",
		guest.NodeArg + "=" + m.Name, guest.AddrArg + "=" + m.Addr + "/24"}
	return []string{
		"-machine", "pc", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1", "-m", "384", "-name", m.Name,
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
		"-kernel", c.kernel.Image, "-initrd", c.image, "-append", strings.Join(kernelArgs, " "),
		"-qmp", "unix:" + m.file("monitor") + ",server=on,wait=off",
		"-drive", "if=virtio,format=raw,file=" + m.file("disk"),
		"-netdev", "stream,id=wire,server=off,addr.type=unix,addr.path=" + m.file("wire"),
		"-device", fmt.Sprintf("virtio-net-pci,netdev=wire,mac=52:54:00:00:00:%02x,romfile=", m.ID),
		"-device", "virtio-serial-pci",
		"-chardev", "socket,id=control,server=on,wait=off,path=" + m.file("control"), "-device", "virtserialport,chardev=control,name=" + guest.ControlPort,
		"-chardev", "socket,id=switch,server=on,wait=off,path=" + m.file("switch"), "-device", "virtserialport,chardev=switch,name=" + guest.SwitchPort,
	}
}

func (m *Machine) file(what string) string {
	return filepath.Join(m.cluster.dir, m.Name+"."+what)
}

// connect takes up the emulator's sockets.
func (m *Machine) connect(ctx context.Context, ended <-chan struct{}) error {
	conns := map[string]net.Conn{}
	for _, what := range []string{"monitor", "control", "switch"} {
		conn, err := dialSoon(ctx, m.file(what), ended)
		if err != nil {
			return err
		}
		conns[what] = conn
	}
	var err error
	m.control = newControl(conns["control"])
	go m.cluster.serveSwitch(m, conns["switch"])
	m.monitor, err = newMonitor(conns["monitor"], m.event)
	return err
}

// dialSoon connects to a socket that a starting process is about to open.
func dialSoon(ctx context.Context, socket string, ended <-chan struct{}) (net.Conn, error) {
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return conn, nil
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("the emulator ended before it opened %s", filepath.Base(socket))
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(10 * time.Millisecond): // polling for a socket file
		}
	}
}

// event notes what the emulator tells.
func (m *Machine) event(at time.Time, name string, byGuest bool) {
	m.mu.Lock()
	again := at.Sub(m.reset) < time.Second // one reset is told several times
	if name == "RESET" && !again {
		m.reset = at
	}
	m.mu.Unlock()
	switch {
	case name != "RESET" || again:
	case byGuest:
		m.cluster.Timeline.AddAt(at, m.Name, "%s", ResetByItself)
	default:
		m.cluster.Timeline.AddAt(at, m.Name, "%s", ResetByMonitor)
	}
}

// How the timeline words what happens to a machine.
const (
	ResetByItself  = "RESET, from within the machine"
	ResetByMonitor = "RESET, by the emulator's monitor"
)

// Reset is the reset button.
func (m *Machine) Reset() error {
	mon, err := m.monitorNow()
	if err != nil {
		return err
	}
	_, err = mon.command("system_reset")
	return err
}

func (m *Machine) monitorNow() (*monitor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil || m.monitor == nil {
		return nil, fmt.Errorf("machine %s has no power", m.Name)
	}
	return m.monitor, nil
}

// PowerOff takes the power away at once.
func (m *Machine) PowerOff() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return
	}
	_ = m.process.Process.Kill()
	<-m.ended
	_ = m.wire.Close()
	m.process, m.monitor, m.control = nil, nil, nil
	m.cluster.Timeline.Add(m.Name, "power off")
}

// Powered reports whether the machine has power.
func (m *Machine) Powered() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process != nil
}

// Cut takes the machine's cable out; Mend puts it in again.
func (m *Machine) Cut() {
	m.cluster.Timeline.Add(m.Name, "cut off from the network")
	m.cluster.ether.setCut(m.Name, true)
}

// Mend ends Cut.
func (m *Machine) Mend() {
	if m.cluster.ether.setCut(m.Name, false) {
		m.cluster.Timeline.Add(m.Name, "back in the network")
	}
}

// startLocked starts a command from a thread that lives as long as the process, because
// Pdeathsig fires when the starting thread ends.
func startLocked(cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread must outlive the child
		done <- cmd.Start()
		select {}
	}()
	return <-done
}
