package membership

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

const goodConf = `# two nodes, two links
totem {
	version: 2
	cluster_name: ldap
	transport: knet
	token: 300
	interface {
		linknumber: 1
		mcastport: 5407
	}
}

nodelist {
	node {
		name: server2
		nodeid: 2
		ring0_addr: 192.0.2.2
		ring1_addr: 2001:db8::2
	}
	node {
		name: server1
		nodeid: 1
		ring0_addr: 192.0.2.1
		ring1_addr: 2001:db8::1
	}
}

quorum {
	provider: corosync_votequorum
	two_node: 1
}

logging {
	to_logfile: yes
	logfile: /var/log/cluster.log
	to_syslog: no
	logger_subsys {
		subsys: QUORUM
		anything: goes
	}
}
`

func TestParseCorosync(t *testing.T) {
	c, problems := ParseCorosync("corosync.conf", []byte(goodConf))
	if len(problems) != 0 {
		t.Fatalf("problems %v, want none", problems)
	}
	if c.ClusterName != "ldap" || len(c.Nodes) != 2 || c.Nodes[0].Name != "server1" || c.Nodes[1].Addrs[1] != netip.MustParseAddr("2001:db8::2") {
		t.Errorf("nodes: %+v", c.Nodes)
	}
	if len(c.Links) != 2 || c.Links[0].Port != DefaultPort || c.Links[1].Port != 5407 || c.Links[0].Kind != Unicast {
		t.Errorf("links: %+v", c.Links)
	}
	if q := c.Quorum; !q.TwoNode || !q.WaitForAll || q.ExpectedVotes != 2 {
		t.Errorf("quorum: %+v; two_node implies wait_for_all", q)
	}
	if l := c.Log; !l.ToFile || l.ToSyslog || l.File != "/var/log/cluster.log" {
		t.Errorf("log: %+v", l)
	}
	if tm := c.Timing; tm.Dead != 300*time.Millisecond || tm.Heartbeat != 60*time.Millisecond || tm.Source != "corosync.conf: totem.token 300" {
		t.Errorf("timing: %+v", tm)
	}
}

