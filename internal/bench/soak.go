package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// falseFailovers counts members that were declared dead although nothing was wrong,
// while every core is busy for the given time and, now and then, a node stands still for
// 300 ms, as under a hypervisor. away is the longest time in which the service did not
// answer. The error of a run that lost one names the folder where its logs are kept.
func falseFailovers(ctx context.Context, s stack, nodes int, p profile, cores int, length time.Duration) (lost int, away time.Duration, err error) {
	b, pr, err := serving(ctx, s, nodes, p, "heartbeat")
	if err != nil {
		return 0, 0, err
	}
	defer b.close()
	defer pr.Stop()
	burning, stop := context.WithTimeout(ctx, length)
	defer stop()
	for range cores {
		go func() {
			for x := 0; burning.Err() == nil; {
				for range 1 << 20 {
					x++
				}
			}
		}()
	}
	at, began := b.where(ctx, "vip"), time.Now()
	if err := winks(burning, b.cluster.Nodes); err != nil {
		return 0, 0, err
	}
	<-burning.Done()
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	logs := map[string][]byte{}
	for _, n := range b.cluster.Nodes {
		data, err := os.ReadFile(n.LogFile("crmd"))
		if err != nil {
			return 0, 0, err
		}
		logs[n.Name] = data
		lost += strings.Count(string(data), lostMark)
	}
	now := b.where(ctx, "vip")
	if lost > 0 || now != at {
		err = fmt.Errorf("%d members lost, the service was on %s and is on %s, although nothing was wrong; logs: %s", lost, at, now, keepLogs(logs))
	}
	return lost, pr.Outage(began), err
}

// keepLogs writes the logs of nodes into a new folder and returns its name.
func keepLogs(logs map[string][]byte) string {
	dir, err := os.MkdirTemp("", "tactus-soak")
	if err != nil {
		return err.Error()
	}
	for node, data := range logs {
		if err := os.WriteFile(filepath.Join(dir, node+".log"), data, 0o644); err != nil {
			return err.Error()
		}
	}
	return dir
}

// Winks: how long a node stands still, and the longest time between two of them.
const (
	wink         = 300 * time.Millisecond
	betweenWinks = 5 * time.Second
)

// winks stops random nodes for a moment, one after the other, until ctx ends.
func winks(ctx context.Context, nodes []*testcluster.Node) error {
	dice := rand.New(rand.NewPCG(1, 2))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(dice.Int64N(int64(betweenWinks)))):
		}
		n := nodes[dice.IntN(len(nodes))]
		if err := n.Pause(); err != nil {
			return err
		}
		time.Sleep(wink) // also when ctx ends: the node must go on
		if err := n.Resume(); err != nil {
			return err
		}
	}
}

// lostMark is how crmd's log says that a member was lost.
const lostMark = `msg="node is lost"`
