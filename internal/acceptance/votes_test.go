package acceptance

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestTieBreaker: of four nodes that are split evenly, the half with the lowest id goes on
// and the other one stops what it runs. corosync-quorumtool tells the same story.
func TestTieBreaker(t *testing.T) {
	w := newWorld(t, 4, func(o *testcluster.Options) { o.Corosync = "quorum {\n\tauto_tie_breaker: 1\n}\n" })
	w.unfenced()
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	w.until("server1 breaks ties", func() bool {
		return strings.Contains(w.must("server1", "", "crm", "cluster", "status"), "Node server1 (id 1): member, leader, breaks ties") ||
			strings.Contains(w.must("server1", "", "crm", "cluster", "status"), "Node server1 (id 1): member, voter, breaks ties")
	})
	w.contains(w.must("server1", "", "corosync-quorumtool", "-s"), "Expected votes:   4", "Total votes:      4", "AutoTieBreaker", "Quorate:          Yes")
	w.Node("server3").Kill()
	w.Node("server4").Kill()
	w.until("server1 and server2 go on", func() bool {
		out := w.run("server1", "", "crm_mon", "-1")
		return out.Code == 0 && strings.Contains(out.Stdout, "OFFLINE: [ server3 server4 ]") && strings.Contains(out.Stdout, "3 of 5 votes are present")
	})
	w.option("said-by-two", "1")
	w.contains(w.must("server1", "", "corosync-quorumtool", "-s"), "Total votes:      2", "Quorate:          Yes")
	w.boot("server3")
	w.boot("server4")
	w.awaitMembers(4)
	w.settled()
	w.Node("server3").Kill()
	w.until("the loss is known", func() bool { return strings.Contains(w.status("server1"), "OFFLINE: [ server3 ]") })
	w.boot("server3")
	w.awaitMembers(4)
	w.sameCIB()
	// The half without the tie-breaker waits.
	w.Node("server1").Kill()
	w.Node("server2").Kill()
	w.until("server3 has no quorum", func() bool {
		out := w.run("server3", "", "corosync-quorumtool", "-s")
		return out.Code == 2 && strings.Contains(out.Stdout, "Activity blocked")
	})
}

// TestVotesOfNodes: one node has as many votes as the two others together, plus one.
func TestVotesOfNodes(t *testing.T) {
	w := newWorld(t, 3, nil)
	w.unfenced()
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	// Votes are changed as everything in corosync.conf: on all nodes, one after the other.
	for _, n := range w.Nodes {
		conf := strings.Replace(n.CorosyncConf(), "nodeid: 1\n", "nodeid: 1\n\t\tquorum_votes: 3\n", 1)
		if err := os.WriteFile(n.Path("etc/corosync/corosync.conf"), []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []string{"server1", "server2", "server3"} {
		w.end(n, "crmd", syscall.SIGTERM)
		w.end(n, "lrmd", syscall.SIGTERM)
		w.begin(n, "lrmd")
		w.begin(n, "crmd")
		w.awaitMembers(3)
	}
	w.until("server1 has three votes", func() bool {
		return strings.Contains(w.must("server2", "", "crm", "cluster", "status"), "server1 (id 1): member, voter, 3 votes") ||
			strings.Contains(w.must("server2", "", "crm", "cluster", "status"), "server1 (id 1): member, leader, 3 votes")
	})
	w.Node("server2").Kill()
	w.Node("server3").Kill()
	w.until("server1 goes on without the others", func() bool { return w.runsAll("server1") })
	w.contains(w.must("server1", "", "corosync-quorumtool", "-s"), "Expected votes:   5", "Total votes:      3", "Quorum:           3")
}

// TestLastManStanding: nodes die one after the other; who is gone for the window is not
// counted any more, and the last one goes on.
func TestLastManStanding(t *testing.T) {
	w := newWorld(t, 3, func(o *testcluster.Options) {
		o.Corosync = "quorum {\n\tlast_man_standing: 1\n\tlast_man_standing_window: 1000\n\tauto_tie_breaker: 1\n\twait_for_all: 1\n}\n"
	})
	w.unfenced()
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	for _, n := range []string{"server3", "server2"} {
		w.Node(n).Kill()
		w.until(n+" is not counted any more", func() bool {
			out := w.run("server1", "", "crm", "cluster", "status").Stdout
			return strings.Contains(out, n+" (id ") && strings.Contains(out, "lost, learner")
		})
	}
	w.until("server1 runs everything", func() bool { return w.runsAll("server1") })
	w.contains(w.must("server1", "", "corosync-quorumtool", "-s"), "Nodes:            1", "Quorate:          Yes", "LastManStanding")
	w.boot("server2")
	w.boot("server3")
	w.awaitMembers(3)
	w.settled()
	w.until("all are counted again", func() bool {
		return strings.Contains(w.must("server1", "", "crm", "cluster", "status"), "3 of 3 votes are present")
	})
	w.sameCIB()
}
