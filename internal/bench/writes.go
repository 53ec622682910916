package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/api"
)

// commandWrite measures one changing command (crm_attribute of a cluster property), in
// milliseconds of wall time.
func commandWrite(ctx context.Context, s stack, nodes, runs int) (Sample, error) {
	b, err := newBed(ctx, s, nodes, byDefault)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.properties(ctx); err != nil {
		return nil, err
	}
	var sample Sample
	for i := range runs {
		began := time.Now()
		if _, err := b.run(ctx, b.first(), "crm_attribute", "-t", "crm_config", "-n", "bench-x", "-v", fmt.Sprint(i)); err != nil {
			return sample, err
		}
		sample = append(sample, float64(time.Since(began).Microseconds())/1000)
	}
	return sample, nil
}

// connectionWrites measures changes per second over open connections, for Tactus only:
// the incumbent has no such connection for a program that is not linked to it.
func connectionWrites(ctx context.Context, s stack, nodes, clients, rounds int) (Sample, error) {
	b, err := newBed(ctx, s, nodes, byDefault)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.properties(ctx); err != nil {
		return nil, err
	}
	client := api.NewClient(filepath.Join(b.first().Root, "run/tactus/crmd.sock"))
	defer client.Close()
	var sample Sample
	for range rounds {
		rate, err := writeRound(ctx, client, clients)
		if err != nil {
			return sample, err
		}
		sample = append(sample, rate)
	}
	return sample, nil
}

// writeRound writes for three seconds with that many clients and returns the rate.
func writeRound(ctx context.Context, client *api.Client, clients int) (float64, error) {
	const round = 3 * time.Second
	var written atomic.Int64
	var wait sync.WaitGroup
	failed := make(chan error, clients)
	began := time.Now()
	for c := range clients {
		wait.Go(func() {
			for i := 0; time.Since(began) < round; i++ {
				xml := fmt.Sprintf(`<cluster_property_set id="cib-bootstrap-options"><nvpair id="bench-%d" name="bench-%d" value="%d"/></cluster_property_set>`, c, c, i)
				_, err := client.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "modify", Scope: "crm_config", XML: xml, AllowCreate: true}}})
				if err != nil {
					failed <- err
					return
				}
				written.Add(1)
			}
		})
	}
	wait.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
	}
	return float64(written.Load()) / time.Since(began).Seconds(), nil
}
