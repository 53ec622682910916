package demo

import (
	"fmt"
	"io"
	"time"
)

// Timeline is what the demonstration measured.
type Timeline struct{ events []event }

type event struct {
	at     time.Duration // since the demonstration began
	what   string
	outage time.Duration // as the client saw it; negative: not an outage
}

// Print writes the table that ends the demonstration.
func (t *Timeline) Print(w io.Writer) {
	fmt.Fprintf(w, "\n%8s  %-66s %s\n", "at", "what happened", "client without answer")
	for _, e := range t.events {
		outage := ""
		if e.outage >= 0 {
			outage = fmt.Sprintf("%7.0f ms", float64(e.outage.Microseconds())/1000)
		}
		fmt.Fprintf(w, "%6.1f s  %-66s %s\n", e.at.Seconds(), e.what, outage)
	}
}
