package lrmd

import (
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestProbeBehindAFailedStop: the probe was ordered by somebody who did not know yet that the
// stop fails. It must not become the last that is known of the resource.
func TestProbeBehindAFailedStop(t *testing.T) {
	for _, tc := range []struct {
		name string
		rc   crm.ExitCode
		want []string
	}{
		{"the stop fails", crm.GenericError, []string{"report db_stop_0 1 complete", "report db_monitor_0 193 Cancelled", "run db_stop_0"}},
		{"the stop works", crm.OK, []string{"report db_stop_0 0 complete", "run db_monitor_0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, Config{})
			s.order("db_stop_0")
			s.order("db_monitor_0")
			s.order("db_stop_0")
			s.expect("run db_stop_0")
			s.finish("db_stop_0", tc.rc)
			s.expect(tc.want...)
			last := s.e.State()[0].History
			if n := len(last); n != 1 || last[0].Op.Name != "stop" {
				t.Errorf("remembered: %+v, want the stop", last)
			}
		})
	}
}
