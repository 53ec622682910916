package fencedevices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// BMC is a machine with a baseboard management controller: IPMI 1.5 and 2.0 at port 623.
// It is Debian's ipmi_sim (package openipmi), whose power switch is a file.
type BMC struct {
	dir string
	cmd *exec.Cmd
}

// bmcChassis is what ipmi_sim calls to ask for the power, or to switch it:
// chassis MC get|set|check NAME [VALUE].
const bmcChassis = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
case $2:$3 in
get:power) echo "power:$(cat power)" ;;
get:*) echo "$3:default" ;;
set:power) echo "$4" > power; echo "$4" >> done ;;
esac
`

const bmcLAN = `name "bmc"
set_working_mc 0x20
startlan 1
  addr %s 623
  priv_limit admin
  allowed_auths_callback md5
  allowed_auths_user md5
  allowed_auths_operator md5
  allowed_auths_admin md5
  guid a123456789abcdefa123456789abcdef
endlan
chassis_control "%s 0x20"
user 2 true "%s" "%s" admin 10 md5
`

const bmcCommands = "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n"

// StartBMC starts the controller of a machine that is on. Its files are in dir.
func StartBMC(ctx context.Context, dir, addr, user, password string) (*BMC, error) {
	b := &BMC{dir: dir}
	chassis := filepath.Join(dir, "chassis")
	lan := fmt.Sprintf(bmcLAN, addr, chassis, user, password)
	err := errors.Join(
		os.Mkdir(filepath.Join(dir, "state"), 0o700),
		os.WriteFile(chassis, []byte(bmcChassis), 0o755),
		os.WriteFile(filepath.Join(dir, "lan.conf"), []byte(lan), 0o600),
		os.WriteFile(filepath.Join(dir, "bmc.emu"), []byte(bmcCommands), 0o600),
		os.WriteFile(filepath.Join(dir, "power"), []byte("1\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "done"), nil, 0o600))
	if err != nil {
		return nil, err
	}
	b.cmd = exec.CommandContext(ctx, "ipmi_sim", "-c", filepath.Join(dir, "lan.conf"), "-f", filepath.Join(dir, "bmc.emu"), "-s", filepath.Join(dir, "state"), "-n")
	b.cmd.Stdout, b.cmd.Stderr = io.Discard, io.Discard
	b.cmd.Dir, b.cmd.WaitDelay = dir, time.Second
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	return b, nil
}

// Stop kills the controller.
func (b *BMC) Stop() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
}

// On reports whether the machine has power.
func (b *BMC) On() bool {
	data, err := os.ReadFile(filepath.Join(b.dir, "power"))
	return err == nil && strings.TrimSpace(string(data)) == "1"
}

// Done lists what was done to the machine since the start: off, on.
func (b *BMC) Done() []string {
	data, _ := os.ReadFile(filepath.Join(b.dir, "done"))
	var out []string
	for _, w := range strings.Fields(string(data)) {
		out = append(out, map[string]string{"0": "off", "1": "on"}[w])
	}
	return out
}
