package shell

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
)

// runFence fences a node and waits for its end.
func runFence(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	node := args[0]
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	if nodeElement(snap.Root(), node) == nil {
		return fmt.Errorf("node %s does not exist", node)
	}
	action := fenceAction(snap)
	if len(args) == 2 {
		action = args[1]
	}
	if !slices.Contains([]string{"off", "reboot", "on"}, action) {
		return fmt.Errorf("fence %s %s: use off, reboot or on", node, action)
	}
	if action != "on" && !s.options.Force && s.rehearsal == nil {
		if s.ask == nil {
			return fmt.Errorf("fence %s: say with -F that you mean it: its power is switched off, and what it runs is started elsewhere", node)
		}
		if !s.ask("Fence " + node + "? Its power is switched off, and what it runs is started elsewhere.") {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, fencePatience)
	defer cancel()
	e, err := s.store.API().Fence(ctx, api.FenceRequest{Target: crm.NodeName(node), Action: action, Client: "crm"})
	switch {
	case err != nil:
		return fmt.Errorf("fence %s: %w", node, err)
	case e.Status == string(fencing.Failed):
		return fmt.Errorf("cannot fence %s: %s; if it is certainly off: crm fencing confirm %s", node, cmpText(e.ExitReason, "no device could do it"), node)
	}
	by := ""
	if e.Delegate != "" {
		by = " by " + e.Delegate
	}
	if e.Device != "" {
		by += " with " + e.Device
	}
	s.infof("%s of %s is done%s", action, node, by)
	return nil
}

// fencePatience is how long node fence waits for a request; the request outlives it.
const fencePatience = 3 * time.Minute

// fenceAction is what the cluster itself would do to a lost node (stonith-action).
func fenceAction(snap *cib.Snapshot) string {
	for set := range snap.Section(cib.TagCRMConfig).All(cib.TagPropertySet) {
		for nv := range set.All(cib.TagNvpair) {
			if name := nv.Get(cib.AttrName); (name == "stonith-action" || name == "fencing-action") && nv.Get(cib.AttrValue) == "off" {
				return "off"
			}
		}
	}
	return "reboot"
}
