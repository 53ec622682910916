package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/crmd"
)

// writers are clients that change the CIB, for ever.
func (s *Site) writers() {
	s.w.After(s.w.Between(300*time.Millisecond, 2*time.Second), func() {
		if s.work.over {
			return
		}
		h := s.hosts[s.w.Rand.IntN(len(s.hosts))]
		if h.ctl != nil && !h.paused {
			s.work.serial++
			id := fmt.Sprint(s.work.serial)
			h.submit(s.opts.App.Command(id), func(*Node, []byte) { s.work.acked = append(s.work.acked, id) })
		}
		s.writers()
	})
}

// fences reports whether fencing is on.
func (c Config) fences() bool {
	for _, p := range c.Properties {
		if p[0] == "stonith-enabled" {
			return p[1] == "true"
		}
	}
	return true
}

// shutdown begins an orderly shutdown of crmd.
func (p *controller) shutdown(why string) { p.post(crmd.ShutdownWanted{Reason: why}) }
