package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/probe"
)

// falseFailovers counts members that were declared dead although nothing was wrong,
// while every core is busy for the given time.
func falseFailovers(ctx context.Context, s stack, nodes int, p profile, cores int, length time.Duration) (int, error) {
	b, err := newBed(ctx, s, nodes, p)
	if err != nil {
		return 0, err
	}
	defer b.close()
	pr := probe.Start(ctx, visit)
	defer pr.Stop()
	if err := b.service(ctx, pr, "heartbeat"); err != nil {
		return 0, err
	}
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
	at := b.where(ctx, "vip")
	<-burning.Done()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	lost := 0
	for _, n := range b.cluster.Nodes {
		data, err := os.ReadFile(n.LogFile("crmd"))
		if err != nil {
			return 0, err
		}
		lost += strings.Count(string(data), lostMark)
	}
	if now := b.where(ctx, "vip"); now != at {
		return lost, fmt.Errorf("the service went from %s to %s although nothing was wrong", at, now)
	}
	return lost, nil
}

// lostMark is how crmd's log says that a member was lost.
const lostMark = `msg="node is lost"`
