package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// exitTexts are how results are shown to people.
var exitTexts = map[crm.ExitCode]string{0: "OK", 1: "Error occurred", 2: "Invalid parameter", 3: "Unimplemented",
	4: "Insufficient privileges", 5: "Not installed", 6: "Not configured", 7: "Not running", 8: "Promoted",
	9: "Failed in promoted role", 64: "Incorrect usage", 65: "Invalid data given", 66: "Input file not available",
	67: "User does not exist", 68: "Host does not exist", 69: "Necessary service unavailable", 70: "Internal software bug",
	71: "Operating system error occurred", 72: "System file not available", 73: "Cannot create output file",
	74: "I/O error occurred", 75: "Temporary failure, try again", 76: "Protocol violated", 77: "Insufficient privileges",
	78: "Invalid configuration", 100: "Fatal error occurred, will not respawn", 101: "System panic required",
	102: "Not connected", 103: "Update was older than existing configuration", 104: "Digest mismatch", 105: "No such object",
	106: "Quorum required", 107: "Operation not safe", 108: "Requested item already exists", 109: "Multiple items match request",
	110: "Requested item has expired", 111: "Requested item is not yet in effect", 112: "Could not determine status",
	113: "Not applicable under current conditions", 114: "DC is not yet elected", 124: "Timeout occurred", 190: "Service is active but might fail soon",
	191: "Service is promoted but might fail soon", 193: "No exit status available", 255: "Error occurred"}

// ExitText says in words what an agent's or a tool's exit code means.
func ExitText(rc crm.ExitCode) string {
	if t, ok := exitTexts[rc]; ok {
		return t
	}
	if rc > 128 && rc < 255 {
		return "Interrupted by signal"
	}
	return "Unknown exit status"
}

// StatusText says in words what became of an attempt to run an agent.
func StatusText(s crm.ExecStatus) string {
	texts := [...]string{"Pending", "Done", "Cancelled", "Timed out", "Unsupported", "Error", "Hard error", "Fatal error",
		"Not installed", "Internal communication failure", "Cannot execute now", "No fence device", "CIB secrets unavailable"}
	if i := int(s) + 1; i >= 0 && i < len(texts) {
		return texts[i]
	}
	return "Unrecognized status (bug?)"
}

// Interval writes a duration as displays do: "1d2h3m4.500s", "20ms".
func Interval(d time.Duration) string {
	ms := d.Milliseconds()
	if ms == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		ms   int64
		name string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "m"}} {
		if ms >= u.ms {
			fmt.Fprintf(&b, "%d%s", ms/u.ms, u.name)
			ms %= u.ms
		}
	}
	switch {
	case ms >= 1000 && ms%1000 > 0:
		fmt.Fprintf(&b, "%d.%03ds", ms/1000, ms%1000)
	case ms >= 1000:
		fmt.Fprintf(&b, "%ds", ms/1000)
	case ms > 0:
		fmt.Fprintf(&b, "%dms", ms)
	}
	return b.String()
}
