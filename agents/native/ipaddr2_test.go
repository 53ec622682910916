package native

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// network makes two named network namespaces joined by a cable: the first has eth0 with
// 10.7.36.1/24 and fd07::1/64, the second, on the other end, has .2 and ::2.
func network(t *testing.T) (here, there string) {
	t.Helper()
	here, there = fmt.Sprintf("tactus-a-%d", os.Getpid()), fmt.Sprintf("tactus-b-%d", os.Getpid())
	for _, ns := range []string{here, there} {
		ip(t, "netns", "add", ns)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	}
	ip(t, "-n", here, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", there)
	for i, ns := range []string{here, there} {
		ip(t, "-n", ns, "link", "set", "lo", "up")
		ip(t, "-n", ns, "addr", "add", fmt.Sprintf("10.7.36.%d/24", i+1), "brd", "+", "dev", "eth0")
		ip(t, "-n", ns, "addr", "add", fmt.Sprintf("fd07::%d/64", i+1), "nodad", "dev", "eth0")
		ip(t, "-n", ns, "link", "set", "eth0", "up")
	}
	// The kernel takes up to a second to believe in a new cable.
	ip(t, "netns", "exec", here, "ping", "-q", "-c1", "-i0.1", "-w60", "fd07::2")
	return here, there
}

func ip(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func call(t *testing.T, agent, action string, params map[string]string) Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir := os.TempDir()
	return Run(ctx, Request{Agent: agent, Action: action, Resource: "r", Params: params, StateDir: dir, RunDir: dir,
		Hooks: Hooks{Log: func(_ crm.ResourceID, text string) { t.Log(text) }}})
}

func expect(t *testing.T, what string, got Response, want crm.ExitCode) {
	t.Helper()
	if got.RC != want {
		t.Fatalf("%s = %d (%s), want %d", what, got.RC, got.ExitReason, want)
	}
}

// with copies params and sets more of them, given as name, value, ...
func with(params map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	for k, v := range params {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func TestIPaddr2Life(t *testing.T) {
	here, _ := network(t)
	for _, tc := range []struct {
		name   string
		params map[string]string
		show   string // in the output of ip addr show while it runs
	}{
		{"all found from the route", map[string]string{"ip": "10.7.36.142"}, "inet 10.7.36.142/24 brd 10.7.36.255 scope global secondary eth0"},
		{"mask given", map[string]string{"ip": "10.7.36.143", "cidr_netmask": "32"}, "inet 10.7.36.143/32"},
		{"dotted mask", map[string]string{"ip": "10.7.36.143", "cidr_netmask": "255.255.255.0"}, "inet 10.7.36.143/24"},
		{"label", map[string]string{"ip": "10.7.36.144", "iflabel": "web"}, "secondary eth0:web"},
		{"label in nic", map[string]string{"ip": "10.7.36.144", "nic": "eth0:1"}, "secondary eth0:1"},
		{"broadcast reset", map[string]string{"ip": "10.7.36.145", "broadcast": "-"}, "brd 10.7.36.0 "},
		{"no prefix route", map[string]string{"ip": "10.9.0.1", "cidr_netmask": "24", "nic": "eth0", "noprefixroute": "true"}, "noprefixroute"},
		{"instance of a unique clone", map[string]string{"ip": "10.7.36.150", "unique_clone_address": "1", "CRM_meta_clone": "3", "CRM_meta_clone_max": "4"}, "inet 10.7.36.153/24"},
		{"IPv6", map[string]string{"ip": "fd07::142", "nodad": "true"}, "inet6 fd07::142/64 scope global nodad"},
		{"IPv6 deprecated", map[string]string{"ip": "fd07::143", "nodad": "true", "preferred_lft": "0", "lvs_ipv6_addrlabel": "true"}, "deprecated"},
		{"loopback", map[string]string{"ip": "127.0.0.9"}, "inet 127.0.0.9/8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := with(tc.params, "network_namespace", here, "arp_interval", "1")
			expect(t, "probe", call(t, "IPaddr2", "monitor", p), crm.NotRunning)
			expect(t, "stop when stopped", call(t, "IPaddr2", "stop", p), crm.OK)
			begin := time.Now()
			expect(t, "start", call(t, "IPaddr2", "start", p), crm.OK)
			t.Logf("start took %v", time.Since(begin))
			if show := ip(t, "-n", here, "addr", "show"); !strings.Contains(show, tc.show) {
				t.Errorf("ip addr show has no %q:\n%s", tc.show, show)
			}
			expect(t, "start when started", call(t, "IPaddr2", "start", p), crm.OK)
			expect(t, "monitor", call(t, "IPaddr2", "monitor", with(p, "CRM_meta_interval", "10000")), crm.OK)
			expect(t, "validate-all", call(t, "IPaddr2", "validate-all", p), crm.OK)
			expect(t, "stop", call(t, "IPaddr2", "stop", p), crm.OK)
			expect(t, "monitor after stop", call(t, "IPaddr2", "monitor", p), crm.NotRunning)
		})
	}
	if show := ip(t, "-n", here, "addr", "show", "dev", "eth0"); !strings.Contains(show, "10.7.36.1/24") || !strings.Contains(show, "fd07::1/64") {
		t.Errorf("the interface lost its own addresses:\n%s", show)
	}
}

func TestIPaddr2TellsTheNeighbours(t *testing.T) {
	here, there := network(t)
	for _, tc := range []struct{ name, ip, family string }{{"ARP", "10.7.36.142", "-4"}, {"neighbour advertisement", "fd07::142", "-6"}} {
		t.Run(tc.name, func(t *testing.T) {
			const other = "02:00:00:00:00:99" // whom the neighbour remembers instead
			remember := func() {
				ip(t, "-n", there, "neigh", "replace", tc.ip, "lladdr", other, "nud", "stale", "dev", "eth0")
			}
			mac := strings.TrimSpace(ip(t, "netns", "exec", here, "cat", "/sys/class/net/eth0/address"))
			learns := func(when string) {
				t.Helper()
				var neigh string
				for range 3000 { // half a minute, for a busy machine
					if neigh = ip(t, tc.family, "-n", there, "neigh", "show", tc.ip); strings.Contains(neigh, mac) {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				t.Errorf("%s the neighbour has %q, want %s in it", when, neigh, mac)
			}
			p := map[string]string{"ip": tc.ip, "nodad": "true", "network_namespace": here, "arp_interval": "1", "arp_count": "1"}
			again := func() Response { return Announce(t.Context(), Request{Agent: "IPaddr2", Resource: "r", Params: p}) }
			remember()
			expect(t, "start", call(t, "IPaddr2", "start", p), crm.OK)
			learns("after the start")
			remember()
			expect(t, "announcing anew", again(), crm.OK)
			learns("told anew")
			expect(t, "stop", call(t, "IPaddr2", "stop", p), crm.OK)
			remember()
			expect(t, "announcing what is not here", again(), crm.OK)
			if neigh := ip(t, tc.family, "-n", there, "neigh", "show", tc.ip); !strings.Contains(neigh, other) {
				t.Errorf("the neighbour was told of an address that is not here: %q", neigh)
			}
		})
	}
}

func TestIPaddr2Duplicate(t *testing.T) {
	here, _ := network(t)
	p := map[string]string{"ip": "10.7.36.2", "network_namespace": here, "run_arping": "true"}
	res := call(t, "IPaddr2", "start", p)
	expect(t, "start of an address that a neighbour has", res, crm.GenericError)
	if !strings.Contains(res.ExitReason, "already in use by") {
		t.Errorf("exit reason %q does not say who has the address", res.ExitReason)
	}
	expect(t, "monitor", call(t, "IPaddr2", "monitor", p), crm.NotRunning)
	v6 := map[string]string{"ip": "fd07::2", "network_namespace": here}
	expect(t, "start of an IPv6 address that a neighbour has", call(t, "IPaddr2", "start", v6), crm.GenericError)
	expect(t, "monitor", call(t, "IPaddr2", "monitor", v6), crm.NotRunning)
}

func TestIPaddr2LVS(t *testing.T) {
	here, _ := network(t)
	ip(t, "-n", here, "addr", "add", "10.7.36.160/32", "dev", "lo")
	p := map[string]string{"ip": "10.7.36.160", "network_namespace": here, "lvs_support": "true"}
	expect(t, "probe while only the loopback has it", call(t, "IPaddr2", "monitor", p), crm.NotRunning)
	expect(t, "start", call(t, "IPaddr2", "start", p), crm.OK)
	if show := ip(t, "-n", here, "addr", "show", "dev", "lo"); strings.Contains(show, "10.7.36.160") {
		t.Errorf("the loopback interface still has the address:\n%s", show)
	}
	expect(t, "stop", call(t, "IPaddr2", "stop", p), crm.OK)
	if show := ip(t, "-n", here, "addr", "show", "dev", "lo"); !strings.Contains(show, "10.7.36.160/32") {
		t.Errorf("the loopback interface did not get the address back:\n%s", show)
	}
}

func TestIPaddr2InterfaceDown(t *testing.T) {
	here, _ := network(t)
	p := map[string]string{"ip": "10.7.36.142", "network_namespace": here}
	expect(t, "start", call(t, "IPaddr2", "start", p), crm.OK)
	ip(t, "-n", here, "link", "set", "eth0", "down")
	res := call(t, "IPaddr2", "monitor", p)
	expect(t, "monitor with the interface down", res, crm.GenericError)
	if !strings.Contains(res.ExitReason, "eth0 is down") {
		t.Errorf("exit reason %q does not name the interface", res.ExitReason)
	}
	expect(t, "start mends it", call(t, "IPaddr2", "start", with(p, "nic", "eth0", "cidr_netmask", "24")), crm.OK)
	expect(t, "monitor", call(t, "IPaddr2", "monitor", p), crm.OK)
}

func TestIPaddr2BadParameters(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		want   crm.ExitCode
		reason string
	}{
		{"no address", map[string]string{}, crm.NotConfigured, "parameter ip is missing"},
		{"no address but a name", map[string]string{"ip": "web"}, crm.NotConfigured, `ip "web"`},
		{"mask in the address", map[string]string{"ip": "10.0.0.1/24"}, crm.NotConfigured, "cidr_netmask"},
		{"mask too long", map[string]string{"ip": "10.0.0.1", "cidr_netmask": "33"}, crm.NotConfigured, "0 to 32"},
		{"no mask", map[string]string{"ip": "10.0.0.1", "cidr_netmask": "255.0.255.0"}, crm.NotConfigured, "not a mask"},
		{"no such interface", map[string]string{"ip": "10.0.0.1", "nic": "nope0"}, crm.NotInstalled, `"nope0"`},
		{"link-local", map[string]string{"ip": "fe80::1"}, crm.NotConfigured, "nic is needed"},
		{"Cluster IP", map[string]string{"ip": "10.0.0.1", "CRM_meta_clone_max": "2"}, crm.NotConfigured, "Cluster IP"},
		{"LVS and clone", map[string]string{"ip": "10.0.0.1", "CRM_meta_clone_max": "2", "lvs_support": "1"}, crm.NotConfigured, "lvs_support"},
		{"broadcast", map[string]string{"ip": "10.0.0.1", "broadcast": "all"}, crm.NotConfigured, "broadcast"},
		{"label too long", map[string]string{"ip": "127.0.0.2", "iflabel": "averylonglabel"}, crm.NotConfigured, "15 characters"},
		{"count", map[string]string{"ip": "10.0.0.1", "arp_count": "many"}, crm.NotConfigured, "arp_count"},
		{"sender", map[string]string{"ip": "10.0.0.1", "arp_sender": "me"}, crm.NotConfigured, "arp_sender"},
		{"namespace", map[string]string{"ip": "10.0.0.1", "network_namespace": "no-such-ns"}, crm.GenericError, "no-such-ns"},
		{"no route", map[string]string{"ip": "203.0.113.77"}, crm.GenericError, "no network on this node holds 203.0.113.77"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := call(t, "IPaddr2", "start", tc.params)
			if res.RC != tc.want || !strings.Contains(res.ExitReason, tc.reason) {
				t.Errorf("start = %d (%s), want %d (... %s ...)", res.RC, res.ExitReason, tc.want, tc.reason)
			}
		})
	}
}