func TestCorosyncProblems(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"unknown key", "token: 300", "tokn: 300", `corosync.conf:6: warning: unknown key "tokn" in section totem, ignored (did you mean "token: 300"?)`},
		{"a qdevice", "quorum {", "quorum {\n device {\n model: net\n }", `corosync.conf:29: warning: there is no qdevice here: the section quorum.device gives no vote, ignored (list the third machine in nodelist, with witness: yes)`},
		{"unknown section", "quorum {", "quorm {", `corosync.conf:28: warning: unknown section "quorm", ignored (did you mean "quorum {"?)`},
		{"not a number", "token: 300", "token: fast", `corosync.conf:6: error: token "fast": want a whole number`},
		{"too fast", "token: 300", "token: 30", "corosync.conf:6: warning: token 30 ms is below what an ordinary kernel can keep; 100 ms is used"},
		{"no version", "	version: 2\n", "", "totem.version is missing (add version: 2 to totem)"},
		{"version 1", "version: 2", "version: 1", `corosync.conf:3: error: totem.version "1": only 2 is known`},
		{"transport", "transport: knet", "transport: sctp", `corosync.conf:5: error: transport "sctp" is not known`},
		{"duplicate name", "name: server2", "name: server1", `node "server1" is listed twice`},
		{"duplicate id", "nodeid: 2", "nodeid: 1", `nodeid 1 of node "server1" is that of node "server2" too (nodeid: 2)`},
		{"duplicate address", "192.0.2.2", "192.0.2.1", `address 192.0.2.1 of node "server1" is that of node "server2" too`},
		{"bad name", "name: server2", "name: server 2", `node name "server 2": a character in it is not allowed`},
		{"bad id", "nodeid: 2", "nodeid: 0", `corosync.conf:16: error: nodeid "0": want a whole number of 1 or more`},
		{"bad address", "192.0.2.2", "192.0.2", `corosync.conf:17: error: ring0_addr "192.0.2" is neither an address nor a host name`},
		{"link missing on one", "		ring1_addr: 2001:db8::2\n", "", "link 1: no ring1_addr on node server2"},
		{"mixed families", "2001:db8::2", "198.51.100.2", "link 1 mixes IPv4 and IPv6 addresses"},
		{"unclosed", "	to_syslog: no\n	logger_subsys {", "	to_syslog: no\n	logger_subsys {\n{", "section logging is not closed"},
		{"closed twice", "	token: 300\n", "	token: 300\n}\n}\n", "corosync.conf:8: error: } without a section that it ends"},
		{"no colon", "token: 300", "token 300", `corosync.conf:6: error: cannot read "token 300" (write KEY: VALUE, SECTION { or })`},
		{"outside", "# two nodes, two links", "token: 5", `corosync.conf:1: error: key "token" stands outside of all sections`},
		{"two_node", "two_node: 1", "two_node: perhaps", `two_node "perhaps": want yes or no`},
		{"expected votes", "two_node: 1", "two_node: 1\nexpected_votes: 3", "expected_votes is 3, but the nodelist has 2 votes"},
		{"downscale", "two_node: 1", "allow_downscale: 1", "allow_downscale is not supported"},
		{"tie of two", "two_node: 1", "two_node: 1\nauto_tie_breaker: 1", "two_node and auto_tie_breaker exclude each other"},
		{"tie-breaker word", "two_node: 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: first", `auto_tie_breaker_node "first": want lowest, highest, or node ids`},
		{"tie-breaker id", "two_node: 1", "auto_tie_breaker: 1\nauto_tie_breaker_node: 1 9", "auto_tie_breaker_node: no node with id 9 votes"},
		{"tie-breaker off", "two_node: 1", "auto_tie_breaker_node: lowest", "auto_tie_breaker_node has no effect while auto_tie_breaker is off"},
		{"tie without waiting", "two_node: 1", "auto_tie_breaker: 1\nwait_for_all: 0", "auto_tie_breaker with an even number of votes (2) needs wait_for_all; it is on"},
		{"last man alone", "two_node: 1", "last_man_standing: 1", "last_man_standing without wait_for_all"},
		{"last man of many votes", "two_node: 1", "last_man_standing: 1\n}\nnodelist {\nnode {\nname: x\nnodeid: 3\nring0_addr: 192.0.2.3\nring1_addr: 2001:db8::3\nquorum_votes: 2\n}", "last_man_standing with unequal votes"},
		{"window", "two_node: 1", "last_man_standing: 1\nlast_man_standing_window: soon", "last_man_standing_window: 10000"},
		{"too many votes", "nodeid: 2", "nodeid: 2\nquorum_votes: 16", `quorum_votes "16": want a whole number from 0 to 15`},
		{"uneven two_node", "nodeid: 2", "nodeid: 2\nquorum_votes: 2", "two_node: 1 with 3 votes"},
		{"lone witness", "nodeid: 2", "nodeid: 2\nwitness: yes", `witness "server2" beside 1 node`},
		{"provider", "corosync_votequorum", "corosync_quorum", `quorum provider "corosync_quorum" is not known`},
		{"no logfile", "	logfile: /var/log/cluster.log\n", "", "to_logfile is on, but no logfile is named"},
		{"no crypto", "token: 300", "crypto_cipher: none", "corosync.conf:6: warning: crypto_cipher: none is ignored"},
		{"not multicast", "mcastport: 5407", "mcastaddr: 192.0.2.9", `mcastaddr "192.0.2.9" is not a multicast address`},
		{"NUL", "token: 300", "tok\x00en: 300", "corosync.conf:6: error: the line holds a NUL byte"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !strings.Contains(goodConf, tc.old) {
				t.Fatalf("the case changes %q, which is not there", tc.old)
			}
			_, problems := ParseCorosync("corosync.conf", []byte(strings.Replace(goodConf, tc.old, tc.new, 1)))
			var all []string
			for _, p := range problems {
				all = append(all, p.String())
			}
			if text := strings.Join(all, "\n"); !strings.Contains(text, tc.want) {
				t.Errorf("problems:\n%s\nwant %q", text, tc.want)
			}
		})
	}
	if _, problems := ParseCorosync("corosync.conf", nil); !Failed(problems) {
		t.Error("an empty file was accepted")
	}
}

