package fencedevices

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
)

const (
	user     = "admin"
	password = "s3cret/of,the:rack"
)

// patience is how long an agent may take that does its work: it is no part of the test.
const patience = 10 * time.Minute

// rig is a fence device with its agent, driven as lrmd drives it.
type rig struct {
	t      *testing.T
	agent  string
	params map[string]string
	runner *exec.Runner
}

func newRig(t *testing.T, agent string, params map[string]string) rig {
	d := exec.DirsFor("", func(string) string { return "" })
	return rig{t, agent, params, &exec.Runner{Dirs: d, Env: ocf.Daemon(append(os.Environ(), "HOME="+home), "none", "")}}
}

// with gives the same device with other parameters.
func (r rig) with(pairs ...string) rig {
	r.params = maps.Clone(r.params)
	for i := 0; i < len(pairs); i += 2 {
		r.params[pairs[i]] = pairs[i+1]
	}
	return r
}

// start starts the device as a resource.
func (r rig) start() lrmd.Outcome { return r.run("start", nil, patience) }

// do orders the device to act on a target; "" asks the device itself.
func (r rig) do(action string, target crm.NodeName, plug string) lrmd.Outcome {
	return r.run(action, &lrmd.FenceCall{Target: target, Plug: plug}, patience)
}

func (r rig) run(action string, call *lrmd.FenceCall, timeout time.Duration) lrmd.Outcome {
	r.t.Helper()
	out := r.runner.Run(context.Background(), lrmd.Order{
		Op: crm.OpKey{Resource: "st", Name: action}, Agent: lrmd.Agent{Class: "stonith", Type: r.agent},
		Timeout: timeout, Params: r.params, Fence: call,
	})
	if text := out.ExitReason + out.Output; strings.Contains(text, password) {
		r.t.Errorf("%s %s tells the password: %q", r.agent, action, text)
	}
	return out
}

// wants fails the test unless an outcome is the one expected.
func (r rig) wants(what string, got lrmd.Outcome, rc crm.ExitCode) {
	r.t.Helper()
	if got.RC != rc || got.Status != crm.ExecDone {
		r.t.Fatalf("%s: %s = %d %v %q (output %q), want %d", r.agent, what, got.RC, got.Status, got.ExitReason, got.Output, rc)
	}
}

// fails fails the test unless an outcome is a failure with one of these reasons.
func (r rig) fails(what string, got lrmd.Outcome, reasons ...string) {
	r.t.Helper()
	if got.RC == crm.OK || got.Status != crm.ExecError {
		r.t.Fatalf("%s: %s = %+v, want a failure", r.agent, what, got)
	}
	if !slices.ContainsFunc(reasons, func(s string) bool { return strings.Contains(got.ExitReason, s) }) {
		r.t.Errorf("%s: %s: reason %q, want one with %q", r.agent, what, got.ExitReason, reasons)
	}
}

// switches plays what every power switch can do, with the outlet called plug.
func (r rig) switches(m *Machines, plug, name string) {
	r.t.Helper()
	r.wants("start", r.start(), crm.OK)
	r.wants("status of n2", r.do("status", "n2", plug), crm.OK)
	r.wants("off", r.do("off", "n2", plug), crm.OK)
	if m.On(name) {
		r.t.Fatalf("%s: off succeeded and the machine is on", r.agent)
	}
	r.wants("status of n2 that is off", r.do("status", "n2", plug), lrmd.FenceStatusOff)
	r.wants("off twice", r.do("off", "n2", plug), crm.OK)
	r.wants("on", r.do("on", "n2", plug), crm.OK)
	r.did(m, "off "+name, "on "+name)
	r.wants("reboot", r.do("reboot", "n2", plug), crm.OK)
	r.did(m, "off "+name, "on "+name)
	m.SetStuck(true)
	r.fails("off with a stuck relay", r.with("power_timeout", "2").do("off", "n2", plug), "it did not go off in time")
	m.SetStuck(false)
	m.Done()
}

func (r rig) did(m *Machines, want ...string) {
	r.t.Helper()
	if got := m.Done(); !slices.Equal(got, want) {
		r.t.Errorf("%s: the device did %q, want %q", r.agent, got, want)
	}
}

