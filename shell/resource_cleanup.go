package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// cleanup makes cleanup and refresh: RSC, NODE and force in any order after RSC.
func cleanup(refresh bool) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		if err := s.live(); err != nil {
			return err
		}
		req := api.Cleanup{Refresh: refresh, Force: s.options.Force}
		c, err := s.facts(ctx)
		if err != nil {
			return err
		}
		for _, a := range args {
			switch {
			case a == "force":
				req.Force = true
			case req.Resource == "" && resourceNamed(c, a) != nil:
				req.Resource = crm.ResourceID(a)
			case req.Node == "" && c.Node(crm.NodeName(a)) != nil:
				req.Node = crm.NodeName(a)
			default:
				return fmt.Errorf("%s is neither a resource nor a node", a)
			}
		}
		var reply api.CleanupReply
		if err := s.store.API().Post(ctx, "/v1/cleanup", nil, req, &reply); err != nil {
			return err
		}
		for _, cleaned := range reply.Cleaned {
			s.printf("Cleaned up %s on %s\n", cleaned.Resource, cleaned.Node)
		}
		if len(reply.Cleaned) == 0 {
			s.infof("nothing to clean up")
		}
		return s.waitIfAsked(ctx)
	}
}

// runFailcount is RSC show|delete NODE, RSC set NODE VALUE [OPERATION] [INTERVAL].
func runFailcount(ctx context.Context, s *Session, args []string) error {
	rsc, verb, node := args[0], args[1], args[2]
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	if nodeElement(snap.Root(), node) == nil {
		return fmt.Errorf("node %s does not exist", node)
	}
	counts := failcounts(snap.Root(), rsc, node)
	switch {
	case verb == "show" && len(args) == 3:
		total := crm.Score(0)
		for _, c := range counts {
			total = total.Add(c.value)
		}
		s.printf("scope=status  name=fail-count-%s value=%s\n", rsc, total)
		return nil
	case verb == "delete" && len(args) == 3:
		return cleanup(false)(ctx, s, []string{rsc, node})
	case verb == "set" && len(args) >= 4:
		return s.setFailcount(ctx, counts, args)
	}
	return fmt.Errorf("usage: failcount %s show|delete NODE, or failcount %s set NODE VALUE", rsc, rsc)
}

type failcount struct {
	name  string // of the attribute
	value crm.Score
}

// failcounts reads the transient attributes fail-count-RSC#OPERATION of a node.
func failcounts(root *cib.Element, rsc, node string) []failcount {
	var out []failcount
	for ns := range root.Child("status").All("node_state") {
		if ns.Get("uname") != node {
			continue
		}
		for e := range ns.Child("transient_attributes").Walk() {
			name := e.Get("name")
			base, _, _ := strings.Cut(name, "#")
			if e.Name == "nvpair" && base == "fail-count-"+rsc {
				v, _ := crm.ParseScore(e.Get("value"))
				out = append(out, failcount{name, v})
			}
		}
	}
	return out
}

func (s *Session) setFailcount(ctx context.Context, counts []failcount, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	rsc, node, value := args[0], args[2], args[3]
	if _, err := crm.ParseScore(value); err != nil {
		return fmt.Errorf("failcount %s: %w", rsc, err)
	}
	operation, interval := "monitor", "10000"
	if len(args) > 4 {
		operation, interval = args[4], "0"
	}
	if len(args) > 5 {
		interval = args[5]
	}
	names := []string{fmt.Sprintf("fail-count-%s#%s_%s", rsc, operation, interval)}
	if len(args) == 4 && len(counts) > 0 {
		names = nil
		for _, c := range counts {
			names = append(names, c.name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		update := api.AttributeUpdate{Node: crm.NodeName(node), Name: name, Value: &value}
		if err := s.store.API().Post(ctx, "/v1/attributes", nil, update, nil); err != nil {
			return err
		}
	}
	return nil
}
