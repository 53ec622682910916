package tools

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

const attrdUpdaterHelp = `attrd_updater - query and update transient node attributes

Usage: attrd_updater -n NAME COMMAND [OPTION...]

  -n, --name=NAME             The attribute

Commands:
  -U, --update=VALUE          Set the value ("-v" too); "value++" and "value+=N" count
  -B, --update-both=VALUE     Set the value and the delay (needs -d)
  -Y, --update-delay          Set the delay (needs -d)
  -Q, --query                 Print the value
  -D, --delete                Delete the attribute
  -R, --refresh               Write all values to the CIB again (they always are)

Options:
  -d, --delay=TIME            Wait so long for further changes before writing
  -N, --node=NODE             Of this node instead of the local one
  -A, --all                   With --query: of all nodes
  -s, --set=SET               The attribute set
  -p, --private               Never write it to the CIB
  -l, --lifetime, -S          ignored
  -q, --quiet, -V, --verbose  accepted
      --output-as=FORMAT      text or xml
  -h, --help                  This text
  -$, --version               Version

Inside an agent, the node is the one in OCF_RESKEY_CRM_meta_on_node.

Exit codes: 0 done; 64 wrong use; 78 no such attribute; 102 the cluster is not running;
105 no such node.
`

var attrdUpdaterOptions = []option{
	{'n', "name", value, ""}, {'U', "update", value, ""}, {'v', "update", value, ""}, {'B', "update-both", value, ""}, {'Y', "update-delay", noValue, ""},
	{'Q', "query", noValue, ""}, {'D', "delete", noValue, ""}, {'R', "refresh", noValue, ""}, {'d', "delay", value, ""}, {'s', "set", value, ""},
	{'N', "node", value, ""}, {'A', "all", noValue, ""}, {'l', "lifetime", value, ""}, {'S', "section", value, ""}, {'p', "private", noValue, ""}, {'q', "quiet", noValue, ""},
}

func runAttrdUpdater(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "attrd_updater", attrdUpdaterHelp, attrdUpdaterOptions, args)
	if done {
		return code
	}
	u := api.AttributeUpdate{}
	command, all, node := "", false, env.Getenv("OCF_RESKEY_CRM_meta_on_node")
	var delay *time.Duration
	for _, g := range options {
		switch g.name {
		case "name":
			u.Name = g.value
		case "update", "update-both":
			command, u.Value = g.name, &g.value
		case "update-delay", "query", "delete", "refresh":
			command = g.name
		case "delay":
			d, err := parseTime(g.value)
			if err != nil {
				return r.usage("%v", err)
			}
			delay, u.Dampen = &d, d
		case "set":
			u.Set = g.value
		case "node":
			node = g.value
		case "all":
			all = true
		case "private":
			u.Private = true
		}
	}
	switch {
	case command == "":
		return r.usage("Must specify one of -U, -B, -Y, -Q, -D, -R")
	case u.Name == "" && command != "refresh":
		return r.usage("Command requires --name argument")
	case delay == nil && (command == "update-both" || command == "update-delay"):
		return r.usage("Command requires --delay argument")
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	client := env.LiveStore().API()
	u.Node = crm.NodeName(node)
	switch command {
	case "query":
		return r.queryAttribute(ctx, client, u.Name, node, all)
	case "refresh":
		_, err := client.Status(ctx)
		return r.posted(err)
	case "update-delay":
		return r.keepValue(ctx, client, u)
	}
	return r.posted(client.Post(ctx, "/v1/attributes", nil, u, nil))
}

func (r *result) posted(err error) int {
	if err != nil {
		return r.notConnected(err)
	}
	return r.finish(ExitOK)
}

func (r *result) notConnected(err error) int {
	if errors.Is(err, api.ErrNotConnected) {
		r.complain("%s: Could not connect to attrd: Connection refused (%v)", r.tool, err)
		return r.finish(ExitDisconnect)
	}
	return r.fail(err)
}

// keepValue writes the present value with another delay.
func (r *result) keepValue(ctx context.Context, client *api.Client, u api.AttributeUpdate) int {
	list, err := attributes(ctx, client, u.Name, string(u.Node))
	if err != nil {
		return r.notConnected(err)
	}
	if len(list) == 0 {
		return r.noAttribute(u.Name)
	}
	u.Value = &list[0].Value
	return r.posted(client.Post(ctx, "/v1/attributes", nil, u, nil))
}

func (r *result) noAttribute(name string) int {
	r.complain("Could not query value of %s: attribute does not exist", name)
	return r.finish(ExitConfig)
}

func (r *result) queryAttribute(ctx context.Context, client *api.Client, name, node string, all bool) int {
	if node == "" && !all {
		s, err := client.Status(ctx)
		if err != nil {
			return r.notConnected(err)
		}
		if node = string(s.Node); node == "" {
			node, _ = os.Hostname()
		}
	}
	if all {
		node = ""
	}
	list, err := attributes(ctx, client, name, node)
	if err != nil {
		return r.notConnected(err)
	}
	shown := 0
	for _, a := range list {
		if a.Name != name || (node != "" && !strings.EqualFold(string(a.Node), node)) {
			continue
		}
		shown++
		r.printf("name=\"%s\" host=\"%s\" value=\"%s\"\n", a.Name, a.Node, a.Value)
		r.add(cib.New("attribute", "name", a.Name, "value", a.Value, "host", string(a.Node)))
	}
	if shown == 0 {
		return r.noAttribute(name)
	}
	return r.finish(ExitOK)
}