// A token that is no number is one mistake, and the corrected form is a usable one.
func TestCorosyncBadTokenIsOneProblem(t *testing.T) {
	for _, value := range []string{"fast", "0", "-1", "4000000000", "1.5"} {
		_, problems := ParseCorosync("c", []byte(strings.Replace(goodConf, "token: 300", "token: "+value, 1)))
		if len(problems) != 1 || !strings.Contains(problems[0].String(), "token: 1000") {
			t.Errorf("token: %s: problems %v, want one that proposes token: 1000", value, problems)
		}
	}
}

func TestCorosyncMulticast(t *testing.T) {
	c, problems := ParseCorosync("c", []byte(strings.Replace(goodConf, "transport: knet", "transport: udp", 1)))
	if Failed(problems) || c.Links[0].Kind != Multicast || !c.Links[0].Group.IsMulticast() {
		t.Errorf("links %+v, %v; want multicast with a group from the cluster's name", c.Links, problems)
	}
}

func TestMissingIDsAreDerived(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(goodConf, "nodeid: 1", ""), "nodeid: 2", "")
	c, problems := ParseCorosync("c", []byte(text))
	if Failed(problems) || c.Nodes[0].ID != 192<<24|2<<8|1 {
		t.Errorf("ids %+v, %v; want the IPv4 address as a number, as corosync does", c.Nodes, problems)
	}
}

func TestDigestIsEqualOnAllNodesAndSeesChanges(t *testing.T) {
	a, _ := ParseCorosync("a", []byte(goodConf))
	b, _ := ParseCorosync("b", []byte(goodConf))
	a.Local, b.Local, b.Keys = "server1", "server2", [][]byte{{1}}
	if a.Digest() != b.Digest() {
		t.Error("the same file gives different digests on two nodes")
	}
	b, _ = ParseCorosync("b", []byte(strings.Replace(goodConf, "token: 300", "token: 400", 1)))
	if a.Digest() == b.Digest() {
		t.Error("another token gives the same digest")
	}
}

func TestTimingDefaults(t *testing.T) {
	tm := TimingFromToken(0, 0, "nothing said")
	if tm.Failover() > 1500*time.Millisecond {
		t.Errorf("default failover %v, want at most 1.5 s", tm.Failover())
	}
	if fast := TimingFromToken(400*time.Millisecond, 0, "x"); fast.Failover() > 600*time.Millisecond {
		t.Errorf("fast failover %v, want at most 0.6 s", fast.Failover())
	}
	for _, tm := range []Timing{tm, TimingFromHeartbeat(HeartbeatTimes{}, "ha.cf"), TimingFromHeartbeat(HeartbeatTimes{Keepalive: 2 * time.Second}, "ha.cf"),
		TimingFromHeartbeat(HeartbeatTimes{Deadtime: 30 * time.Second, Keepalive: time.Second}, "ha.cf"), TimingFromToken(time.Millisecond, 0, "x")} {
		if !(tm.Heartbeat*2 < tm.Dead && tm.Warn <= tm.Dead && tm.InitDead >= tm.Dead && tm.Election >= tm.Dead && tm.RaftTick > 0) {
			t.Errorf("%+v: intervals contradict each other", tm)
		}
	}
	lines := strings.Join(tm.Lines(), "\n")
	for _, want := range []string{"Timing from nothing said", "dead after", "1.00 s", "default", "~1.15 s"} {
		if !strings.Contains(lines, want) {
			t.Errorf("Lines():\n%s\nlack %q", lines, want)
		}
	}
}

