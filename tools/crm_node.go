package tools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

const crmNodeHelp = `crm_node - display low-level node information

Usage: crm_node COMMAND [OPTION...]

Commands:
  -n, --name               The cluster's name for this node
  -i, --cluster-id         This node's id
  -l, --list               All known members: ID NAME STATE
  -p, --partition          The names of the members of this partition
  -q, --quorum             1 when this partition has quorum, else 0
  -N, --name-for-id=ID     The name of the node with that id
  -R, --remove=NAME        Forget a node that is stopped and gone for good (needs --force)

Options:
  -f, --force              Do it
  -Q, --quiet              Say less
  -V, --verbose            accepted
  -h, --help               This text
  -$, --version            Version

Environment: inside an agent, OCF_RESKEY_CRM_meta_on_node answers --name.

Exit codes: 0 done; 64 wrong use; 102 the cluster is not running; 105 no such node.
`

var crmNodeOptions = []option{
	{'n', "name", noValue, ""}, {'i', "cluster-id", noValue, ""}, {'l', "list", noValue, ""}, {'p', "partition", noValue, ""}, {'q', "quorum", noValue, ""},
	{'N', "name-for-id", value, ""}, {'R', "remove", value, ""}, {'f', "force", noValue, ""}, {'Q', "quiet", noValue, ""},
}

func runCrmNode(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_node", crmNodeHelp, crmNodeOptions, args)
	if done {
		return code
	}
	command, arg, force := "", "", false
	for _, g := range options {
		switch g.name {
		case "force":
			force = true
		case "quiet":
			r.quiet = true
		default:
			if command != "" {
				return r.usage("only one of -n -i -l -p -q -N -R can be given")
			}
			command, arg = g.name, g.value
		}
	}
	if command == "" {
		return r.usage("Must specify a command")
	}
	if name := env.Getenv("OCF_RESKEY_CRM_meta_on_node"); command == "name" && name != "" {
		r.printf("%s\n", name)
		return r.finish(ExitOK)
	}
	if command == "remove" && !force {
		r.complain("The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, the --force flag is required in order to proceed.")
		return r.finish(ExitUsage)
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	st := env.LiveStore()
	if command == "remove" {
		if err := st.API().Post(ctx, "/v1/forget", url.Values{"node": {arg}}, struct{}{}, nil); err != nil {
			return r.notRunning(err)
		}
		return r.finish(ExitOK)
	}
	s, err := st.API().Status(ctx)
	if err != nil {
		return r.notRunning(err)
	}
	return r.aboutNodes(command, arg, s)
}

// notRunning reports an error, a cluster that does not run in the words scripts know.
func (r *result) notRunning(err error) int {
	if errors.Is(err, api.ErrNotConnected) {
		r.complain("%s: Could not connect to controller: Connection refused (%v)", r.tool, err)
		r.complain("Error performing operation: %s", exitText(ExitDisconnect))
		return r.finish(ExitDisconnect)
	}
	return r.fail(err)
}

func (r *result) aboutNodes(command, arg string, s api.Status) int {
	members := slices.DeleteFunc(slices.Clone(s.Members), func(m api.MemberStatus) bool { return m.Witness })
	sort.SliceStable(members, func(i, j int) bool { return members[i].ID < members[j].ID })
	switch command {
	case "name":
		r.printf("%s\n", s.Node)
	case "cluster-id":
		r.printf("%d\n", s.NodeID)
	case "quorum":
		r.printf("%s\n", map[bool]string{true: "1", false: "0"}[s.Quorate])
	case "list":
		for _, m := range members {
			state := "lost"
			if m.Alive || m.Joined {
				state = "member"
			}
			r.printf("%d %s %s\n", m.ID, m.Name, state)
			r.add(cib.New("node", "id", strconv.Itoa(int(m.ID)), "name", string(m.Name), "state", state))
		}
	case "partition":
		var names []string
		for _, m := range members {
			if m.Alive || m.Joined {
				names = append(names, string(m.Name))
			}
		}
		r.printf("%s\n", strings.Join(names, " "))
	case "name-for-id":
		for _, m := range members {
			if fmt.Sprint(m.ID) == arg {
				r.printf("%s\n", m.Name)
				return r.finish(ExitOK)
			}
		}
		r.complain("%s: Node %s is not known to cluster", r.tool, arg)
		return r.finish(ExitNoSuch)
	}
	return r.finish(ExitOK)
}
