package chaos

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// row is what the figures say about the rounds of one kind, or of one shape.
type row struct {
	name               string
	rounds, failed     int
	twice, woken       int // rounds with double activity, and of them only after a pause
	undecided          int
	deeds, acked, lost int
	healed, outage     []time.Duration
	longestTwice       time.Duration
	fencings           int
}

func (row *row) add(r result) {
	row.rounds++
	if len(r.problems) > 0 {
		row.failed++
	}
	if len(r.twice) > 0 {
		row.twice++
		if !slices.ContainsFunc(r.twice, func(t twice) bool { return !t.woken }) {
			row.woken++
		}
	}
	for _, t := range r.twice {
		row.longestTwice = max(row.longestTwice, t.length)
	}
	switch r.verdict {
	case undecided:
		row.undecided++
	case illegal:
		row.lost++
	}
	row.deeds += r.deeds
	row.acked += r.acked
	row.fencings += r.fencings
	row.healed = append(row.healed, r.healed)
	row.outage = append(row.outage, r.outage)
}

// report prints the figures by kind and by shape.
func (c Campaign) report(results []result) {
	fmt.Fprintf(c.Out, "\n%d rounds, %d failed\n", len(results), failures(results))
	c.table("kind", results, func(r result) string { return r.kind })
	c.table("cluster", results, func(r result) string { return r.shape.String() })
}

func (c Campaign) table(head string, results []result, by func(result) string) {
	var rows []*row
	for _, r := range results {
		i := slices.IndexFunc(rows, func(have *row) bool { return have.name == by(r) })
		if i < 0 {
			i = len(rows)
			rows = append(rows, &row{name: by(r)})
		}
		rows[i].add(r)
	}
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.name, b.name) })
	fmt.Fprintf(c.Out, "\n%-22s rounds failed  twice (only after a pause, longest)  histories wrong, open  writes acknowledged  healed p50, max  VIP away p50, max  fenced\n", head)
	for _, r := range rows {
		fmt.Fprintf(c.Out, "%-22s %6d %6d  %5d (%d, %d ms)%*d, %-4d %19d  %8.1f s, %.1f s  %8.1f s, %.1f s  %6d\n",
			r.name, r.rounds, r.failed, r.twice, r.woken, r.longestTwice.Milliseconds(), 24, r.lost, r.undecided, r.acked,
			middle(r.healed).Seconds(), slices.Max(r.healed).Seconds(), middle(r.outage).Seconds(), slices.Max(r.outage).Seconds(), r.fencings)
	}
}

func middle(list []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
