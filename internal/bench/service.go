package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// serviceDeath measures kill -9 of the service (monitor every second) -> it answers
// again. The first sample is the whole, the second what remains after the wait for
// the next monitor: the reaction, counted from the failed monitor's own last-run time.
func serviceDeath(ctx context.Context, s stack, nodes, runs int) (whole, reaction Sample, err error) {
	b, pr, err := serving(ctx, s, nodes, byDefault, "heartbeat")
	if err != nil {
		return nil, nil, err
	}
	defer b.close()
	defer pr.Stop()
	for range runs {
		node, err := b.runner(ctx, "web")
		if err != nil {
			return whole, reaction, err
		}
		// A different phase of the monitor's second each time.
		time.Sleep(time.Duration(137*len(whole)%1000) * time.Millisecond)
		killed := time.Now()
		if got, err := node.Run(ctx, "", "sh", "-c", "kill -9 $(cat /run/bench-web.pid)"); err != nil || got.Code != 0 {
			return whole, reaction, fmt.Errorf("killing the service: %v %s", err, got.Stderr)
		}
		var first time.Time
		err = b.await(ctx, "the service answers again", func() bool {
			first = pr.FirstFrom(killed.Add(20*time.Millisecond), "")
			return !first.IsZero() && pr.Steady(killed.Add(20*time.Millisecond), 20)
		})
		if err != nil {
			return whole, reaction, err
		}
		whole = append(whole, first.Sub(killed).Seconds())
		if began := failedMonitor(ctx, node, killed, first); !began.IsZero() {
			reaction = append(reaction, first.Sub(began).Seconds())
		}
		if _, err := b.run(ctx, b.first(), "crm_resource", "--cleanup", "-r", "web"); err != nil {
			return whole, reaction, err
		}
		settled := time.Now()
		if err := b.await(ctx, "all is quiet", func() bool { return pr.Steady(settled, 100) }); err != nil {
			return whole, reaction, err
		}
	}
	return whole, reaction, nil
}

// failedMonitor is when the monitor that noticed the failure began, as the agent noted
// it; zero when it noted none in that time.
func failedMonitor(ctx context.Context, node *testcluster.Node, after, before time.Time) time.Time {
	got, err := node.Run(ctx, "", "cat", monitorLog)
	if err != nil {
		return time.Time{}
	}
	for line := range strings.Lines(got.Stdout) {
		ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if at := time.Unix(0, ns); err == nil && at.After(after) && at.Before(before) {
			return at
		}
	}
	return time.Time{}
}
