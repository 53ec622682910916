package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// fencedFailover measures node death -> the service answers from a survivor, with fencing
// on and a device that acts at once: the power switch of the test cluster, which boots
// the node again.
func fencedFailover(ctx context.Context, s stack, nodes int, victimIsDC bool, runs int) (Sample, error) {
	b, pr, err := serving(ctx, s, nodes, fencing, "heartbeat")
	if err != nil {
		return nil, err
	}
	defer b.close()
	defer pr.Stop()
	if err := b.await(ctx, "the fence device runs", func() bool { return b.where(ctx, "power") != "" }); err != nil {
		return nil, err
	}
	var sample Sample
	for range runs {
		if err := b.place(ctx, pr, victimIsDC); err != nil {
			return sample, err
		}
		victim, err := b.runner(ctx, "vip")
		if err != nil {
			return sample, err
		}
		died := time.Now()
		victim.Kill()
		var first time.Time
		err = b.await(ctx, "a survivor answers", func() bool {
			first = pr.FirstFrom(died, victim.Name)
			return !first.IsZero()
		})
		if err != nil {
			return sample, err
		}
		sample = append(sample, first.Sub(died).Seconds())
		if err := b.await(ctx, "the victim has its power back", victim.Up); err != nil {
			return sample, err
		}
		if err := b.awaitDC(ctx); err != nil {
			return sample, err
		}
		if err := b.awaitMembers(ctx, nodes); err != nil {
			return sample, err
		}
	}
	return sample, nil
}

// powerDevice is the fence device of profile.fencing.
const powerDevice = `<primitive id="power" class="stonith" type="` + testcluster.PowerAgent + `"><instance_attributes id="power-ia">` +
	`<nvpair id="power-check" name="pcmk_host_check" value="dynamic-list"/></instance_attributes></primitive>`

// sbinWithSwitch makes a copy of /usr/sbin, where the incumbent looks for fence agents,
// with the power switch's agent of the node that runs it. dir is where the nodes' files are.
func sbinWithSwitch(dir string) (string, error) {
	sbin := filepath.Join(dir, "sbin")
	if out, err := exec.Command("cp", "-a", "/usr/sbin", sbin).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copying /usr/sbin: %w: %s", err, out)
	}
	script := fmt.Sprintf("#!/bin/sh\nexec %s/$(hostname)/usr/sbin/%s \"$@\"\n", dir, testcluster.PowerAgent)
	return sbin, os.WriteFile(filepath.Join(sbin, testcluster.PowerAgent), []byte(script), 0o755)
}
