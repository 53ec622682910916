package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// report prints the table: figures of one name together, ours against the incumbent's.
// Its error says which figures could not be measured.
func report(out io.Writer, rows []row) error {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(out, "\nmin / median / max (n); load average now %s\n\n", strings.Join(strings.Fields(string(load))[:1], " "))
	fmt.Fprintf(out, "%-48s %-10s %-6s %-32s %-10s %s\n", "figure", "stack", "unit", "measured", "reach", "")
	var failed []error
	for _, r := range rows {
		verdict := ""
		if r.stack == "tactus" && r.reach != 0 && len(r.sample) > 0 {
			verdict = verdictOf(r)
		}
		if ratio := ratioTo(rows, r); ratio != "" {
			verdict += " " + ratio
		}
		reach := ""
		if r.reach != 0 && r.stack == "tactus" {
			reach = fmt.Sprintf("<= %g", r.reach)
			if r.atLeast {
				reach = fmt.Sprintf(">= %g", r.reach)
			}
		}
		fmt.Fprintf(out, "%-48s %-10s %-6s %-32s %-10s %s\n", r.figure, r.stack, r.unit, r.sample, reach, verdict)
		if r.err != nil {
			failed = append(failed, fmt.Errorf("%s on %s: %w", r.figure, r.stack, r.err))
		}
	}
	return errors.Join(failed...)
}

func verdictOf(r row) string {
	if m := r.sample.Median(); m <= r.reach != r.atLeast || m == r.reach {
		return "reached"
	}
	return "NOT REACHED"
}

// ratioTo compares our median with the incumbent's for the same figure.
func ratioTo(rows []row, r row) string {
	if r.stack != "tactus" || len(r.sample) == 0 {
		return ""
	}
	for _, other := range rows {
		if other.stack != r.stack && other.figure == r.figure && other.sample.Median() > 0 && r.sample.Median() > 0 {
			return fmt.Sprintf("(%.2f of %s's)", r.sample.Median()/other.sample.Median(), other.stack)
		}
	}
	return ""
}
