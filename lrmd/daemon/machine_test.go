package daemon

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/lrmd/client"
)

var built = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("TACTUS_BIN"); dir != "" {
		return filepath.Join(dir, "lrmd"), nil
	}
	dir, err := os.MkdirTemp("", "lrmd-test")
	if err != nil {
		return "", err
	}
	out, err := osexec.Command("go", "build", "-o", dir+"/", "../../cmd/lrmd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(dir, "lrmd"), nil
})

// machine is an lrmd process with a network, /run and mounts of its own.
type machine struct {
	t    *testing.T
	root string
	bin  string
	cmd  *osexec.Cmd
	log  string
}

// The tools that agents call record what they were called with.
const recorder = `#!/bin/sh
echo "${0##*/} $*" >> "${0%/*}/calls"
`

// newMachine starts an lrmd over Debian's agents.
func newMachine(t *testing.T) *machine {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: t.TempDir(), bin: bin}
	m.log = filepath.Join(m.root, "lrmd.log")
	tools := []string{"crm_attribute", "attrd_updater", "crm_node"}
	if _, err := osexec.LookPath("modprobe"); err != nil {
		tools = append(tools, "modprobe") // a container's kernel has what it has
	}
	for _, tool := range tools {
		m.write("bin/"+tool, recorder)
	}
	if err := os.MkdirAll(filepath.Join(m.root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/init.d", filepath.Join(m.root, "etc/init.d")); err != nil {
		t.Fatal(err)
	}
	m.start()
	return m
}

func (m *machine) write(name, text string) string {
	m.t.Helper()
	path := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) start() {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	m.cmd = osexec.Command("unshare", "--mount", "--net", "sh", "-ec", `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
ip link set lo up
ip link add eth0 type veth peer name eth1
ip link set eth0 up
ip link set eth1 up
ip addr add 10.9.0.1/24 brd + dev eth0
exec "$@"`, "sh", m.bin, "--root", m.root, "--syslog-facility", "none")
	m.cmd.Env = append(os.Environ(), "TACTUS_OCF_ROOT=/usr/lib/ocf", "HA_SBIN_DIR="+m.root+"/bin", "PATH="+m.root+"/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	m.cmd.Stderr, m.cmd.Stdout = log, log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd := m.cmd
	m.t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
		if m.t.Failed() {
			data, _ := os.ReadFile(m.log)
			m.t.Logf("log:\n%s", data)
		}
	})
}

func (m *machine) dial() *client.Client {
	m.t.Helper()
	var c *client.Client
	eventually(m.t, "lrmd takes orders", func() bool {
		var err error
		c, err = client.Dial(context.Background(), Socket(m.root))
		return err == nil
	})
	m.t.Cleanup(func() { _ = c.Close() })
	return c
}

// useAgents starts an lrmd over the machine's own agents.
func (m *machine) useAgents() {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	m.cmd = osexec.Command(m.bin, "--root", m.root, "--syslog-facility", "none")
	m.cmd.Env = append(os.Environ(), "TACTUS_OCF_ROOT="+m.root+"/ocf")
	m.cmd.Stderr = log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd := m.cmd
	m.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}
