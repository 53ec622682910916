package testcluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Switch is the power switch that every node of a cluster hangs on. The cluster under
// test uses it through the fence agent fence_testpower; the test makes it slow, broken
// or dishonest while the cluster runs. It is reached past all networks: cutting a node
// off does not cut it off from the switch (Fault.From does).
type Switch struct {
	cluster  *Cluster
	listener net.Listener
	ctx      context.Context // ends with the switch
	stop     context.CancelFunc
	working  sync.WaitGroup

	mu      sync.Mutex // guards all following fields
	faults  map[string][]Fault
	off     map[string]bool // outlets that are switched off
	broken  map[string]bool // machines that do not boot although they have power
	uses    []Use
	changed chan struct{} // closed and replaced at every change of faults
}

// Fault is what is wrong with the outlet of a node. Several may be set at once.
type Fault struct {
	Delay   time.Duration // the switch thinks so long before anything else
	Fail    string        // it refuses with this text on standard error, and does nothing
	Hang    bool          // it never answers, and does nothing; setting other faults ends the wait
	Lie     bool          // it says "done" and does nothing
	Lost    bool          // it does what it was told and says that it failed
	From    []string      // only for these asking nodes; none: for all
	Actions []string      // only for these actions (off, on, reboot, status, monitor, list); none: for all
}

// Use is one thing that the switch was asked for.
type Use struct {
	At     time.Time
	From   string // the node whose fence agent asked
	Action string
	Plug   string
	Code   int    // exit code of the agent; -1 while it hangs
	Text   string // what the agent said
}

// powerRequest is what the agent sends, powerReply what it is told.
type powerRequest struct {
	From   string
	Action string
	Plug   string
	Fault  Fault // from the agent's own parameters
}

type powerReply struct {
	Code           int
	Stdout, Stderr string
}

func newSwitch(c *Cluster) (*Switch, error) {
	socket := filepath.Join(c.dir, "power.sock")
	_ = os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("power switch: %w", err)
	}
	s := &Switch{cluster: c, listener: listener, faults: map[string][]Fault{}, off: map[string]bool{}, broken: map[string]bool{}, changed: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.working.Go(s.accept)
	return s, nil
}

// SetFaults says what is wrong with a node's outlet from now on; none: all is well. The
// name "" stands for every outlet that has no faults of its own.
func (s *Switch) SetFaults(node string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[node] = faults
	if len(faults) == 0 {
		delete(s.faults, node)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// TurnOff and TurnOn do what the fence agent's off and on do, with no fault.
func (s *Switch) TurnOff(node string) { s.turnOff(s.cluster.Node(node)) }

// TurnOn ends TurnOff; it does nothing to a node that is up.
func (s *Switch) TurnOn(node string) { s.turnOn(s.cluster.Node(node)) }

// KeepDown makes a machine one that does not boot although its outlet is switched on, or
// mends it: then it boots if its outlet is on.
func (s *Switch) KeepDown(node string, down bool) {
	s.mu.Lock()
	s.broken[node] = down
	s.mu.Unlock()
	if !down {
		s.wake(s.cluster.Node(node))
	}
}

// Uses returns what the switch was asked for so far, oldest first.
func (s *Switch) Uses() []Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.uses)
}

func (s *Switch) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.working.Go(func() {
			defer conn.Close()
			s.serve(conn)
		})
	}
}

func (s *Switch) serve(conn net.Conn) {
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		return
	}
	var req powerRequest
	if err := json.Unmarshal(line, &req); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	go func() { // the agent was killed, or its node lost its power: nobody waits any more
		_, _ = conn.Read(make([]byte, 1))
		cancel()
	}()
	s.mu.Lock()
	use := len(s.uses)
	s.uses = append(s.uses, Use{At: time.Now(), From: req.From, Action: req.Action, Plug: req.Plug, Code: -1})
	s.mu.Unlock()
	rep := s.answer(ctx, req)
	s.mu.Lock()
	s.uses[use].Code, s.uses[use].Text = rep.Code, strings.TrimSpace(rep.Stdout+rep.Stderr)
	s.mu.Unlock()
	data, _ := json.Marshal(rep)
	_, _ = conn.Write(append(data, '\n'))
}

