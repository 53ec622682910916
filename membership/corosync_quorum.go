package membership

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// MaxVotes is how many votes one node may have.
const MaxVotes = 15

// quorum reads the quorum section. Source: votequorum(5).
func (p *corosyncParser) quorum(s *section) {
	q := &p.cfg.Quorum
	sum := 0
	for _, n := range p.cfg.Nodes {
		sum += n.Votes
	}
	q.ExpectedVotes = sum
	for _, k := range s.keys {
		switch k.key {
		case "provider":
			q.Provider = k.value
			if k.value != "corosync_votequorum" {
				p.Errorf(k.line, "provider: corosync_votequorum", "quorum provider %q is not known", k.value)
			}
		case "expected_votes":
			q.ExpectedVotes = p.number(k, 1, 1000)
			if len(p.cfg.Nodes) > 0 && q.ExpectedVotes != sum {
				p.Warnf(k.line, fmt.Sprintf("expected_votes: %d, or leave it out", sum), "expected_votes is %d, but the nodelist has %d votes: the nodelist counts, as in corosync", q.ExpectedVotes, sum)
				q.ExpectedVotes = sum
			}
		case "two_node":
			q.TwoNode = p.bool(k)
		case "allow_downscale":
			if p.bool(k) {
				p.Errorf(k.line, "allow_downscale: 0; last_man_standing: 1 counts only who is there", "allow_downscale is not supported (nor is it in corosync)")
			}
		case "expected_votes_tracking", "ev_tracking":
			if p.bool(k) {
				p.Warnf(k.line, "", "%s is not needed: the members and their votes are agreed on and remembered", k.key)
			}
		}
	}
	if len(p.cfg.Nodes) > 0 && sum == 0 {
		p.Errorf(s.line, "quorum_votes: 1", "no node has a vote")
	}
	p.tieBreaker(s)
	p.lastManStanding(s)
	p.waitForAll(s, sum)
}

// waitForAll follows from two_node, and from ties that can be broken: a tie-breaker that
// boots alone would else go on alone.
func (p *corosyncParser) waitForAll(s *section, sum int) {
	q := &p.cfg.Quorum
	tie := q.TieBreaker != "" && sum%2 == 0
	q.WaitForAll = q.TwoNode || tie
	if k, ok := s.last("wait_for_all"); ok {
		q.WaitForAll = p.bool(k)
		if tie && !q.WaitForAll {
			p.Warnf(k.line, "wait_for_all: 1", "auto_tie_breaker with an even number of votes (%d) needs wait_for_all; it is on", sum)
			q.WaitForAll = true
		}
	}
	k, _ := s.last("two_node")
	witness := p.cfg.Witnesses() > 0
	switch {
	case !q.TwoNode || len(p.cfg.Nodes) == 0:
	case len(p.cfg.Nodes) != 2 && witness:
		p.Errorf(k.line, "two_node: 0", "two_node: 1 with a witness: the witness has the vote that decides")
	case len(p.cfg.Nodes) != 2:
		p.Errorf(k.line, "two_node: 0", "two_node: 1 with %d nodes", len(p.cfg.Nodes))
	case q.TieBreaker != "":
		p.Errorf(k.line, "two_node: 0, or auto_tie_breaker: 0", "two_node and auto_tie_breaker exclude each other")
	case sum != 2:
		p.Errorf(k.line, "quorum_votes: 1 for both", "two_node: 1 with %d votes", sum)
	}
}

func (p *corosyncParser) tieBreaker(s *section) {
	how, named := s.last("auto_tie_breaker_node")
	if k, ok := s.last("auto_tie_breaker"); !ok || !p.bool(k) {
		if named {
			p.Warnf(how.line, "add auto_tie_breaker: 1", "auto_tie_breaker_node has no effect while auto_tie_breaker is off")
		}
		return
	}
	p.cfg.Quorum.TieBreaker = "lowest"
	if !named || how.value == "lowest" {
		return
	}
	p.cfg.Quorum.TieBreaker = strings.Join(strings.Fields(how.value), " ")
	if how.value == "highest" {
		return
	}
	for _, word := range strings.Fields(how.value) {
		id, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			p.Errorf(how.line, "auto_tie_breaker_node: lowest", "auto_tie_breaker_node %q: want lowest, highest, or node ids separated by spaces", clip(how.value))
			return
		}
		if !slices.ContainsFunc(p.cfg.Nodes, func(n Node) bool { return n.ID == crm.NodeID(id) && n.Votes > 0 }) {
			p.Errorf(how.line, "auto_tie_breaker_node: lowest", "auto_tie_breaker_node: no node with id %d votes", id)
		}
	}
}

func (p *corosyncParser) lastManStanding(s *section) {
	const key = "last_man_standing_window"
	window := 10 * time.Second
	if k, ok := s.last(key); ok {
		ms, _ := p.within(k, 100, 3600_000, int(window.Milliseconds()))
		window = time.Duration(ms) * time.Millisecond
	}
	if k, ok := s.last("last_man_standing"); ok && p.bool(k) {
		p.cfg.Quorum.LastManStanding = window
		if slices.ContainsFunc(p.cfg.Nodes, func(n Node) bool { return n.Votes > 1 }) {
			p.Warnf(k.line, "quorum_votes: 1 for all nodes", "last_man_standing with unequal votes: when a node of many votes is lost after others were counted out, those that are left have no quorum")
		}
		if _, ok := s.last("wait_for_all"); !ok {
			p.Warnf(k.line, "add wait_for_all: 1", "last_man_standing without wait_for_all: after a power failure a few nodes of many could go on without the others")
		}
	}
}
