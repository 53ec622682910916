package tools

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
)

// The layout is what pcs, crmsh and the exporter read: names, their order, and the rows.
var quorumtoolLayout = regexp.MustCompile(`(?s)^Quorum information\n-+\nDate:             .*Quorum provider:  corosync_votequorum\nNodes:            \d+\nNode ID:          \d+\n` +
	`Ring ID:          \S+\nQuorate:          (Yes|No)\n\nVotequorum information\n-+\nExpected votes:   \d+\nHighest expected: \d+\nTotal votes:      \d+\nQuorum:           \d+ .*\n` +
	`Flags:            .*\n\nMembership information\n-+\n +Nodeid +Votes Name\n( +\d+ +\d+ \S+( \(local\))?\n)+$`)

func TestCorosyncQuorumtool(t *testing.T) {
	member := func(id int, name string, alive bool, votes int) api.MemberStatus {
		return api.MemberStatus{ID: crm.NodeID(id), Name: crm.NodeName(name), Alive: alive, Votes: votes, Links: []api.LinkStatus{{Remote: "192.0.2." + string(rune('0'+id))}}}
	}
	trio := api.Status{Node: "n1", NodeID: 1, DC: "n2", Quorate: true, Votes: api.Votes{Configured: 3}, Members: []api.MemberStatus{member(1, "n1", true, 1), member(2, "n2", true, 1), member(3, "n3", false, 1)}}
	cut := trio
	cut.Quorate, cut.Members = false, []api.MemberStatus{member(1, "n1", true, 1), member(2, "n2", false, 1), member(3, "n3", false, 1)}
	pair := api.Status{Node: "n1", NodeID: 1, DC: "n1", Quorate: true, Votes: api.Votes{Configured: 2, Flags: []string{"2Node", "WaitForAll"}}, Members: []api.MemberStatus{member(1, "n1", true, 1), member(2, "n2", false, 0)}}
	for _, tc := range []struct {
		name   string
		status api.Status
		args   string
		code   int
		wants  []string
	}{
		{"quorate", trio, "-s", 0, []string{"Nodes:            2\n", "Quorate:          Yes\n", "Expected votes:   3\nHighest expected: 3\nTotal votes:      2\nQuorum:           2 \nFlags:            Quorate \n", "         1          1 n1 (local)\n         2          1 n2\n"}},
		{"as pcs asks", trio, "-p", 0, []string{"Quorate:          Yes\n"}},
		{"cut off", cut, "-s", 2, []string{"Quorate:          No\n", "Quorum:           2 Activity blocked\nFlags:            \n"}},
		{"cut off, as pcs asks", cut, "-p", 1, []string{"Total votes:      1\n"}},
		{"two nodes", pair, "-s", 0, []string{"Expected votes:   2\n", "Quorum:           1 \nFlags:            2Node Quorate WaitForAll \n"}},
		{"addresses", trio, "-s -i", 0, []string{"         2          1 192.0.2.2\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, env := startFake(t)
			f.status = tc.status
			r := tool(t, "", env, append([]string{"corosync-quorumtool"}, strings.Fields(tc.args)...)...)
			if r.code != tc.code || !quorumtoolLayout.MatchString(r.out) {
				t.Errorf("exit code %d, want %d; output\n%s%s", r.code, tc.code, r.out, r.errors)
			}
			for _, want := range tc.wants {
				if !strings.Contains(r.out, want) {
					t.Errorf("output\n%s\nwant %q", r.out, want)
				}
			}
		})
	}
	_, env := startFake(t)
	if r := tool(t, "", env, "corosync-quorumtool", "-e", "2"); r.code != 1 || !strings.Contains(r.errors, "quorum_votes in corosync.conf") {
		t.Errorf("-e: exit code %d, %s", r.code, r.errors)
	}
	if r := tool(t, "", map[string]string{"TACTUS_ROOT": t.TempDir()}, "corosync-quorumtool", "-s"); r.code != 1 || !strings.Contains(r.errors, "Cannot initialize QUORUM service") {
		t.Errorf("nothing runs: exit code %d, %s", r.code, r.errors)
	}
}
