package bench

import "context"

// formation measures all daemons started at once, empty disks -> every node knows the DC.
func formation(ctx context.Context, s stack, nodes, runs int) (Sample, error) {
	var sample Sample
	for range runs {
		b, err := newBed(ctx, s, nodes, byDefault)
		if err != nil {
			return sample, err
		}
		sample = append(sample, b.formed.Seconds())
		b.close()
	}
	return sample, nil
}
