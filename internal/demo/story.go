package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// address is the service's virtual address.
const address = "10.7.36.142"

// guide is the configuration of the classic two-server LDAP pair, as its guide prints it.
const guide = `primitive ldap_service ocf:heartbeat:ldap \
  meta migration-threshold="2" failure-timeout="90s" \
  op monitor interval="5s" timeout="15s" start_delay="15s" disabled="false" on_fail="standby"
primitive ldap_vip ocf:heartbeat:IPaddr2 params ip="10.7.36.142"
group ldap ldap_service ldap_vip meta target_role="started" collocated="true"
location prefer_server1 ldap 10: server1
verify
commit
`

// quick is the same with a monitor that looks every second and leaves the reaction to
// migration-threshold.
var quick = strings.Replace(guide, `interval="5s" timeout="15s" start_delay="15s" disabled="false" on_fail="standby"`, `interval="1s" timeout="15s"`, 1)

// Run tells the story on out. With keep it calls it after the last act, while the
// cluster still runs, with the nodes.
func Run(ctx context.Context, out io.Writer, keep func([]*testcluster.Node) error) error {
	began, timeline := time.Now(), &Timeline{}
	if err := pair(ctx, out, began, timeline); err != nil {
		return err
	}
	if err := trio(ctx, out, began, timeline, keep); err != nil {
		return err
	}
	timeline.Print(out)
	fmt.Fprintf(out, "\nDone in %.0f s.\n", time.Since(began).Seconds())
	return nil
}

// pair is the first act: two machines, the guide's configuration, a machine's death.
func pair(ctx context.Context, out io.Writer, began time.Time, timeline *Timeline) (err error) {
	s, err := newStage(ctx, out, began, timeline, "server1", "server2")
	if err != nil {
		return err
	}
	defer s.closeAfter(&err)
	server1, server2 := s.cluster.Nodes[0], s.cluster.Nodes[1]
	s.say("Two machines without fencing: start the daemons on both")
	if err := s.form(ctx); err != nil {
		return err
	}
	s.say("The guide's LDAP pair, through crm configure")
	if err := s.tool(ctx, server1, "", "crm_attribute", "--type", "crm_config", "-n", "stonith-enabled", "-v", "false"); err != nil {
		return err
	}
	if err := s.tool(ctx, server1, "", "crm_attribute", "--type", "crm_config", "-n", "no-quorum-policy", "-v", "ignore"); err != nil {
		return err
	}
	if err := s.configure(ctx, server1, guide); err != nil {
		return err
	}
	s.say("server1, which serves, loses its power")
	died := time.Now()
	server1.Kill()
	if _, err := s.awaitService(ctx, "server2", died); err != nil {
		return err
	}
	s.record(s.client.Outage(died), "server1 died; server2 serves")
	if err := s.tool(ctx, server2, "", "crm_mon", "-1"); err != nil {
		return err
	}
	s.say("server1 comes back; the group prefers it")
	back := time.Now()
	if err := s.power(server1); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server1", back); err != nil {
		return err
	}
	s.record(s.client.Outage(back), "server1 came back; the group went home")
	return nil
}

// trio is the second act: three machines, a failing service, a manual move.
func trio(ctx context.Context, out io.Writer, began time.Time, timeline *Timeline, keep func([]*testcluster.Node) error) (err error) {
	s, err := newStage(ctx, out, began, timeline, "server1", "server2", "server3")
	if err != nil {
		return err
	}
	defer s.closeAfter(&err)
	server1 := s.cluster.Nodes[0]
	s.say("Three machines: a majority decides; a monitor every second")
	if err := s.form(ctx); err != nil {
		return err
	}
	if err := s.tool(ctx, server1, "", "crm_attribute", "--type", "crm_config", "-n", "stonith-enabled", "-v", "false"); err != nil {
		return err
	}
	if err := s.configure(ctx, server1, quick); err != nil {
		return err
	}
	for _, scene := range []func(context.Context) error{s.serviceFailsTwice, s.moveByHand, s.serverDies} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	if keep != nil {
		return keep(s.cluster.Nodes)
	}
	return nil
}

