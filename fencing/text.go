package fencing

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Trouble says in one sentence what keeps a request from being done, what waits for it,
// and what an operator can do. It is empty while nothing has failed.
func (e Event) Trouble(waits []crm.ResourceID, now time.Time) string {
	if !e.Open() || e.ExitReason == "" {
		return ""
	}
	text := fmt.Sprintf("cannot fence %s: %s", e.Target, e.ExitReason)
	if e.Action == On {
		text = fmt.Sprintf("cannot unfence %s: %s", e.Target, e.ExitReason)
	}
	if len(waits) > 0 {
		var list []string
		for _, id := range waits {
			list = append(list, string(id))
		}
		text += "; resources wait: " + strings.Join(list, ", ")
	}
	if left := e.Next.Sub(now); !e.Next.IsZero() && left > 0 {
		text += fmt.Sprintf("; trying again in %s", left.Round(100*time.Millisecond))
	} else {
		text += "; trying again now"
	}
	if e.Action.Stops() {
		text += fmt.Sprintf("; repair the device, or make sure that %s is off and say so: stonith_admin --confirm %s", e.Target, e.Target)
	}
	return text
}
