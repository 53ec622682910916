package probe

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestProbeSeesAnOutage: a service that is away for two seconds and comes back elsewhere.
func TestProbeSeesAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := Start(t.Context(), func(context.Context) (string, error) {
			switch at := time.Since(began); {
			case at < time.Second:
				return "a", nil
			case at < 3*time.Second:
				return "", errors.New("refused")
			}
			return "b", nil
		})
		time.Sleep(time.Second + 500*time.Millisecond)
		died := began.Add(time.Second - 20*time.Millisecond)
		if p.Steady(died, 10) || !p.FirstFrom(died, "a").IsZero() {
			t.Error("the service seems to be back before it is")
		}
		time.Sleep(2 * time.Second)
		p.Stop()
		if got := p.Outage(died); got < 2*time.Second || got > 2*time.Second+2*every {
			t.Errorf("Outage = %v, want about 2 s", got)
		}
		if p.Last(died) != "b" || !p.Steady(died, 10) || p.Answers("a", died) > 3 {
			t.Errorf("Last = %q, Steady = %v, %d answers from a", p.Last(died), p.Steady(died, 10), p.Answers("a", died))
		}
		if first := p.FirstFrom(died, "a").Sub(began); first < 3*time.Second || first > 3*time.Second+every {
			t.Errorf("b answered first after %v, want 3 s", first)
		}
	})
}
