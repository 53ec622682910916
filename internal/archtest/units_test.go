package archtest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/membership"
)

// TestUnits: lrmd is started anew, also when it hangs, before the others start elsewhere what
// it cannot stop; and systemd does not stop crmd for that. (Requires= and everything else that
// passes a stop on does: seen with systemd 252.)
func TestUnits(t *testing.T) {
	executor := unit(t, "tactus-lrmd.service")
	if executor["Restart"] != "always" || executor["KillMode"] != "process" {
		t.Errorf("tactus-lrmd.service: Restart=%s, KillMode=%s; want always, process", executor["Restart"], executor["KillMode"])
	}
	bound, pause := span(t, executor["WatchdogSec"])+span(t, executor["TimeoutAbortSec"]), span(t, executor["RestartSec"])
	if reached := 2 * time.Second; bound+pause+reached > membership.UnjoinedPatience {
		t.Errorf("an lrmd that hangs is back after %v, and may be reached %v later; the others wait %v", bound+pause, reached, membership.UnjoinedPatience)
	}
	for _, name := range []string{"tactus.service", "tactus-witness.service"} { // TimeoutAbortSec is TimeoutStopSec where it is not set
		if u := unit(t, name); span(t, u["WatchdogSec"]) < 30*time.Second || span(t, u["TimeoutAbortSec"]) > 5*time.Second {
			t.Errorf("%s: WatchdogSec=%s, TimeoutAbortSec=%s: a crmd that hangs must be killed soon, and one on a slow disk must not", name, u["WatchdogSec"], u["TimeoutAbortSec"])
		}
	}
	for option, value := range unit(t, "tactus.service") {
		switch option {
		case "After", "Wants":
		default:
			if strings.Contains(value, "tactus-lrmd") {
				t.Errorf("tactus.service: %s=%s: crmd would leave when lrmd crashes", option, value)
			}
		}
	}
}

// unit reads the options of a unit; none of those that are looked at stands twice.
func unit(t *testing.T, name string) map[string]string {
	t.Helper()
	options := map[string]string{}
	for line := range strings.Lines(read(t, filepath.Join("..", "..", "units", name))) {
		if option, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(option, "#") {
			options[option] += value
		}
	}
	return options
}

func span(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("a time of a unit: %v", err)
	}
	return d
}
