package shell

import (
	"context"
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/shell/draft"
)

func resourceLevel() *Level {
	one := completeResources
	return &Level{Name: "resource", Short: "start, stop, move and look at resources", Commands: []*Command{
		{Name: "status", Aliases: []string{"show", "list"}, Args: "[RSC ...]", Short: "where resources are active", Max: -1, Complete: one, Run: runResourceStatus},
		{Name: "start", Changes: true, Args: "RSC [RSC ...]", Short: "let resources be active (target-role=Started)", Min: 1, Max: -1, Complete: one, Run: setRole("Started")},
		{Name: "stop", Changes: true, Args: "RSC [RSC ...]", Short: "let resources be stopped (target-role=Stopped)", Min: 1, Max: -1, Complete: one, Run: setRole("Stopped")},
		{Name: "restart", Changes: true, Args: "RSC [RSC ...]", Short: "stop resources, wait, start them again", Min: 1, Max: -1, Complete: one, Run: runRestart},
		{Name: "promote", Changes: true, Args: "RSC", Short: "let a promotable resource be promoted", Min: 1, Max: 1, Complete: one, Run: setRole("Promoted")},
		{Name: "demote", Changes: true, Args: "RSC", Short: "keep a promotable resource unpromoted", Min: 1, Max: 1, Complete: one, Run: setRole("Unpromoted")},
		{Name: "manage", Changes: true, Args: "RSC", Short: "let the cluster manage a resource", Min: 1, Max: 1, Complete: one, Run: setMeta("is-managed", "true")},
		{Name: "unmanage", Changes: true, Args: "RSC", Short: "let the cluster only watch a resource", Min: 1, Max: 1, Complete: one, Run: setMeta("is-managed", "false")},
		{Name: "maintenance", Changes: true, Args: "RSC [on|off]", Short: "leave a resource alone, monitors too", Min: 1, Max: 2, Complete: then(one, "on", "off"), Run: runResourceMaintenance},
		{Name: "move", Changes: true, Aliases: []string{"migrate"}, Args: "RSC [NODE] [LIFETIME] [force]", Short: "move a resource to NODE, or away from where it is", Min: 1, Max: 4, Complete: completeMove, Run: runMove,
			Long: "A constraint cli-prefer-RSC (or cli-ban-RSC-on-NODE) keeps it there: clear removes it.\nLIFETIME is an ISO 8601 duration, as in PT10M: after that the constraint has no effect."},
		{Name: "ban", Changes: true, Args: "RSC [NODE] [LIFETIME] [force]", Short: "keep a resource away from a node", Min: 1, Max: 4, Complete: completeMove, Run: runBan},
		{Name: "clear", Changes: true, Aliases: []string{"unmove", "unmigrate", "unban"}, Args: "RSC", Short: "remove what move and ban made", Min: 1, Max: 1, Complete: one, Run: runClear},
		{Name: "cleanup", Changes: true, Args: "[RSC] [NODE] [force]", Short: "forget failures and look again", Max: 3, Complete: completeMove, Run: cleanup(false)},
		{Name: "refresh", Changes: true, Args: "[RSC] [NODE] [force]", Short: "forget the history and look again", Max: 3, Complete: completeMove, Run: cleanup(true)},
		{Name: "failcount", Changes: true, Args: "RSC show|delete NODE | RSC set NODE VALUE", Short: "failures counted against a resource", Min: 3, Max: 6, Complete: completeFailcount, Run: runFailcount},
		{Name: "meta", Changes: true, Args: "RSC show|delete NAME | RSC set NAME VALUE", Short: "meta attributes", Min: 3, Max: 4, Complete: pairCompletion("meta_attributes"), Run: pairCommand("meta_attributes")},
		{Name: "param", Changes: true, Args: "RSC show|delete NAME | RSC set NAME VALUE", Short: "parameters of the agent", Min: 3, Max: 4, Complete: pairCompletion("instance_attributes"), Run: pairCommand("instance_attributes")},
		{Name: "utilization", Changes: true, Args: "RSC show|delete NAME | RSC set NAME VALUE", Short: "utilization attributes", Min: 3, Max: 4, Complete: pairCompletion("utilization"), Run: pairCommand("utilization")},
		{Name: "locate", Args: "RSC [RSC ...]", Short: "on which node a resource is active", Min: 1, Max: -1, Complete: one, Run: runLocate},
		{Name: "operations", Args: "[RSC] [NODE]", Short: "the history of operations", Max: 2, Complete: completeMove, Run: runOperations},
		{Name: "constraints", Args: "RSC", Short: "constraints that speak of a resource", Min: 1, Max: 1, Complete: one, Run: runConstraints},
		{Name: "scores", Short: "the scores of resources on nodes", Run: runScores},
	}}
}

