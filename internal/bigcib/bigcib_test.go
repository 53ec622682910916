package bigcib

import (
	"bytes"
	"testing"

	"github.com/tactus-ha/tactus/pengine"
)

func TestModesAreWhatTheySay(t *testing.T) {
	s := Size{200, 5}
	for _, c := range []struct {
		mode           Mode
		probes, starts bool
	}{{Cold, true, true}, {Probed, false, true}, {Steady, false, false}} {
		t.Run(string(c.mode), func(t *testing.T) {
			g := pengine.Schedule(pengine.Input{CIB: Snapshot(s, c.mode), Now: Now(), Sanitized: true}).Graph
			starts, probes := false, false
			for _, syn := range g.Synapses {
				starts = starts || syn.Action.Operation == "start"
				probes = probes || syn.Action.Operation == "monitor" && syn.Action.Attributes["CRM_meta_op_target_rc"] == "7"
			}
			if starts != c.starts || probes != c.probes {
				t.Errorf("starts %v, probes %v; want %v, %v (%d synapses)", starts, probes, c.starts, c.probes, len(g.Synapses))
			}
			if c.mode == Steady && len(g.Synapses) > 0 {
				t.Errorf("%d things are to be done, want none", len(g.Synapses))
			}
		})
	}
}

func TestSameSizeSameBytes(t *testing.T) {
	s := Size{120, 4}
	if !bytes.Equal(XML(s, Steady), XML(s, Steady)) {
		t.Error("two CIBs of one size differ")
	}
}
