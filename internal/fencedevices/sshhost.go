package fencedevices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// SSHHost is a machine that can be rebooted by whoever may log in as root: Debian's sshd
// at an address of its own. It never carries anything out: whatever it is told
// is written down, and what one sees of a reboot from outside is played, as the
// address goes away.
type SSHHost struct {
	dir, addr string
	cmd       *exec.Cmd
}

// neverReboots is the only command that sshd runs.
const neverReboots = `#!/bin/sh
printf '%%s\n' "$SSH_ORIGINAL_COMMAND" >> '%s/asked'
(sleep 1; ip address del '%s/32' dev lo) >/dev/null 2>&1 </dev/null &
`

const sshdConfig = `Port 22
ListenAddress 0.0.0.0
HostKey %[1]s/hostkey
AuthorizedKeysFile %[2]s
ForceCommand %[1]s/command
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
AllowTcpForwarding no
X11Forwarding no
PermitTTY no
`

// StartSSHHost boots the machine with an address on the loopback device. authorized is a
// file of public keys. The files are in dir.
func StartSSHHost(ctx context.Context, dir, addr, authorized string) (*SSHHost, error) {
	h := &SSHHost{dir: dir, addr: addr}
	if out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "hostkey")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ssh-keygen: %s", out)
	}
	err := errors.Join(
		os.MkdirAll("/run/sshd", 0o755),
		os.WriteFile(filepath.Join(dir, "command"), fmt.Appendf(nil, neverReboots, dir, addr), 0o755),
		os.WriteFile(filepath.Join(dir, "sshd_config"), fmt.Appendf(nil, sshdConfig, dir, authorized), 0o600),
		os.WriteFile(filepath.Join(dir, "asked"), nil, 0o666))
	if err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "ip", "address", "add", addr+"/32", "dev", "lo").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ip address add: %s", out)
	}
	h.cmd = exec.CommandContext(ctx, "/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	h.cmd.Stdout, h.cmd.Stderr = io.Discard, io.Discard
	h.cmd.WaitDelay = time.Second
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	return h, h.listens(ctx)
}

// listens waits until one can log in: a plugin that cannot takes that for done.
func (h *SSHHost) listens(ctx context.Context) error {
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(h.addr, "22"))
		if err == nil {
			return conn.Close()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("sshd does not listen: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the machine.
func (h *SSHHost) Stop() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// Asked lists what the machine was told to do.
func (h *SSHHost) Asked() []string {
	data, _ := os.ReadFile(filepath.Join(h.dir, "asked"))
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}