func FuzzParseCorosync(f *testing.F) {
	f.Add([]byte(goodConf))
	f.Add([]byte("totem {\n interface {\n member {\n}\n}\n}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := ParseCorosync("corosync.conf", data)
		if !Failed(problems) && (len(c.Nodes) == 0 || len(c.Links) == 0 || c.Timing.Dead <= 0) {
			t.Errorf("no error, but %+v from %q", c, data)
		}
	})
}

const witnessNode = `	node {
		name: judge
		nodeid: 3
		ring0_addr: 192.0.2.3
		ring1_addr: 2001:db8::3
		witness: yes
	}
`

func TestCorosyncQuorumOptions(t *testing.T) {
	for _, tc := range []struct {
		name, old, new string
		want           QuorumConfig
	}{
		{"two nodes", "", "", QuorumConfig{ExpectedVotes: 2, TwoNode: true, WaitForAll: true}},
		{"two nodes that do not wait", "two_node: 1", "two_node: 1\nwait_for_all: 0", QuorumConfig{ExpectedVotes: 2, TwoNode: true}},
		{"tie-breaker", "two_node: 1", "auto_tie_breaker: 1", QuorumConfig{ExpectedVotes: 2, WaitForAll: true, TieBreaker: "lowest"}},
		{"tie-breakers by id", "two_node: 1", "auto_tie_breaker: 1\nauto_tie_breaker_node:  2   1", QuorumConfig{ExpectedVotes: 2, WaitForAll: true, TieBreaker: "2 1"}},
		{"last man", "two_node: 1", "last_man_standing: 1\nwait_for_all: 1", QuorumConfig{ExpectedVotes: 2, WaitForAll: true, LastManStanding: 10 * time.Second}},
		{"last man soon", "two_node: 1", "last_man_standing: 1\nlast_man_standing_window: 2500\nwait_for_all: 1", QuorumConfig{ExpectedVotes: 2, WaitForAll: true, LastManStanding: 2500 * time.Millisecond}},
		{"no tie with odd votes", "two_node: 1\n}", "auto_tie_breaker: 1\n}\nnodelist {\n" + witnessNode + "}\n", QuorumConfig{ExpectedVotes: 3, TieBreaker: "lowest"}},
	} {
		c, problems := ParseCorosync("c", []byte(strings.Replace(goodConf, tc.old, tc.new, 1)))
		tc.want.Provider = "corosync_votequorum"
		if Failed(problems) || c.Quorum != tc.want {
			t.Errorf("%s: %+v, %v; want %+v", tc.name, c.Quorum, problems, tc.want)
		}
	}
}

func TestCorosyncWitness(t *testing.T) {
	with := func(node string) (Config, []Problem) {
		return ParseCorosync("c", []byte(strings.Replace(goodConf, "two_node: 1", "two_node: 0", 1)+"\nnodelist {\n"+node+"}\n"))
	}
	c, problems := with(witnessNode)
	if n, _ := c.Node("judge"); Failed(problems) || !n.Witness || c.Witnesses() != 1 || c.Quorum.ExpectedVotes != 3 {
		t.Errorf("%+v, %v", c.Nodes, problems)
	}
	if _, problems := with(strings.Replace(witnessNode, "witness: yes", "witness: yes\nquorum_votes: 0", 1)); !strings.Contains(ProblemsError(problems).Error(), `witness "judge" has no vote`) {
		t.Errorf("a witness without a vote: %v", problems)
	}
	if _, problems := ParseCorosync("c", []byte(goodConf+"\nnodelist {\n"+witnessNode+"}\n")); !strings.Contains(ProblemsError(problems).Error(), "two_node: 1 with a witness") {
		t.Errorf("two_node with a witness: %v", problems)
	}
}
