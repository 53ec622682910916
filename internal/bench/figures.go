package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// row is one line of the report: a figure on one stack.
type row struct {
	figure, stack string
	unit          string
	sample        Sample
	reach         float64 // what Tactus wants to stay at or under; 0: nothing stated
	atLeast       bool    // reach is a minimum
	err           error
}

// figure measures one thing on a stack; it may yield several rows.
type figure struct {
	name string // to select it: bin/bench NAME...
	does string
	run  func(ctx context.Context, s stack) []row
}

// runs is how many measurements make a sample.
const runs = 7

var figures = []figure{
	{"failover", "node death -> the service answers from a survivor, s", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, nodes := range []int{2, 3} {
			for _, dc := range []bool{true, false} {
				sample, err := failover(ctx, s, nodes, byDefault, dc, runs)
				rows = append(rows, row{fmt.Sprintf("node death, %d nodes, victim %s", nodes, dcWord(dc)), s.name(), "s", sample, 1.5, false, err})
			}
		}
		return rows
	}},
	{"fast", "the same with token 300 ms", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, nodes := range []int{2, 3} {
			sample, err := failover(ctx, s, nodes, fast, true, runs)
			rows = append(rows, row{fmt.Sprintf("node death, %d nodes, victim the DC, token 300 ms", nodes), s.name(), "s", sample, 0.6, false, err})
		}
		return rows
	}},
	{"fenced", "node death with fencing, the device acts at once -> the service answers from a survivor, s", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, dc := range []bool{true, false} {
			sample, err := fencedFailover(ctx, s, 3, dc, runs)
			rows = append(rows, row{"fenced node death, 3 nodes, victim " + dcWord(dc), s.name(), "s", sample, 2, false, err})
		}
		return rows
	}},
	{"partition", "3 nodes without fencing: the node that serves is cut off from the others", func(ctx context.Context, s stack) []row {
		handover, back, err := partition(ctx, s, runs)
		return []row{
			{"minority's last answer -> majority's first", s.name(), "s", handover, 0.5, true, err},
			{"cut -> the majority answers", s.name(), "s", back, 3, false, err},
		}
	}},
	{"reunion", "two unprotected nodes, cut apart for 8 s: longest time without an answer after healing", func(ctx context.Context, s stack) []row {
		gaps, err := reunion(ctx, s, runs)
		return []row{{"healed after 8 s apart, 2 nodes", s.name(), "s", gaps, 0.3, false, err}}
	}},
	{"service", "the service is killed, monitor every second -> it answers, s", func(ctx context.Context, s stack) []row {
		whole, reaction, err := serviceDeath(ctx, s, 3, runs)
		return []row{
			{"service death, 3 nodes", s.name(), "s", whole, 0, false, err},
			{"service death, after the monitor", s.name(), "s", reaction, 0.06, false, err},
		}
	}},
	{"move", "crm_resource --move -> the group answers from the target, s", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, nodes := range []int{2, 3} {
			for _, provider := range s.addresses() {
				sample, err := plannedMove(ctx, s, nodes, provider, runs)
				rows = append(rows, row{fmt.Sprintf("planned move, %d nodes, %s:IPaddr2", nodes, provider), s.name(), "s", sample, 0.12, false, err})
			}
		}
		return rows
	}},
	{"write", "changes of the CIB, 3 nodes", func(ctx context.Context, s stack) []row {
		sample, err := commandWrite(ctx, s, 3, 5*runs)
		rows := []row{{"CIB write, one command", s.name(), "ms", sample, 10, false, err}}
		if s.name() == "tactus" {
			one, err := connectionWrites(ctx, s, 3, 1, runs)
			rows = append(rows, row{"CIB writes, one connection", s.name(), "/s", one, 300, true, err})
			many, err := connectionWrites(ctx, s, 3, 16, runs)
			rows = append(rows, row{"CIB writes, 16 clients", s.name(), "/s", many, 2000, true, err})
		}
		return rows
	}},
	{"formation", "daemons started -> every node knows the DC, s", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, nodes := range []int{2, 3} {
			sample, err := formation(ctx, s, nodes, runs)
			rows = append(rows, row{fmt.Sprintf("formation, %d nodes", nodes), s.name(), "s", sample, 2.5, false, err})
		}
		return rows
	}},
	{"dummies", "100 dummies on 3 nodes, one load -> all started; removed again", func(ctx context.Context, s stack) []row {
		var rows []row
		for _, kind := range s.dummies() {
			reach, n := 6.0, runs
			if kind == "tactus:Dummy" {
				reach = 1.5
			}
			if s.name() != "tactus" {
				n = 3 // half a minute each
			}
			start, remove, err := massStart(ctx, s, 3, 100, kind, n)
			rows = append(rows, row{"100 x " + kind + ", started", s.name(), "s", start, reach, false, err},
				row{"100 x " + kind + ", removed", s.name(), "s", remove, reach, false, err})
		}
		return rows
	}},
	{"idle", "what an idle node costs, 3 nodes", func(ctx context.Context, s stack) []row {
		processes, pss, cpu, err := idleCost(ctx, s, 3, 0, "", 3)
		rows := []row{
			{"idle node, processes", s.name(), "", processes, 2, false, err},
			{"idle node, PSS", s.name(), "MiB", pss, 60, false, err},
			{"idle node, CPU", s.name(), "s/min", cpu, 0.2, false, err},
		}
		_, _, cpu, err = idleCost(ctx, s, 3, 10, s.dummies()[len(s.dummies())-1], 3)
		return append(rows, row{"node with 10 " + s.dummies()[len(s.dummies())-1], s.name(), "s/min", cpu, 0.25, false, err})
	}},
	soak("soak", byDefault),
	soak("soak-fast", fast),
}

