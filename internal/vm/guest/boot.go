package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The kernel's command line names the machine: tactus.node=NAME tactus.addr=ADDRESS/BITS.
const (
	NodeArg = "tactus.node"
	AddrArg = "tactus.addr"
)

// Disk is where the machine's disk is mounted: what is there outlives a reset.
const Disk = "/var/lib"

// Ready is what the console says when the machine is up.
const Ready = "machine is up"

// Main is the program: the kernel's first process when it is process 1, otherwise what
// its first argument names.
func Main(args []string) int {
	if os.Getpid() == 1 {
		first()
	}
	verb := ""
	if len(args) > 1 {
		verb = args[1]
	}
	var err error
	switch verb {
	case "attend":
		err = attend()
	case "beat":
		err = beat(args[2:])
	case "listen":
		err = listen()
	default:
		err = errors.New("this is the first process of a test's virtual machine; it does nothing elsewhere")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vmguest:", err)
		return 1
	}
	return 0
}

// first makes the machine usable, starts the attendant and buries the dead for ever.
func first() {
	if err := boot(); err != nil {
		say("machine does not come up: %v", err)
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	}
	self := exec.Command("/init", "attend")
	self.Stdout, self.Stderr = os.Stdout, os.Stderr
	if err := self.Start(); err != nil {
		say("attendant: %v", err)
	}
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			_ = unix.Pause()
		}
	}
}

// say writes a line to the console.
func say(format string, args ...any) { fmt.Printf("vm: "+format+"\n", args...) }

func boot() error {
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"mounts", mounts}, {"modules", loadModules}, {"programs", installBusybox}, {"disk", mountDisk},
		{"ports", namePorts}, {"network", network},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

func mounts() error {
	for _, m := range []struct{ kind, at, opts string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", ""}, {"tmpfs", "/run", "mode=755"}, {"tmpfs", "/tmp", "mode=1777"},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.opts); err != nil {
			return fmt.Errorf("%s: %w", m.at, err)
		}
	}
	return os.MkdirAll("/run/resource-agents", 0o755)
}

// loadModules loads the files of /lib/modules in the order of their names.
func loadModules() error {
	files, err := filepath.Glob("/lib/modules/*.ko")
	if err != nil {
		return err
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(f.Fd()), moduleOptions(file), 0)
		_ = f.Close()
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// moduleOptions are those that the kernel's command line has as MODULE.NAME=VALUE: for
// modules that are not built in, nobody else passes them on.
func moduleOptions(file string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".ko"), "-")
	var options []string
	for _, word := range commandLine() {
		if option, ok := strings.CutPrefix(word, name+"."); ok {
			options = append(options, option)
		}
	}
	return strings.Join(options, " ")
}

func installBusybox() error {
	return exec.Command("/bin/busybox", "--install", "-s", "/bin").Run()
}

func mountDisk() error {
	if err := os.MkdirAll(Disk, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("/dev/vda", Disk, "ext4", 0, ""); err != nil {
		return fmt.Errorf("/dev/vda: %w", err)
	}
	return os.MkdirAll(LogDir, 0o755)
}

// LogDir is where daemons' logs are: on the disk, so that they outlive a reset.
const LogDir = Disk + "/log"

// namePorts gives the serial ports that the emulator named their names in /dev.
func namePorts() error {
	names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
	if err != nil {
		return err
	}
	for _, file := range names {
		name, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		device := "/dev/" + filepath.Base(filepath.Dir(file))
		if err := os.Symlink(device, "/dev/"+strings.TrimSpace(string(name))); err != nil {
			return err
		}
	}
	return nil
}

func network() error {
	if err := unix.Sethostname([]byte(kernelArg(NodeArg))); err != nil {
		return err
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	eth, err := netlink.LinkByName("eth0")
	if err != nil {
		return fmt.Errorf("eth0: %w", err)
	}
	addr, err := netlink.ParseAddr(kernelArg(AddrArg))
	if err != nil {
		return fmt.Errorf("%s of the kernel's command line: %w", AddrArg, err)
	}
	if err := netlink.AddrAdd(eth, addr); err != nil {
		return err
	}
	return netlink.LinkSetUp(eth)
}

func commandLine() []string {
	data, _ := os.ReadFile("/proc/cmdline")
	return strings.Fields(string(data))
}

func kernelArg(name string) string {
	for _, word := range commandLine() {
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value
		}
	}
	return ""
}