// answer applies the faults, then acts.
func (s *Switch) answer(ctx context.Context, req powerRequest) powerReply {
	lost := false
	for _, f := range s.faultsFor(req) {
		if f.Delay > 0 {
			select {
			case <-ctx.Done():
				return powerReply{Code: -1}
			case <-time.After(f.Delay):
			}
		}
		switch {
		case f.Hang:
			s.hang(ctx)
			return powerReply{Code: -1}
		case f.Fail != "":
			return powerReply{Code: 1, Stderr: "fence_testpower: " + f.Fail + "\n"}
		case f.Lie:
			return powerReply{Stdout: "Success: " + req.Action + "\n"}
		}
		lost = lost || f.Lost
	}
	rep := s.act(req)
	if lost {
		return powerReply{Code: 1, Stderr: "fence_testpower: connection to the switch lost\n"}
	}
	return rep
}

func (s *Switch) faultsFor(req powerRequest) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, own := s.faults[req.Plug]
	if !own {
		set = s.faults[""]
	}
	var out []Fault
	for _, f := range append(slices.Clone(set), req.Fault) {
		if (len(f.From) == 0 || slices.Contains(f.From, req.From)) && (len(f.Actions) == 0 || slices.Contains(f.Actions, req.Action)) {
			out = append(out, f)
		}
	}
	return out
}

// hang waits until the one who asked is gone or the faults change.
func (s *Switch) hang(ctx context.Context) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-changed:
	}
}

// act does what an honest switch does.
func (s *Switch) act(req powerRequest) powerReply {
	switch req.Action {
	case "monitor":
		return powerReply{}
	case "list":
		var out strings.Builder
		for _, n := range s.cluster.Nodes {
			fmt.Fprintf(&out, "%s,outlet %d\n", n.Name, n.ID)
		}
		return powerReply{Stdout: out.String()}
	}
	if !s.cluster.Has(req.Plug) {
		return powerReply{Code: 1, Stderr: fmt.Sprintf("fence_testpower: no outlet %q\n", req.Plug)}
	}
	n := s.cluster.Node(req.Plug)
	switch req.Action {
	case "status":
		if s.On(n.Name) {
			return powerReply{Stdout: "Status: ON\n"}
		}
		return powerReply{Code: 2, Stdout: "Status: OFF\n"}
	case "off":
		s.turnOff(n)
	case "on":
		s.turnOn(n)
	case "reboot":
		s.turnOff(n)
		s.turnOn(n)
	default:
		return powerReply{Code: 1, Stderr: fmt.Sprintf("fence_testpower: unknown action %q\n", req.Action)}
	}
	return powerReply{Stdout: "Success: " + req.Action + "\n"}
}

// On reports whether a node has power: it runs, or its outlet is on and it is broken.
func (s *Switch) On(node string) bool {
	s.mu.Lock()
	off, broken := s.off[node], s.broken[node]
	s.mu.Unlock()
	return s.cluster.Node(node).Up() || broken && !off
}

func (s *Switch) turnOff(n *Node) {
	s.mu.Lock()
	s.off[n.Name] = true
	s.mu.Unlock()
	n.Kill()
}

func (s *Switch) turnOn(n *Node) {
	s.mu.Lock()
	s.off[n.Name] = false
	s.mu.Unlock()
	s.wake(n)
}

// wake boots a node that has power and starts what it starts by itself.
func (s *Switch) wake(n *Node) {
	n.power.Lock()
	defer n.power.Unlock()
	s.mu.Lock()
	down := s.off[n.Name] || s.broken[n.Name]
	s.mu.Unlock()
	if down || n.Up() || s.ctx.Err() != nil {
		return
	}
	start := s.cluster.opts.Wake
	if start == nil {
		start = (*Node).StartDaemons
	}
	if err := errors.Join(n.bootLocked(), start(n)); err != nil && s.ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "testcluster: node %s does not come up: %v\n", n.Name, err)
	}
}

func (s *Switch) close() {
	s.stop()
	_ = s.listener.Close()
	s.working.Wait()
}