// setRole makes a command that sets target-role.
func setRole(role string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		return s.change(ctx, func(d *draft.Draft) error {
			for _, id := range args {
				o, err := d.Resource(id)
				if err != nil {
					return err
				}
				if (role == "Promoted" || role == "Unpromoted") && !promotable(o) {
					return fmt.Errorf("%s is not a promotable resource", id)
				}
				s.setDeep(d, id, "target-role", role)
			}
			return nil
		})
	}
}

func promotable(o draft.Object) bool {
	v, _ := draft.Pair(o.Element, "meta_attributes", "promotable")
	return o.Verb == "ms" || o.Verb == "clone" && strings.EqualFold(v, "true")
}

// setDeep sets a meta attribute of a resource and removes it from its members, whose
// own value would win.
func (s *Session) setDeep(d *draft.Draft, id, name, value string) {
	o, _ := d.Find(id)
	d.SetPair(o.Element, "meta_attributes", name, &value)
	for _, member := range d.Objects() {
		if !inside(member, id, d) {
			continue
		}
		if v, ok := draft.Pair(member.Element, "meta_attributes", name); ok && !strings.EqualFold(v, value) {
			d.SetPair(member.Element, "meta_attributes", name, nil)
			s.infof("%s of member %s removed: it was %s", name, member.ID, v)
		}
	}
}

func inside(o draft.Object, id string, d *draft.Draft) bool {
	for o.Parent != nil {
		if o.Parent.ID() == id {
			return true
		}
		o, _ = d.Find(o.Parent.ID())
	}
	return false
}

// setMeta makes a command that sets one meta attribute.
func setMeta(name, value string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		return s.change(ctx, func(d *draft.Draft) error {
			if _, err := d.Resource(args[0]); err != nil {
				return err
			}
			s.setDeep(d, args[0], name, value)
			return nil
		})
	}
}

func runResourceMaintenance(ctx context.Context, s *Session, args []string) error {
	value := "true"
	if len(args) == 2 {
		switch strings.ToLower(args[1]) {
		case "on", "true", "yes":
		case "off", "false", "no":
			value = "false"
		default:
			return fmt.Errorf("maintenance %s: %q: use on or off", args[0], args[1])
		}
	}
	return setMeta("maintenance", value)(ctx, s, args[:1])
}

// runRestart stops resources that are active, waits, and gives them back what their
// target-role was.
func runRestart(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	before := map[string]*string{}
	for _, id := range args {
		if nodes, _ := active(c, id); len(nodes) == 0 {
			return fmt.Errorf("resource %s is not running: start it instead", id)
		}
	}
	err = s.change(ctx, func(d *draft.Draft) error {
		for _, id := range args {
			o, err := d.Resource(id)
			if err != nil {
				return err
			}
			if v, ok := draft.Pair(o.Element, "meta_attributes", "target-role"); ok {
				before[id] = &v
			}
			stopped := "Stopped"
			d.SetPair(o.Element, "meta_attributes", "target-role", &stopped)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.infof("ordering %s to stop", strings.Join(args, ", "))
	waited := s.waitIdle(ctx, settleTimeout)
	err = s.change(ctx, func(d *draft.Draft) error {
		for _, id := range args {
			o, err := d.Resource(id)
			if err != nil {
				return err
			}
			d.SetPair(o.Element, "meta_attributes", "target-role", before[id])
		}
		return nil
	})
	if err != nil || waited != nil {
		return firstError(err, waited)
	}
	s.infof("ordering %s to start", strings.Join(args, ", "))
	return s.waitIdle(ctx, settleTimeout)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pairCommand makes RSC set NAME VALUE, RSC show NAME and RSC delete NAME.
func pairCommand(set string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		find := func(d *draft.Draft) (draft.Object, error) { return d.Resource(args[0]) }
		return s.pairs(ctx, find, set, args)
	}
}

// pairs shows, sets or deletes a pair of an object.
func (s *Session) pairs(ctx context.Context, find func(*draft.Draft) (draft.Object, error), set string, args []string) error {
	id, verb, name := args[0], args[1], args[2]
	if verb == "show" && len(args) == 3 {
		snap, err := s.store.CIB(ctx)
		if err != nil {
			return err
		}
		o, err := find(draft.New(snap.Root()))
		if err != nil {
			return err
		}
		v, ok := draft.Pair(o.Element, set, name)
		if !ok {
			return fmt.Errorf("%s: %s is not set", id, name)
		}
		s.printf("%s\n", v)
		return nil
	}
	var value *string
	switch {
	case verb == "set" && len(args) == 4:
		value = &args[3]
	case verb == "delete" && len(args) == 3:
	default:
		return fmt.Errorf("usage: %s set %s VALUE, or %s show|delete %s", id, name, id, name)
	}
	return s.change(ctx, func(d *draft.Draft) error {
		o, err := find(d)
		if err != nil {
			return err
		}
		if !d.SetPair(o.Element, set, name, value) && value == nil {
			return fmt.Errorf("%s: %s is not set", id, name)
		}
		return nil
	})
}
