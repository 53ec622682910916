package native

import (
	"net"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// Whatever the parameters are, they are refused with a reason or make sense.
func FuzzParameters(f *testing.F) {
	f.Add("10.0.0.1", "24", "eth0:1", "+", "5", "ldap://h:1/x", "dc=a", "(a=b)")
	f.Add("fe80::1%eth0", "255.255.0.0", "", "-", "-1", "ldapi://%2Frun%2Fx", "", "((")
	f.Add("::ffff:1.2.3.4", "/8", ":", "1.2.3.4", "x", "ldaps://[::1]", "cn", "")
	f.Fuzz(func(t *testing.T, ip, mask, nic, broadcast, count, uri, dn, filter string) {
		a, res := parseAddress(Request{Params: map[string]string{"ip": ip, "cidr_netmask": mask, "nic": nic, "broadcast": broadcast, "arp_count": count}})
		if res != nil && (res.RC == crm.OK || res.ExitReason == "") {
			t.Errorf("refused without a reason: %+v", *res)
		}
		if res == nil && (!a.ip.IsValid() || a.bits > a.ip.BitLen() || a.count < 0) {
			t.Errorf("accepted: %+v", a)
		}
		s, res := parseLDAP(Request{Params: map[string]string{"uri": uri, "basedn": dn, "filter": filter}})
		if res != nil && (res.RC == crm.OK || res.ExitReason == "") {
			t.Errorf("refused without a reason: %+v", *res)
		}
		if res == nil && (s.network == "" || s.address == "") {
			t.Errorf("accepted: %+v", s)
		}
	})
}

func FuzzConflict(f *testing.F) {
	f.Add([]byte("\x00\x01\x08\x00\x06\x04\x00\x02aaaaaa\x0a\x00\x00\x01bbbbbb\x0a\x00\x00\x02"))
	s := &arpSocket{ip: [4]byte{10, 0, 0, 1}, own: []net.HardwareAddr{{2, 0, 0, 0, 0, 1}}}
	f.Fuzz(func(t *testing.T, p []byte) {
		if mac, conflict := s.conflict(p); conflict && (len(mac) != 6 || mac.String() == s.own[0].String()) {
			t.Errorf("conflict(%x) = %v", p, mac)
		}
	})
}

func TestConflict(t *testing.T) {
	us, them := "\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02"
	ip, other, none := "\x0a\x00\x00\x01", "\x0a\x00\x00\x02", "\x00\x00\x00\x00"
	s := &arpSocket{ip: [4]byte([]byte(ip)), own: []net.HardwareAddr{net.HardwareAddr(us)}}
	packet := func(op, mac, sender, target string) []byte {
		return []byte("\x00\x01\x08\x00\x06\x04\x00" + op + mac + sender + "\x00\x00\x00\x00\x00\x00" + target)
	}
	for _, tc := range []struct {
		name string
		p    []byte
		want bool
	}{
		{"an answer", packet("\x02", them, ip, other), true},
		{"an announcement", packet("\x01", them, ip, ip), true},
		{"somebody probes too", packet("\x01", them, none, ip), true},
		{"our own answer", packet("\x02", us, ip, other), false},
		{"our own probe", packet("\x01", us, none, ip), false},
		{"a question about it", packet("\x01", them, other, ip), false},
		{"about others", packet("\x02", them, other, other), false},
		{"short", packet("\x02", them, ip, other)[:27], false},
		{"not IPv4", []byte("\x00\x01\x86\xdd\x06\x04\x00\x02" + them + ip + them + ip), false},
	} {
		if _, got := s.conflict(tc.p); got != tc.want {
			t.Errorf("%s: conflict = %v, want %v", tc.name, got, tc.want)
		}
	}
}
