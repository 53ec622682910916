package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/shell/draft"
)

// moveArgs are RSC [NODE] [LIFETIME] [force].
type moveArgs struct {
	rsc, node string
	until     time.Time // zero: for ever
	force     bool
}

func (s *Session) moveArgs(c *state.Cluster, args []string) (moveArgs, error) {
	m := moveArgs{rsc: args[0]}
	if resourceNamed(c, m.rsc) == nil {
		return m, fmt.Errorf("resource %s does not exist", m.rsc)
	}
	for _, a := range args[1:] {
		switch {
		case a == "force":
			m.force = true
		case c.Node(crm.NodeName(a)) != nil && m.node == "":
			m.node = a
		case strings.HasPrefix(a, "P"):
			d, err := parsePeriod(a)
			if err != nil {
				return m, err
			}
			m.until = s.env.Now().Add(d)
		default:
			return m, fmt.Errorf("%s is neither a node nor a lifetime; nodes are %s, a lifetime is written as in PT10M", a, strings.Join(nodeNames(c), ", "))
		}
	}
	return m, nil
}

func nodeNames(c *state.Cluster) []string {
	var out []string
	for _, n := range c.Nodes {
		out = append(out, string(n.Name))
	}
	return out
}

// parsePeriod reads an ISO 8601 duration: P1DT2H30M, PT10M, P1W.
func parsePeriod(text string) (time.Duration, error) {
	bad := fmt.Errorf("lifetime %q: want an ISO 8601 duration, as in PT10M or P1DT12H", text)
	rest, ok := strings.CutPrefix(text, "P")
	if !ok || rest == "" || rest == "T" {
		return 0, bad
	}
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}
	var total time.Duration
	number, digits := time.Duration(0), 0
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		unit, known := units[c]
		switch {
		case c == 'T':
			units = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}
		case '0' <= c && c <= '9' && digits < 9:
			number, digits = number*10+time.Duration(c-'0'), digits+1
		case known && digits > 0:
			total += number * unit
			number, digits = 0, 0
		default:
			return 0, bad
		}
	}
	if digits > 0 {
		return 0, bad
	}
	return total, nil
}

func runMove(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	m, err := s.moveArgs(c, args)
	if err != nil {
		return err
	}
	if m.node == "" {
		return s.ban(ctx, c, m, "move")
	}
	nodes, _ := active(c, m.rsc)
	if slices.Equal(nodes, []crm.NodeName{crm.NodeName(m.node)}) && !m.force {
		return fmt.Errorf("%s is already active on %s", m.rsc, m.node)
	}
	err = s.change(ctx, func(d *draft.Draft) error {
		d.RemoveConstraints(func(e *cib.Element) bool {
			return e.ID() == banID(m.rsc, m.node) || e.ID() == "cli-prefer-"+m.rsc
		})
		if m.force {
			for _, n := range nodes {
				if string(n) != m.node {
					d.AddConstraint(banConstraint(m, string(n)))
				}
			}
		}
		d.AddConstraint(preferConstraint(m))
		return nil
	})
	if err == nil {
		s.infof("move constraint created for %s to %s; clear %s removes it", m.rsc, m.node, m.rsc)
	}
	return err
}

func runBan(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	m, err := s.moveArgs(c, args)
	if err != nil {
		return err
	}
	return s.ban(ctx, c, m, "ban")
}

// ban keeps a resource away from a node, or from the one where it is active.
func (s *Session) ban(ctx context.Context, c *state.Cluster, m moveArgs, verb string) error {
	if m.node == "" {
		nodes, _ := active(c, m.rsc)
		if len(nodes) != 1 {
			return fmt.Errorf("%s is active on %d nodes: name the node: %s %s NODE", m.rsc, len(nodes), verb, m.rsc)
		}
		m.node = string(nodes[0])
	}
	err := s.change(ctx, func(d *draft.Draft) error {
		d.RemoveConstraints(func(e *cib.Element) bool { return e.ID() == "cli-prefer-"+m.rsc })
		d.AddConstraint(banConstraint(m, m.node))
		return nil
	})
	if err == nil {
		s.infof("ban constraint created for %s on %s; clear %s removes it", m.rsc, m.node, m.rsc)
	}
	return err
}

func banID(rsc, node string) string { return "cli-ban-" + rsc + "-on-" + node }

// preferConstraint and banConstraint are what crm_resource --move and --ban make.
func preferConstraint(m moveArgs) *cib.Element {
	e := cib.New("rsc_location", "id", "cli-prefer-"+m.rsc, "rsc", m.rsc, "role", "Started")
	if m.until.IsZero() {
		return e.With("node", m.node).With("score", "INFINITY")
	}
	return e.Plus(lifetimeRule("prefer", m, m.node, "INFINITY", m.rsc))
}

func banConstraint(m moveArgs, node string) *cib.Element {
	e := cib.New("rsc_location", "id", banID(m.rsc, node), "rsc", m.rsc, "role", "Started")
	if m.until.IsZero() {
		return e.With("node", node).With("score", "-INFINITY")
	}
	return e.Plus(lifetimeRule("ban", m, node, "-INFINITY", m.rsc+"-on-"+node))
}

func lifetimeRule(kind string, m moveArgs, node, score, suffix string) *cib.Element {
	prefix := "cli-" + kind + "-"
	return cib.New("rule", "id", prefix+"rule-"+suffix, "score", score, "boolean-op", "and").Plus(
		cib.New("expression", "id", prefix+"expr-"+suffix, "attribute", "#uname", "operation", "eq", "value", node, "type", "string"),
		cib.New("date_expression", "id", prefix+"lifetime-end-"+suffix, "operation", "lt", "end", m.until.UTC().Format("2006-01-02 15:04:05Z")))
}

func runClear(ctx context.Context, s *Session, args []string) error {
	var gone []string
	err := s.change(ctx, func(d *draft.Draft) error {
		if _, err := d.Resource(args[0]); err != nil {
			return err
		}
		gone = d.RemoveConstraints(func(e *cib.Element) bool {
			id := e.ID()
			return e.Get("rsc") == args[0] && (id == "cli-prefer-"+args[0] || id == "cli-standby-"+args[0] || strings.HasPrefix(id, "cli-ban-"+args[0]+"-on-"))
		})
		return nil
	})
	if err != nil {
		return err
	}
	if len(gone) == 0 {
		s.infof("nothing to clear for %s", args[0])
		return nil
	}
	s.infof("removed %s", strings.Join(gone, ", "))
	return nil
}
