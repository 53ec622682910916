package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/internal/probe"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// stage is where an act plays: a cluster, a client, and what has been measured.
type stage struct {
	cluster  *testcluster.Cluster
	client   *probe.Probe
	out      io.Writer
	began    time.Time
	timeline *Timeline
	program  string // this executable, which is also the LDAP responder
}

// awaitLimit bounds every wait of the demonstration: past it something is wrong.
const awaitLimit = 30 * time.Second

func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.out, "\n\033[1m[%5.1f s] %s\033[0m\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

func (s *stage) record(outage time.Duration, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	s.timeline.events = append(s.timeline.events, event{time.Since(s.began), what, outage})
	if outage >= 0 {
		fmt.Fprintf(s.out, "   -> %s; the client had no answer for %d ms\n", what, outage.Milliseconds())
	} else {
		fmt.Fprintf(s.out, "   -> %s\n", what)
	}
}

// power boots a node and starts its LDAP responder and daemons.
func (s *stage) power(n *testcluster.Node) error {
	if !n.Up() {
		if err := n.Boot(); err != nil {
			return err
		}
	}
	if err := s.serve(n); err != nil {
		return err
	}
	return n.StartDaemons()
}

func (s *stage) serve(n *testcluster.Node) error {
	return n.Start("ldap", nil, s.program, ResponderCommand)
}

func (s *stage) killService(n *testcluster.Node) error { return n.Signal("ldap", syscall.SIGKILL) }

// tool runs a command-line tool on a node, shows both, and fails when the tool does.
func (s *stage) tool(ctx context.Context, n *testcluster.Node, stdin string, args ...string) error {
	fmt.Fprintf(s.out, "%s# %s\n", n.Name, strings.Join(args, " "))
	for line := range strings.Lines(stdin) {
		fmt.Fprintf(s.out, "  | %s", line)
	}
	got, err := n.ToolWithInput(ctx, stdin, args...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(got.Stdout + got.Stderr) {
		fmt.Fprintf(s.out, "    %s", line)
	}
	if got.Code != 0 {
		return fmt.Errorf("%s on %s: exit code %d", args[0], n.Name, got.Code)
	}
	return nil
}

// await polls a condition; it returns an error that names what did not come about.
func (s *stage) await(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, awaitLimit)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain until %s", awaitLimit, what)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// steady is how many answers in a row from one machine count as "it serves".
const steady = 30

// awaitService waits until host ("" for any) has given a run of answers after since,
// and returns who serves.
func (s *stage) awaitService(ctx context.Context, host string, since time.Time) (string, error) {
	who := host
	err := s.await(ctx, "the service answers from "+orAny(host), func() bool {
		if host == "" {
			who = s.client.Last(since)
		}
		return who != "" && s.client.Answers(who, since) >= steady && s.client.Last(since) == who
	})
	return who, err
}

func orAny(host string) string {
	if host == "" {
		return "any machine"
	}
	return host
}

// awaitDC waits until the nodes' crmd agree on a DC.
func (s *stage) awaitDC(ctx context.Context) (dc string, err error) {
	err = s.await(ctx, "the nodes have elected a DC", func() bool {
		for _, n := range s.cluster.Nodes {
			got, err := n.Tool(ctx, "crmadmin", "-D", "-q")
			dc = strings.TrimSpace(got.Stdout)
			if err != nil || !s.cluster.Has(dc) {
				return false
			}
		}
		return true
	})
	return dc, err
}

// failures reads a resource's failcount on a node.
func (s *stage) failures(ctx context.Context, n *testcluster.Node, resource string) string {
	got, err := n.Tool(ctx, "crm_failcount", "-G", "-q", "-r", resource, "-N", n.Name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(got.Stdout)
}

// ResponderCommand is the argument that makes the program an LDAP responder.
const ResponderCommand = "ldap-responder"

func newStage(ctx context.Context, out io.Writer, began time.Time, timeline *Timeline, nodes ...string) (*stage, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cluster, err := testcluster.New(testcluster.Options{Nodes: nodes, Links: 2})
	if err != nil {
		return nil, err
	}
	return &stage{cluster, startClient(ctx), out, began, timeline, program}, nil
}

func (s *stage) close() {
	s.client.Stop()
	s.cluster.Close()
}
