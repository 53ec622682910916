package bench

import (
	"context"
)

// plannedMove measures crm_resource --move -> the group answers from the target.
func plannedMove(ctx context.Context, s stack, nodes int, provider string, runs int) (Sample, error) {
	b, pr, err := serving(ctx, s, nodes, byDefault, provider)
	if err != nil {
		return nil, err
	}
	defer b.close()
	defer pr.Stop()
	var sample Sample
	for range runs {
		at := b.where(ctx, "vip")
		to := b.cluster.Nodes[0].Name
		if at == to {
			to = b.cluster.Nodes[1].Name
		}
		took, err := b.move(ctx, pr, to)
		if err != nil {
			return sample, err
		}
		sample = append(sample, took.Seconds())
	}
	return sample, nil
}