// lists asks for the list of outlets.
func (r rig) lists(want ...string) {
	r.t.Helper()
	got := r.do("list", "", "")
	r.wants("list", got, crm.OK)
	for _, w := range want {
		if !strings.Contains("\n"+got.Output, "\n"+w+"\n") {
			r.t.Errorf("%s: list = %q, want a line %q", r.agent, got.Output, w)
		}
	}
}

// hangs plays a device that takes connections and says nothing: the time is over, nothing
// is left behind, and it is no success.
func (r rig) hangs(port int) {
	r.t.Helper()
	// The agent's own patience is longer than the order's.
	deaf := r.with("ipport", strconv.Itoa(port), "login_timeout", "300", "shell_timeout", "300", "ipmitool_timeout", "300")
	got := deaf.run("off", &lrmd.FenceCall{Target: "n2", Plug: "1"}, 3*time.Second)
	if got.RC == crm.OK || got.Status != crm.ExecTimeout || !strings.Contains(got.ExitReason, "did not complete within 3s") {
		r.t.Errorf("%s: off of a device that hangs = %+v, want timed out", r.agent, got)
	}
	waitForNone(r.t, "ipport="+strconv.Itoa(port), "127.0.0.1:"+strconv.Itoa(port), "-p "+strconv.Itoa(port))
}

