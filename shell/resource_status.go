package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/shell/draft"
)

func runResourceStatus(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return s.locate(c, args)
	}
	return s.resourceList(c)
}

func runLocate(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	return s.locate(c, args)
}

// locate prints where resources are active, as crm_resource --locate does.
func (s *Session) locate(c *state.Cluster, args []string) error {
	for _, id := range args {
		if resourceNamed(c, id) == nil {
			return fmt.Errorf("resource %s does not exist", id)
		}
		nodes, roles := active(c, id)
		if len(nodes) == 0 {
			s.printf("resource %s is NOT running\n", id)
		}
		for _, n := range nodes {
			role := ""
			if roles[n] == crm.RolePromoted {
				role = " Promoted"
			}
			s.printf("resource %s is running on: %s%s\n", id, n, role)
		}
	}
	return nil
}

func runConstraints(ctx context.Context, s *Session, args []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	d := draft.New(snap.Root())
	if _, err := d.Resource(args[0]); err != nil {
		return err
	}
	p := d.Printer()
	for _, o := range d.Objects() {
		if slices.Contains([]string{"location", "colocation", "order", "rsc_ticket"}, o.Verb) && slices.Contains(draft.References(o.Element), args[0]) {
			s.printf("%s\n", p.Print(o.Verb, o.Element))
		}
	}
	return nil
}

// runOperations prints the recorded results, as crm_resource --list-all-operations does.
func runOperations(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	if len(args) > 0 && resourceNamed(c, args[0]) == nil {
		return fmt.Errorf("resource %s does not exist", args[0])
	}
	for nodeState := range c.Root.Child("status").All("node_state") {
		node := nodeState.Get("uname")
		if len(args) > 1 && node != args[1] {
			continue
		}
		for rsc := range nodeState.Child("lrm").Child("lrm_resources").All("lrm_resource") {
			if len(args) > 0 && rsc.ID() != args[0] && !strings.HasPrefix(rsc.ID(), args[0]+":") {
				continue
			}
			for op := range rsc.All("lrm_rsc_op") {
				s.printf("%s\t(%s:%s:%s):\t%s\t%s (node=%s, call=%s, rc=%s, last-rc-change=%s, exec=%sms)\n", rsc.ID(),
					rsc.Get("class"), rsc.Get("provider"), rsc.Get("type"), op.ID(), op.Get("operation"),
					node, op.Get("call-id"), op.Get("rc-code"), op.Get("last-rc-change"), op.Get("exec-time"))
			}
		}
	}
	return nil
}