// form starts everything and waits for the DC.
func (s *stage) form(ctx context.Context) error {
	start := time.Now()
	for _, n := range s.cluster.Nodes {
		if err := s.power(n); err != nil {
			return err
		}
	}
	dc, err := s.awaitDC(ctx)
	if err != nil {
		return err
	}
	s.record(-1, "%d machines formed a cluster in %.1f s; the DC is %s", len(s.cluster.Nodes), time.Since(start).Seconds(), dc)
	return nil
}

// configure enters a configuration and waits for the service on server1.
func (s *stage) configure(ctx context.Context, n *testcluster.Node, text string) error {
	committed := time.Now()
	if err := s.tool(ctx, n, text, "crm", "configure"); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server1", committed); err != nil {
		return err
	}
	s.record(-1, "the service is up on server1")
	return s.tool(ctx, n, "", "crm_mon", "-1")
}

// serviceFailsTwice kills the LDAP server under the resource: once it is restarted in
// place, the second time migration-threshold sends the group away.
func (s *stage) serviceFailsTwice(ctx context.Context) error {
	server1 := s.cluster.Nodes[0]
	for i, count := range []string{"1", "2"} {
		s.say("The LDAP server on server1 is killed (%d of 2)", i+1)
		killed := time.Now()
		if err := s.killService(server1); err != nil {
			return err
		}
		if err := s.await(ctx, "the failure is counted", func() bool { return s.failures(ctx, server1, "ldap_service") == count }); err != nil {
			return err
		}
		if err := s.serve(server1); err != nil { // as its own supervisor would
			return err
		}
		host := "server1"
		if count == "2" {
			host = ""
		}
		who, err := s.awaitService(ctx, host, time.Now())
		if err != nil {
			return err
		}
		s.record(s.client.Outage(killed), "the service failed (%d of 2); %s serves", i+1, who)
		if count == "2" && who == "server1" {
			return fmt.Errorf("the second failure should have moved the group (migration-threshold is 2)")
		}
	}
	return s.tool(ctx, server1, "", "crm_mon", "-1", "-f")
}

// moveByHand forgets the failures, moves the group with crm_resource and undoes it.
func (s *stage) moveByHand(ctx context.Context) error {
	server1 := s.cluster.Nodes[0]
	s.say("The operator forgives the failures, then moves the group by hand and undoes it")
	start := time.Now()
	if err := s.tool(ctx, server1, "", "crm_resource", "--cleanup", "-r", "ldap_service"); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server1", start); err != nil {
		return err
	}
	s.record(s.client.Outage(start), "failures forgiven; the group went home to server1")
	start = time.Now()
	if err := s.tool(ctx, server1, "", "crm_resource", "-M", "-r", "ldap", "-N", "server2"); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server2", start); err != nil {
		return err
	}
	s.record(s.client.Outage(start), "moved by hand to server2")
	if err := s.tool(ctx, server1, "", "crm_mon", "-1"); err != nil {
		return err
	}
	start = time.Now()
	if err := s.tool(ctx, server1, "", "crm_resource", "--clear", "-r", "ldap"); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server1", start); err != nil {
		return err
	}
	s.record(s.client.Outage(start), "move undone; server1 serves")
	return nil
}

// serverDies takes the serving machine away and brings it back.
func (s *stage) serverDies(ctx context.Context) error {
	server1 := s.cluster.Nodes[0]
	s.say("server1 loses its power; two of three remain")
	died := time.Now()
	server1.Kill()
	who, err := s.awaitService(ctx, "", died.Add(200*time.Millisecond))
	if err != nil {
		return err
	}
	s.record(s.client.Outage(died), "server1 died; %s serves", who)
	back := time.Now()
	if err := s.power(server1); err != nil {
		return err
	}
	if _, err := s.awaitService(ctx, "server1", back); err != nil {
		return err
	}
	s.record(s.client.Outage(back), "server1 came back; the group went home")
	return s.tool(ctx, server1, "", "crm_mon", "-1")
}

// closeAfter ends an act; when it failed, the logs tell why.
func (s *stage) closeAfter(err *error) {
	if *err != nil {
		for _, n := range s.cluster.Nodes {
			fmt.Fprint(s.out, n.Logs(25))
		}
	}
	s.close()
}
