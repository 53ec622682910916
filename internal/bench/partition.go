package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// clusterNet is the nodes' own network where the clients have one too (profile.clients).
const clusterNet = 1

// partition cuts the node that serves off from the other two, not from the clients, and
// measures the time from its last answer to the first of the majority (handover: negative
// when both answered at once), and from the cut to that first answer (back).
func partition(ctx context.Context, s stack, runs int) (handover, back Sample, err error) {
	b, pr, err := serving(ctx, s, 3, apart, "heartbeat")
	if err != nil {
		return nil, nil, err
	}
	defer b.close()
	defer pr.Stop()
	for i := range runs {
		if err := b.place(ctx, pr, i%2 == 0); err != nil {
			return handover, back, err
		}
		minority, err := b.runner(ctx, "vip")
		if err != nil {
			return handover, back, err
		}
		if err := b.cut(minority); err != nil {
			return handover, back, err
		}
		cut := time.Now()
		err = b.await(ctx, "the majority answers", func() bool {
			first := pr.FirstFrom(cut, minority.Name)
			return !first.IsZero() && pr.Steady(first.Add(-time.Millisecond), 100)
		})
		if err != nil {
			return handover, back, err
		}
		first := pr.FirstFrom(cut, minority.Name)
		handover = append(handover, first.Sub(pr.LastFrom(minority.Name)).Seconds())
		back = append(back, first.Sub(cut).Seconds())
		if err := b.mend(ctx, minority); err != nil {
			return handover, back, err
		}
	}
	return handover, back, nil
}

// apartFor is how long two unprotected nodes are kept apart.
const apartFor = 8 * time.Second

// reunion cuts two nodes that both go on alone apart, heals them, and measures the
// longest time without an answer that ended after the healing.
func reunion(ctx context.Context, s stack, runs int) (Sample, error) {
	b, pr, err := serving(ctx, s, 2, apart, "heartbeat")
	if err != nil {
		return nil, err
	}
	defer b.close()
	defer pr.Stop()
	var gaps Sample
	for range runs {
		at, err := b.runner(ctx, "vip")
		if err != nil {
			return gaps, err
		}
		if err := b.cut(at); err != nil {
			return gaps, err
		}
		time.Sleep(apartFor)
		healed := time.Now()
		if err := b.mend(ctx, at); err != nil {
			return gaps, err
		}
		together := time.Now()
		if err := b.await(ctx, "one node answers", func() bool { return pr.Steady(together, 200) }); err != nil {
			return gaps, err
		}
		gaps = append(gaps, pr.Outage(healed).Seconds())
	}
	return gaps, nil
}

// cut takes a node from the cluster's network and leaves it on the clients'.
func (b *bed) cut(n *testcluster.Node) error { return n.Cut(clusterNet) }

// mend brings a node back and waits until all are members and agree on the DC.
func (b *bed) mend(ctx context.Context, n *testcluster.Node) error {
	if err := n.Mend(clusterNet); err != nil {
		return err
	}
	if err := b.awaitDC(ctx); err != nil {
		return fmt.Errorf("after healing: %w", err)
	}
	return b.awaitMembers(ctx, len(b.cluster.Nodes))
}
