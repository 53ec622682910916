package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// idleCost measures what a node that has nothing to do costs: processes, PSS in MiB,
// CPU seconds per minute. With dummies > 0 that many (provider and type kind) run on
// the measured node.
func idleCost(ctx context.Context, s stack, nodes, dummies int, kind string, windows int) (processes, pss, cpu Sample, err error) {
	b, err := newBed(ctx, s, nodes, byDefault)
	if err != nil {
		return nil, nil, nil, err
	}
	defer b.close()
	if err := b.properties(ctx); err != nil {
		return nil, nil, nil, err
	}
	dc := b.stack.dc(ctx, b.first())
	node := b.cluster.Nodes[0]
	if node.Name == dc {
		node = b.cluster.Nodes[1]
	}
	if dummies > 0 {
		if err := b.pinned(ctx, node.Name, dummies, kind); err != nil {
			return nil, nil, nil, err
		}
	}
	time.Sleep(5 * time.Second) // let the start settle: what is measured is idleness
	const window = 20 * time.Second
	for range windows {
		before := cpuSeconds(node)
		time.Sleep(window)
		cpu = append(cpu, (cpuSeconds(node)-before)*60/window.Seconds())
		pids := node.PIDs()
		processes = append(processes, float64(len(pids)))
		pss = append(pss, pssMiB(pids))
	}
	return processes, pss, cpu, nil
}

// pinned runs n dummies with 10 s monitors on one node.
func (b *bed) pinned(ctx context.Context, node string, n int, kind string) error {
	provider, agent, _ := strings.Cut(kind, ":")
	var inner, constraints strings.Builder
	for i := range n {
		inner.WriteString(primitive(fmt.Sprintf("d%d", i), "ocf", provider, agent, "10s"))
		fmt.Fprintf(&constraints, `<rsc_location id="l%d" rsc="d%d" node="%s" score="INFINITY"/>`, i, i, node)
	}
	if err := b.resources(ctx, inner.String()); err != nil {
		return err
	}
	if _, err := b.run(ctx, b.first(), "cibadmin", "-R", "-o", "constraints", "-X", "<constraints>"+constraints.String()+"</constraints>"); err != nil {
		return err
	}
	return b.await(ctx, "the dummies run on "+node, func() bool {
		for i := range n {
			if b.where(ctx, fmt.Sprintf("d%d", i)) != node {
				return false
			}
		}
		return true
	})
}

// cpuSeconds adds the CPU time of the node's processes and of their ended children (the
// incumbent's agents). /proc/PID/schedstat is finer, but knows nothing of ended children;
// for our daemons, which have none when idle, both give the same within a tick.
func cpuSeconds(n *testcluster.Node) float64 {
	ticks := 0
	for _, pid := range n.PIDs() {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		for _, f := range fields[11:15] { // utime stime cutime cstime
			v, _ := strconv.Atoi(f)
			ticks += v
		}
	}
	return float64(ticks) / 100 // USER_HZ
}

func pssMiB(pids []int) float64 {
	kib := 0
	for _, pid := range pids {
		f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if value, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
				v, _ := strconv.Atoi(strings.Fields(value)[0])
				kib += v
			}
		}
		f.Close()
	}
	return float64(kib) / 1024
}
