package vm_test

import (
	"context"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/vm"
)

// bound is how long a test may take before it counts as hanging.
const bound = 20 * time.Minute

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return ctx
}

// formed waits until every machine is a member and the DC is idle.
func formed(ctx context.Context, c *vm.Cluster) {
	c.Until(ctx, "all machines have joined and the DC is idle", func() bool {
		for _, m := range c.Machines {
			s := m.Status(ctx)
			joined := 0
			for _, o := range s.Members {
				if o.Joined {
					joined++
				}
			}
			if !s.Quorate || joined != len(c.Machines) || string(s.DC) == m.Name && s.State != "S_IDLE" {
				return false
			}
		}
		return true
	})
}