// soak is half an hour with every core busy, counting members lost by mistake.
func soak(name string, p profile) figure {
	return figure{name, "30 minutes with every core busy: members lost by mistake, " + p.name + " timing", func(ctx context.Context, s stack) []row {
		if s.name() != "tactus" {
			return nil
		}
		lost, away, err := falseFailovers(ctx, s, 3, p, runtime.NumCPU(), 30*time.Minute)
		return []row{{"false failovers in 30 min, cores busy, pauses of 300 ms, " + p.name, s.name(), "", Sample{float64(lost)}, 0.5, false, err},
			{"  longest time without an answer meanwhile", s.name(), "s", Sample{away.Seconds()}, 0, false, nil}}
	}}
}

func dcWord(dc bool) string {
	if dc {
		return "the DC"
	}
	return "not the DC"
}

// Run measures the named figures, all but the soaks when none is named, and prints the
// report. The name of a stack among the names leaves the other stack out.
func Run(ctx context.Context, out io.Writer, bin string, names []string) error {
	ocf, err := ocfTree()
	if err != nil {
		return err
	}
	stacks := []stack{tactus{bin, ocf}}
	if p := (pacemaker{ocf}); p.missing() == "" {
		stacks = append(stacks, p)
	} else {
		fmt.Fprintf(out, "the incumbent is not measured: %s\n", p.missing())
	}
	for _, s := range stacks {
		if at := slices.Index(names, s.name()); at >= 0 {
			stacks, names = []stack{s}, slices.Delete(slices.Clone(names), at, at+1)
			break
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(figures, func(f figure) bool { return f.name == name }) {
			return fmt.Errorf("no figure or stack %q; there are: %s", name, figureNames())
		}
	}
	var rows []row
	for _, f := range figures {
		if len(names) > 0 && !slices.Contains(names, f.name) || len(names) == 0 && strings.HasPrefix(f.name, "soak") {
			continue
		}
		for _, s := range stacks {
			fmt.Fprintf(out, "measuring %s on %s ...\n", f.name, s.name())
			rows = append(rows, f.run(ctx, s)...)
		}
	}
	return report(out, rows)
}

func figureNames() (names []string) {
	for _, f := range figures {
		names = append(names, f.name)
	}
	return names
}
