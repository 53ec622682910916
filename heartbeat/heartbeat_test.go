package heartbeat

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/membership"
)

func TestParseTime(t *testing.T) {
	ms := time.Millisecond
	for _, tc := range []struct {
		in   string
		want time.Duration
		bad  bool
	}{
		{"2", 2000 * ms, false}, {"1.7", 1700 * ms, false}, {".5", 500 * ms, false}, {"500ms", 500 * ms, false},
		{"500 msec", 500 * ms, false}, {"500MS", 500 * ms, false}, {"1500us", 2 * ms, false}, {"1us", 0, false}, {"3000 USEC", 3 * ms, false},
		{"2s", 0, true}, {"1m", 0, true}, {"2min", 0, true}, {"1h", 0, true}, {"-1", 0, true}, {"", 0, true}, {"ms", 0, true}, {"1.2.3", 0, true}, {"9999999999", 0, true},
	} {
		got, err := ParseTime(tc.in)
		if got != tc.want || (err != nil) != tc.bad {
			t.Errorf("ParseTime(%q) = %v, %v; want %v, error %v", tc.in, got, err, tc.want, tc.bad)
		}
	}
}

func TestParseBool(t *testing.T) {
	for in, want := range map[string]string{"on": "true", "YES": "true", "y": "true", "1": "true", "off": "false", "No": "false", "n": "false", "0": "false",
		"": "bad", "maybe": "bad", "2": "bad", "enabled": "bad"} {
		got, err := ParseBool(in)
		if (err != nil) != (want == "bad") || err == nil && got != (want == "true") {
			t.Errorf("ParseBool(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
}

const good = `# both nodes have this file
logfacility	local0	# syslog
keepalive 200ms
deadtime 2
warntime 1000ms
initdead 30
udpport 695
ucast eth0 192.0.2.1, 192.0.2.2
mcast eth1 239.0.0.42 694 1 0
auto_failback off
node Server1,SERVER2
crm respawn
`

func TestParseHA(t *testing.T) {
	ha, problems := ParseHA("ha.cf", []byte(good))
	if len(problems) != 0 {
		t.Fatalf("problems %v, want none", problems)
	}
	c, more := ha.Config()
	if len(more) != 0 || len(c.Nodes) != 2 || len(c.Links) != 2 || c.HeartbeatV1 || c.Failback != "off" || c.Log.Facility != "local0" {
		t.Errorf("Config() = %+v, %v", c, more)
	}
	if _, ok := c.Node("server2"); !ok {
		t.Error("node names must be in lower case")
	}
	if l := c.Links[0]; l.Kind != membership.Unicast || l.Port != 695 || len(l.Peers) != 2 {
		t.Errorf("link 0 = %+v, want unicast to two peers at port 695", l)
	}
	if l := c.Links[1]; l.Kind != membership.Multicast || l.Port != 694 || l.Group.String() != "239.0.0.42" {
		t.Errorf("link 1 = %+v, want multicast", l)
	}
	if tm := c.Timing; tm.Dead != 2*time.Second || tm.Heartbeat != 200*time.Millisecond || tm.Warn != time.Second || tm.InitDead != 30*time.Second {
		t.Errorf("timing = %+v", tm)
	}
}

// TestWitnessOfHA: with a witness two nodes are an ordinary majority of three votes.
func TestWitnessOfHA(t *testing.T) {
	ha, problems := ParseHA("ha.cf", []byte(good+"witness Small\n"))
	c, more := ha.Config()
	if len(problems)+len(more) != 0 {
		t.Fatalf("problems %v %v, want none", problems, more)
	}
	if n, ok := c.Node("small"); !ok || !n.Witness || n.Votes != 1 || c.Witnesses() != 1 {
		t.Errorf("node small = %+v, %v; want a witness with one vote", n, ok)
	}
	if c.Quorum.TwoNode || c.Quorum.ExpectedVotes != 3 {
		t.Errorf("quorum = %+v, want three votes, no two_node", c.Quorum)
	}
}

func TestBadHA(t *testing.T) {
	for _, tc := range []struct{ name, change, line, want string }{
		{"unknown word", "keepalive 200ms", "kepalive 2", `ha.cf:3: error: unknown directive "kepalive" (did you mean "keepalive 2"?)`},
		{"bad unit", "deadtime 2", "deadtime 2s", `ha.cf:4: error: deadtime "2s": seconds are written without a unit: 2 (deadtime 2)`},
		{"deadtime too short", "deadtime 2", "deadtime 400ms", "ha.cf:4: error: deadtime 400ms is not more than twice keepalive 200ms (keepalive 80ms)"},
		{"initdead too short", "initdead 30", "initdead 1", "ha.cf:6: error: initdead 1 is shorter than deadtime 2 (initdead 10)"},
		{"warntime too long", "warntime 1000ms", "warntime 10", "ha.cf:5: warning: warntime 10 is not less than deadtime 2"},
		{"not multicast", "mcast eth1 239.0.0.42", "mcast eth1 255.0.0.1", `ha.cf:9: error: mcast: "255.0.0.1" is not a multicast group (224.0.0.0 to 239.255.255.255) (mcast eth1 239.0.0.1 694 1 0)`},
		{"ttl", "694 1 0", "694 9 0", `ha.cf:9: error: mcast: ttl "9": want a whole number from 0 to 4`},
		{"loop", "694 1 0", "694 1 2", `ha.cf:9: error: mcast: loop "2"`},
		{"mcast fields", "mcast eth1 239.0.0.42 694 1 0", "mcast eth1 239.0.0.42", "ha.cf:9: error: mcast: 5 argument(s) needed, 2 given"},
		{"ucast without peer", "ucast eth0 192.0.2.1, 192.0.2.2", "ucast eth0", "ha.cf:8: error: ucast: 2 argument(s) needed, 1 given (ucast eth0 192.0.2.2)"},
		{"facility", "local0", "LOCAL0", `ha.cf:2: error: logfacility "LOCAL0" is not known`},
		{"boolean", "auto_failback off", "auto_failback perhaps", `ha.cf:10: error: auto_failback "perhaps": want on, off or legacy`},
		{"node twice", "node Server1,SERVER2", "node server1 Server1", `ha.cf:11: error: node "server1" is listed twice`},
		{"no node", "node Server1,SERVER2", "", "ha.cf: error: no node is listed"},
		{"port late", "auto_failback off", "auto_failback off\nudpport 700", "ha.cf:11: warning: udpport comes after a medium"},
		{"baud", "initdead 30", "baud 300", `ha.cf:6: error: baud "300"`},
		{"autojoin", "crm respawn", "autojoin any", "autojoin any needs crm on"},
		{"logging off", "logfacility	local0", "use_logd off", "ha.cf:2: error: all logging is off"},
		{"nice_failback", "auto_failback off", "nice_failback on", "ha.cf:10: warning: nice_failback is obsolete (auto_failback off)"},
		{"serial is said to be unused", "initdead 30", "serial /dev/ttyS0", "ha.cf:6: warning: serial is accepted, but serial links are not used"},
		{"quorum server", "initdead 30", "quorum_server qs", `ha.cf:6: warning: quorum_server is accepted, but there is no quorumd: a third vote is a witness; write "witness NAME" on all machines`},
		{"two witnesses", "initdead 30", "witness w1 w2", `ha.cf:6: error: node "w2" is a second witness (the first is "w1"): one is enough`},
		{"a witness that is a node", "initdead 30", "witness server2", `node "server2" is listed twice`},
		{"CRLF", "deadtime 2", "deadtime 2\r", "ha.cf:4: warning: lines end in CR LF"},
		{"NUL", "deadtime 2", "dead\x00time 2", "ha.cf:4: error: the line holds a NUL byte"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ha, problems := ParseHA("ha.cf", []byte(strings.Replace(good, tc.change, tc.line, 1)))
			_, more := ha.Config()
			var all []string
			for _, p := range append(problems, more...) {
				all = append(all, p.String())
			}
			if text := strings.Join(all, "\n"); !strings.Contains(text, tc.want) {
				t.Errorf("problems:\n%s\nwant %q", text, tc.want)
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	_, problems := ParseHA("ha.cf", []byte("nod a\ndeadtime 1h\nbcats eth0\n"))
	if n := len(problems); n < 4 {
		t.Errorf("%d problems %v, want every mistake", n, problems)
	}
}

func TestEveryDirectiveLoads(t *testing.T) {
	for _, word := range Directives() {
		d := directives[word]
		text := d.usage
		if text == "" {
			text = word + strings.Repeat(" 1", max(1, d.args))
		}
		_, problems := ParseHA("ha.cf", []byte(text+"\n"))
		for _, p := range problems {
			if p.Level == membership.Error && p.Line == 1 && !strings.Contains(p.Msg, "initdead 12") && word != "autojoin" {
				t.Errorf("%q: %v", text, p)
			}
		}
	}
}

func TestParseAuthkeys(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		keys     int
		want     string
	}{
		{"sha1", "auth 1\n1 sha1 secret\n", 1, ""},
		{"change of keys", "# new first\nauth 2\n1 sha1 old\n2 md5 new\n", 2, ""},
		{"crc", "auth 0\n0 crc\n", 1, "warning: crc protects from accidents only"},
		{"crc with key", "auth 1\n1 crc secret\n", 1, "authkeys:2: error: key 1: crc takes no key (1 crc, or: 1 sha1 SECRET)"},
		{"sha1 without key", "auth 1\n1 sha1\n", 1, "authkeys:2: error: key 1: sha1 needs a key of one word, 0 given (1 sha1 SECRET)"},
		{"two words", "auth 1\n1 sha1 my secret\n", 1, "needs a key of one word, 2 given"},
		{"auth after key", "1 sha1 secret\nauth 1\n", 1, "authkeys:1: error: a key stands before the auth line (put auth 1 before the keys)"},
		{"no auth", "1 sha1 secret\n", 1, "no auth line says which key signs (add in front: auth 1)"},
		{"no such index", "auth 3\n1 sha1 secret\n", 1, "authkeys:1: error: auth 3: no key has that index"},
		{"twice", "auth 1\n1 sha1 a\n1 sha1 b\n", 1, "authkeys:3: error: key 1 is given twice (first in line 2)"},
		{"range", "auth 16\n16 sha1 a\n", 1, `index "16": want one number from 0 to 15`},
		{"method", "auth 1\n1 sha256 a\n", 1, `key 1: method "sha256" is not known`},
		{"empty", "# nothing\n", 0, "the key file is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, problems := ParseAuthkeys("authkeys", []byte(tc.in))
			var all []string
			for _, p := range problems {
				all = append(all, p.String())
			}
			text := strings.Join(all, "\n")
			if tc.want == "" && (text != "" || len(a.Secrets("c")) != tc.keys) || !strings.Contains(text, tc.want) {
				t.Errorf("ParseAuthkeys: %d keys, problems %q; want %d, %q", len(a.Keys), text, tc.keys, tc.want)
			}
			if strings.Contains(text, "my secret") {
				t.Error("a message shows the secret")
			}
		})
	}
	a, _ := ParseAuthkeys("authkeys", []byte("auth 2\n1 sha1 old\n2 md5 new\n"))
	if got := string(a.Secrets("c")[0]); got != "md5 new" {
		t.Errorf("first secret %q, want the one that auth names", got)
	}
}

func FuzzParseHA(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("node\nmcast a b c d e\ndeadtime 1e9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ha, _ := ParseHA("ha.cf", data)
		ha.Config()
	})
}

func FuzzParseAuthkeys(f *testing.F) {
	f.Add([]byte("auth 1\n1 sha1 x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, problems := ParseAuthkeys("authkeys", data)
		if !membership.Failed(problems) && len(a.Secrets("c")) == 0 {
			t.Errorf("no error and no key for %q", data)
		}
	})
}
