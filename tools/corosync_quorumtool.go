package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/api"
)

const corosyncQuorumtoolHelp = `corosync-quorumtool - display quorum as corosync's tool of that name does

Usage: corosync-quorumtool [OPTION...]

Commands:
  -s, --status             Quorum, votes and members (this is what it does without a command, too)
  -l, --list               The members only

Options:
  -p, --parsable           accepted: the output is the same
  -i, --addresses          Addresses instead of names
  -H, --hex                Node ids in hexadecimal
  -o, --order=a|n|i        Order of the members: by name (n), else by id
  -a, --all                accepted
  -h, --help               This text
  -V, --version            Version

Votes are configured in corosync.conf, on all nodes: -e and -v are refused.
A tie-breaker's additional vote is not counted here; crm cluster status shows who has it.

Exit codes: 0 quorate; 2 not quorate (1 with -p alone); 1 the cluster is not running; 64 wrong use.
`

var corosyncQuorumtoolOptions = []option{
	{'s', "status", noValue, ""}, {'l', "list", noValue, ""}, {'m', "monitor", noValue, ""}, {'p', "parsable", noValue, ""}, {'i', "addresses", noValue, ""}, {'H', "hex", noValue, ""},
	{'o', "order", value, ""}, {'a', "all", noValue, ""}, {'e', "expected", value, ""}, {'v', "votes", value, ""}, {'n', "nodeid", value, ""},
	{'h', "help", noValue, ""}, {'V', "version", noValue, ""},
}

// Exit codes of corosync-quorumtool.
const (
	quorumtoolFailed  = 1
	quorumtoolNoVotes = 2
)

// quorumtool is one call of the tool.
type quorumtool struct {
	*result
	addresses, hex, byName bool
}

func runCorosyncQuorumtool(ctx context.Context, env Env, args []string) int {
	r := &result{env: env, tool: "corosync-quorumtool", args: args}
	options, words, err := parseOptions(corosyncQuorumtoolOptions, args)
	if err == nil && len(words) > 0 {
		err = fmt.Errorf("unexpected argument %q", words[0])
	}
	if err != nil {
		r.complain("corosync-quorumtool: %v", err)
		return ExitUsage
	}
	q := quorumtool{result: r}
	command := ""
	for _, g := range options {
		switch g.name {
		case "help":
			r.printf("%s", corosyncQuorumtoolHelp)
			return r.finish(ExitOK)
		case "version":
			r.printf("%s", versionText)
			return r.finish(ExitOK)
		case "expected", "votes":
			r.complain("corosync-quorumtool: votes cannot be changed here: set quorum_votes in corosync.conf on all nodes and restart crmd on one node after the other")
			return quorumtoolFailed
		case "monitor":
			r.complain("corosync-quorumtool: -m is not supported; crm_mon follows the quorum")
			return quorumtoolFailed
		case "status", "list":
			command = g.name
		case "addresses":
			q.addresses = true
		case "hex":
			q.hex = true
		case "order":
			q.byName = g.value == "n"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	s, err := env.LiveStore().API().Status(ctx)
	if err != nil {
		what := ""
		if errors.Is(err, api.ErrNotConnected) {
			what = "Cannot initialize QUORUM service: "
		}
		r.complain("%s%v", what, err)
		return quorumtoolFailed
	}
	if command != "list" {
		q.status(s)
	}
	q.members(s)
	return r.finish(quorumtoolExit(command, s.Quorate))
}

func quorumtoolExit(command string, quorate bool) int {
	switch {
	case quorate || command == "list":
		return ExitOK
	case command == "status":
		return quorumtoolNoVotes
	}
	return quorumtoolFailed
}

func (q quorumtool) id(id uint32) string {
	if q.hex {
		return fmt.Sprintf("0x%08x", id)
	}
	return fmt.Sprint(id)
}

// status prints the first two blocks. Readers look for these names in this order.
func (q quorumtool) status(s api.Status) {
	here, total := present(s), 0
	for _, m := range here {
		total += m.Votes
	}
	leader := s.NodeID
	quorate, blocked := "No", "Activity blocked"
	flags := s.Votes.Flags
	if s.Quorate {
		quorate, blocked = "Yes", ""
		at := 0
		if slices.Contains(flags, "2Node") {
			at = 1
		}
		flags = slices.Insert(slices.Clone(flags), at, "Quorate")
	}
	for _, m := range s.Members {
		if m.Name == s.DC {
			leader = m.ID
		}
	}
	expected := max(s.Votes.Configured, total)
	needed := expected/2 + 1
	if slices.Contains(flags, "2Node") {
		needed = 1
	}
	const title = "%s\n%s\n"
	q.printf(title, "Quorum information", strings.Repeat("-", 18))
	q.printf("Date:             %s\nQuorum provider:  corosync_votequorum\nNodes:            %d\nNode ID:          %s\nRing ID:          %x.%x\nQuorate:          %s\n\n",
		q.env.Now().Format("Mon Jan _2 15:04:05 2006"), len(here), q.id(uint32(s.NodeID)), uint32(leader), s.Stamp.Term, quorate)
	q.printf(title, "Votequorum information", strings.Repeat("-", 22))
	q.printf("Expected votes:   %d\nHighest expected: %d\nTotal votes:      %d\nQuorum:           %d %s\nFlags:            %s\n\n",
		expected, expected, total, needed, blocked, strings.Join(append(flags, ""), " "))
}

// present lists the members that are heard, witnesses among them.
func present(s api.Status) []api.MemberStatus {
	return slices.DeleteFunc(slices.Clone(s.Members), func(m api.MemberStatus) bool { return !m.Alive })
}

func (q quorumtool) members(s api.Status) {
	here := present(s)
	slices.SortStableFunc(here, func(a, b api.MemberStatus) int {
		if q.byName {
			return cmp.Compare(a.Name, b.Name)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	q.printf("Membership information\n%s\n%10s %10s Name\n", strings.Repeat("-", 22), "Nodeid", "Votes")
	for _, m := range here {
		name, local := string(m.Name), ""
		if q.addresses && len(m.Links) > 0 {
			name = m.Links[0].Remote
		}
		if m.ID == s.NodeID {
			local = " (local)"
		}
		q.printf("%10s %10d %s%s\n", q.id(uint32(m.ID)), m.Votes, name, local)
	}
}