// waitForNone waits until no process has one of the words in its command line.
func waitForNone(t *testing.T, words ...string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for {
		left := ""
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, f := range files {
			data, _ := os.ReadFile(f)
			line := strings.ReplaceAll(string(data), "\x00", " ")
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
				left = line
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("left running: %s", left)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// opened is a service of a test: its port, and its end with the test's.
func opened(t *testing.T, port int, closeAll func(), err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeAll)
	return strconv.Itoa(port)
}

// patient are parameters of an agent that shares a busy machine with its device.
func patient(port string) map[string]string {
	return map[string]string{"ip": "127.0.0.1", "ipport": port, "username": user, "password": password, "login_timeout": "300", "shell_timeout": "300", "power_timeout": "300", "power_wait": "0"}
}

const refused = "authentication failed"

func TestAPCByTelnet(t *testing.T) {
	needs(t, "fence_apc", "telnet")
	t.Parallel()
	m := NewMachines("n1", "n2")
	playAPC(t, m, func() (int, func(), error) { return Telnet("127.0.0.1:0", APC{m}, user, password) })
}

func TestAPCBySSH(t *testing.T) {
	needs(t, "fence_apc", "ssh")
	t.Parallel()
	m := NewMachines("n1", "n2")
	// By itself the agent asks for version 1 of the protocol, which no ssh has any more.
	playAPC(t, m, func() (int, func(), error) { return SSH("127.0.0.1:0", APC{m}, user, password) }, "ssh", "1", "ssh_options", "-o LogLevel=ERROR")
}

func playAPC(t *testing.T, m *Machines, serve func() (int, func(), error), more ...string) {
	port, closeAll, err := serve()
	r := newRig(t, "fence_apc", patient(opened(t, port, closeAll, err))).with(more...)
	r.lists("1,n1", "2,n2")
	r.switches(m, "2", "n2")
	r.fails("off of a plug that is not there", r.do("off", "n2", "7"), "no such plug")
	r.fails("wrong password", r.with("password", "wrong"+password, "login_timeout", "5", "shell_timeout", "5").do("off", "n2", "2"), refused, "connection timed out")
	r.did(m)
	deaf, closeDeaf, err := Deaf("127.0.0.1:0")
	opened(t, deaf, closeDeaf, err)
	r.hangs(deaf)
}

func TestDRACByTelnet(t *testing.T) {
	needs(t, "fence_drac5", "telnet")
	t.Parallel()
	m := NewMachines("server-1", "server-2")
	playDRAC(t, m, func() (int, func(), error) { return Telnet("127.0.0.1:0", Chassis{m}, user, password) })
}

func TestDRACBySSH(t *testing.T) {
	needs(t, "fence_drac5", "ssh")
	t.Parallel()
	m := NewMachines("server-1", "server-2")
	playDRAC(t, m, func() (int, func(), error) { return SSH("127.0.0.1:0", Chassis{m}, user, password) }, "ssh", "1")
}

func playDRAC(t *testing.T, m *Machines, serve func() (int, func(), error), more ...string) {
	port, closeAll, err := serve()
	r := newRig(t, "fence_drac5", patient(opened(t, port, closeAll, err))).with(more...)
	r.lists("server-1,", "server-2,")
	r.switches(m, "server-2", "server-2")
	r.fails("wrong password", r.with("password", "wrong"+password, "login_timeout", "5", "shell_timeout", "5").do("off", "n2", "server-2"), refused, "connection timed out")
	r.did(m)
	deaf, closeDeaf, err := Deaf("127.0.0.1:0")
	opened(t, deaf, closeDeaf, err)
	r.hangs(deaf)
}

func TestAPCBySNMP(t *testing.T) {
	needs(t, "fence_apc_snmp", "snmpget")
	t.Parallel()
	for _, version := range []string{"1", "2c"} {
		m := NewMachines("n1", "n2")
		port, closeAll, err := RackPDU{m, password}.Serve("127.0.0.1:0")
		r := newRig(t, "fence_apc_snmp", map[string]string{
			"ip": "127.0.0.1", "ipport": opened(t, port, closeAll, err), "community": password, "snmp_version": version, "power_timeout": "300", "power_wait": "0", "shell_timeout": "300",
		})
		r.lists("1,n1", "2,n2")
		if version == "2c" {
			r.wants("off", r.do("off", "n2", "2"), crm.OK)
			r.wants("status when off", r.do("status", "n2", "n2"), lrmd.FenceStatusOff)
			continue
		}
		r.switches(m, "n2", "n2") // by the name that the PDU has for it
		r.wants("status by number", r.do("status", "n2", "2"), crm.OK)
		r.fails("off of a plug that is not there", r.do("off", "n2", "n9"), "Can't find port")
		r.fails("wrong community", r.with("community", "wrong").do("off", "n2", "2"), "Timeout", "connection timed out", "No Response")
		r.did(m)
		deaf, closeDeaf, err := Deaf("127.0.0.1:0")
		opened(t, deaf, closeDeaf, err)
		r.hangs(deaf)
	}
}

func TestIPMI(t *testing.T) {
	needs(t, "fence_ipmilan", "fence_idrac", "ipmitool", "ipmi_sim")
	t.Parallel()
	dir := t.TempDir()
	// IPMI has room for 20 characters of a password.
	b, err := StartBMC(t.Context(), dir, "127.0.0.1", user, "s3cret-of-the-bmc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	for _, agent := range []string{"fence_ipmilan", "fence_idrac"} {
		params := map[string]string{"ip": "127.0.0.1", "username": user, "password": "s3cret-of-the-bmc", "lanplus": "1", "cipher": "3", "power_timeout": "300", "power_wait": "0", "ipmitool_timeout": "60"}
		r := newRig(t, agent, params)
		r.wants("start", r.start(), crm.OK)
		r.wants("status", r.do("status", "n2", ""), crm.OK)
		r.wants("off", r.do("off", "n2", ""), crm.OK)
		if b.On() {
			t.Fatal("off succeeded and the machine is on")
		}
		r.wants("status when off", r.do("status", "n2", ""), lrmd.FenceStatusOff)
		r.wants("on", r.do("on", "n2", ""), crm.OK)
		r.wants("reboot", r.do("reboot", "n2", ""), crm.OK)
		if !b.On() {
			t.Error("reboot left the machine off")
		}
		done := b.Done()
		r.fails("wrong password", r.with("password", "wrong", "ipmitool_timeout", "2").do("off", "n2", ""), "wrong login")
		if got := b.Done(); len(got) != len(done) || !b.On() {
			t.Errorf("a wrong password switched: %q", got[len(done):])
		}
	}
	if got, want := b.Done(), []string{"off", "on", "off", "on"}; !slices.Equal(got, slices.Concat(want, want)) {
		t.Errorf("the BMC did %q, want %q twice", got, want)
	}
	deaf, closeDeaf, err := Deaf("127.0.0.1:0")
	opened(t, deaf, closeDeaf, err)
	newRig(t, "fence_ipmilan", map[string]string{"ip": "127.0.0.1", "username": user, "password": password, "lanplus": "1", "cipher": "3"}).hangs(deaf)
}
