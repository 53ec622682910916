package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/internal/probe"
)

// failover measures node death -> the service answers from a survivor.
func failover(ctx context.Context, s stack, nodes int, p profile, victimIsDC bool, runs int) (Sample, error) {
	b, pr, err := serving(ctx, s, nodes, p, "heartbeat")
	if err != nil {
		return nil, err
	}
	defer b.close()
	defer pr.Stop()
	var sample Sample
	for range runs {
		took, err := b.kill(ctx, pr, victimIsDC)
		if err != nil {
			return sample, err
		}
		sample = append(sample, took.Seconds())
	}
	return sample, nil
}

// serving starts a cluster whose service answers, and a client that asks it all the time.
// The caller stops the client, then closes the cluster.
func serving(ctx context.Context, s stack, nodes int, p profile, provider string) (*bed, *probe.Probe, error) {
	b, err := newBed(ctx, s, nodes, p)
	if err != nil {
		return nil, nil, err
	}
	pr := probe.Start(ctx, visit)
	if err := b.service(ctx, pr, provider); err != nil {
		pr.Stop()
		b.close()
		return nil, nil, err
	}
	return b, pr, nil
}

// service configures the group and waits until it answers.
func (b *bed) service(ctx context.Context, pr *probe.Probe, provider string) error {
	if err := b.properties(ctx); err != nil {
		return err
	}
	configured := time.Now()
	if err := b.resources(ctx, serviceGroup(provider)); err != nil {
		return err
	}
	return b.await(ctx, "the service answers", func() bool { return pr.Steady(configured, 50) })
}

// kill takes the power of the node that serves away, having made sure that it is, or
// is not, the DC, and waits until a survivor answers. Afterwards the node is back.
func (b *bed) kill(ctx context.Context, pr *probe.Probe, victimIsDC bool) (time.Duration, error) {
	if err := b.place(ctx, pr, victimIsDC); err != nil {
		return 0, err
	}
	victim, err := b.runner(ctx, "vip")
	if err != nil {
		return 0, err
	}
	died := time.Now()
	victim.Kill()
	var first time.Time
	err = b.await(ctx, "a survivor answers", func() bool {
		first = pr.FirstFrom(died, victim.Name)
		return !first.IsZero()
	})
	if err != nil {
		return 0, err
	}
	if err := victim.Boot(); err != nil {
		return 0, err
	}
	if err := b.stack.start(victim, b.profile); err != nil {
		return 0, err
	}
	if err := b.awaitDC(ctx); err != nil {
		return 0, err
	}
	return first.Sub(died), b.awaitMembers(ctx, len(b.cluster.Nodes))
}

// awaitMembers waits until the CIB shows that many nodes as members.
func (b *bed) awaitMembers(ctx context.Context, n int) error {
	return b.await(ctx, fmt.Sprintf("%d nodes are members", n), func() bool {
		got, err := b.first().Run(ctx, "", b.stack.tool("cibadmin", "-Q", "-o", "status")...)
		if err != nil || got.Code != 0 {
			return false
		}
		return countMembers(got.Stdout) == n
	})
}

// place moves the group so that its node is, or is not, the DC.
func (b *bed) place(ctx context.Context, pr *probe.Probe, onDC bool) error {
	dc := b.stack.dc(ctx, b.first())
	at := b.where(ctx, "vip")
	if (at == dc) == onDC && at != "" {
		return nil
	}
	to := dc
	for _, n := range b.cluster.Nodes {
		if !onDC && n.Name != dc {
			to = n.Name
		}
	}
	_, err := b.move(ctx, pr, to)
	return err
}

// move asks for a planned move, waits until the target answers and withdraws the
// constraint again. It returns how long the target took to answer.
func (b *bed) move(ctx context.Context, pr *probe.Probe, to string) (time.Duration, error) {
	from := b.where(ctx, "vip")
	asked := time.Now()
	if _, err := b.run(ctx, b.first(), "crm_resource", "--move", "-r", "svc", "--node", to); err != nil {
		return 0, err
	}
	var first time.Time
	err := b.await(ctx, "the service answers from "+to, func() bool {
		first = pr.FirstFrom(asked, from)
		return !first.IsZero() && pr.Steady(first.Add(-time.Millisecond), 20)
	})
	if err != nil {
		return 0, err
	}
	if _, err := b.run(ctx, b.first(), "crm_resource", "--clear", "-r", "svc"); err != nil {
		return 0, err
	}
	settled := time.Now()
	return first.Sub(asked), b.await(ctx, "the move is forgotten", func() bool { return pr.Steady(settled, 40) })
}
