//lint:file-ignore ST1005 messages that scripts may know begin as the original's do

package tools

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

const crmSimulateHelp = `crm_simulate - simulate a cluster's response to events

Usage: crm_simulate [OPTION...]

Shows what the cluster would do, from a file or from the running cluster, and with -S
what would come of it. Nothing is changed but the files that are named.

Operations:
  -R, --run                   Show what actions the cluster would take
  -S, --simulate              The same, take them on paper, and show the new status
  -X, --in-place              The same, and store the result in the input file
  -A, --show-attrs            Show node attributes
  -c, --show-failcounts       Show resource fail counts
  -s, --show-scores           Show allocation scores
  -U, --show-utilization      Show utilization information
      --explain[=RESOURCE]    Say why each action is taken, why each resource (or this one) is where
                              it is, and what would change that
  -P, --profile=DIR           Time the decisions for all XML files of a directory
  -N, --repeat=N              With --profile, repeat each N times

Synthetic cluster events:
  -u, --node-up=NODE          Bring a node online
  -d, --node-down=NODE        Take a node offline
  -f, --node-fail=NODE        Make a node fail
  -i, --op-inject=OPSPEC      Record a made-up result first
  -F, --op-fail=OPSPEC        Let this operation fail if it comes up
  -t, --set-datetime=TIME     Pretend that it is this time (ISO 8601)
  -q, --quorum=QUORUM         Set quorum to 1 or 0
  -w, --watchdog=DEVICE       Say whether there is a watchdog
  -g, --ticket-grant=TICKET   Grant a ticket
  -r, --ticket-revoke=TICKET  Revoke a ticket
  -b, --ticket-standby=TICKET
                              Make a ticket standby
  -e, --ticket-activate=TICKET
                              Activate a ticket

Artifacts:
  -I, --save-input=FILE       Save the CIB as it is decided on: upgraded, with the events
  -O, --save-output=FILE      Save the resulting CIB
  -G, --save-graph=FILE       Save the transition graph
  -D, --save-dotfile=FILE     Save the graph as a picture for Graphviz
  -a, --all-actions           In the picture, show what need not be done too

Data source (the last one counts):
  -L, --live-check            The running cluster (or CIB_file, CIB_shadow)
  -x, --xml-file=FILE         This file (.bz2 is unpacked); - is standard input
  -p, --xml-pipe              Standard input, which is the default

Additional options:
  -Q, --quiet                 Display only essential output
  -V, --verbose               Numbers of actions in the picture
      --output-as=FORMAT      text (default), xml or none
      --output-to=FILE        Write there instead of to standard output
  -h, --help                  This text
  -$, --version               Version

OPSPEC is RESOURCE_TASK_INTERVALMS@NODE=RC, for example
memcached_monitor_20000@bart.example.com=7.

A CIB of an older schema is upgraded to pacemaker-4.0 first, in memory: crm_simulate -x OLD
-O NEW -Q stores the result.

Exit codes: 0; 1 the transition could not be completed; 64 wrong use; 65 no input, or not
well-formed; 74 the graph or the picture cannot be written; 78 not a valid CIB; 102 the
cluster is not running; 4 or 105 another file cannot be written (no permission, no folder);
105 no such resource (--explain).

Example: what happens when server1 fails?
  crm_simulate -LS --node-fail server1
`

var crmSimulateOptions = []option{
	{short: 'R', long: "run"}, {short: 'S', long: "simulate"}, {short: 'X', long: "in-place"}, {short: 'A', long: "show-attrs"},
	{short: 'c', long: "show-failcounts"}, {short: 's', long: "show-scores"}, {short: 'U', long: "show-utilization"},
	{short: 'P', long: "profile", takes: value}, {short: 'N', long: "repeat", takes: value}, {short: 'u', long: "node-up", takes: value},
	{short: 'd', long: "node-down", takes: value}, {short: 'f', long: "node-fail", takes: value}, {short: 'i', long: "op-inject", takes: value},
	{short: 'F', long: "op-fail", takes: value}, {short: 't', long: "set-datetime", takes: value}, {short: 'q', long: "quorum", takes: value},
	{short: 'w', long: "watchdog", takes: value}, {short: 'g', long: "ticket-grant", takes: value},
	{short: 'r', long: "ticket-revoke", takes: value}, {short: 'b', long: "ticket-standby", takes: value},
	{short: 'e', long: "ticket-activate", takes: value}, {short: 'I', long: "save-input", takes: value},
	{short: 'O', long: "save-output", takes: value}, {short: 'G', long: "save-graph", takes: value},
	{short: 'D', long: "save-dotfile", takes: value}, {short: 'a', long: "all-actions"}, {long: "explain", takes: optionalBound}, {short: 'L', long: "live-check"},
	{short: 'x', long: "xml-file", takes: value}, {short: 'p', long: "xml-pipe"}, {short: 'Q', long: "quiet"}, {long: "pending"}, {short: 'j', long: "pending"},
	{long: "help-output"}, {long: "help-operations"}, {long: "help-synthetic"}, {long: "help-artifact"}, {long: "help-source"},
}

// simulation is one run of crm_simulate.
type simulation struct {
	r     *result
	w     *report.Writer
	out   *bytes.Buffer
	root  *cib.Element
	c     *state.Cluster
	noted []string // said when c was read

	run, simulate, inPlace, scores, utilization, all, attrs, failcounts bool
	source, file, date, saveInput, saveOutput, graph, dot, profile      string
	explain                                                             *string // a resource, "" for all; nil: not asked for
	repeat                                                              int
	fails                                                               []string
	in                                                                  simulate.Injections
}

func runCrmSimulate(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_simulate", crmSimulateHelp, crmSimulateOptions, args)
	if done {
		return code
	}
	r.api = report.ModernAPI
	s := &simulation{r: r, out: &bytes.Buffer{}, repeat: 1, source: "xml-pipe"}
	s.w = report.NewWriter(s.out)
	for _, g := range options {
		if strings.HasPrefix(g.name, "help-") { // one text has it all
			_, _ = io.WriteString(env.Stdout, crmSimulateHelp)
			return ExitOK
		}
		if err := s.option(g); err != nil {
			return r.usage("%v", err)
		}
	}
	s.w.Plain = r.quiet && s.scores
	switch {
	case s.profile != "":
		code = s.profileDir()
	default:
		if code = s.read(ctx); code == ExitOK {
			code = s.perform()
		}
	}
	s.r.text.Write(s.out.Bytes())
	return s.r.finish(code)
}

func (s *simulation) option(g given) error {
	flags := map[string]*bool{"run": &s.run, "simulate": &s.simulate, "in-place": &s.inPlace, "show-scores": &s.scores,
		"show-utilization": &s.utilization, "all-actions": &s.all, "show-attrs": &s.attrs, "show-failcounts": &s.failcounts, "quiet": &s.r.quiet}
	texts := map[string]*string{"set-datetime": &s.date, "save-input": &s.saveInput, "save-output": &s.saveOutput, "save-graph": &s.graph,
		"save-dotfile": &s.dot, "profile": &s.profile, "quorum": &s.in.Quorum, "watchdog": &s.in.Watchdog}
	lists := map[string]*[]string{"node-up": &s.in.Up, "node-down": &s.in.Down, "node-fail": &s.in.Fail, "op-inject": &s.in.Operations,
		"op-fail": &s.fails, "ticket-grant": &s.in.Grant, "ticket-revoke": &s.in.Revoke, "ticket-standby": &s.in.Standby,
		"ticket-activate": &s.in.Activate}
	switch {
	case flags[g.name] != nil:
		*flags[g.name] = true
	case texts[g.name] != nil:
		*texts[g.name] = g.value
	case lists[g.name] != nil:
		*lists[g.name] = append(*lists[g.name], g.value)
	case g.name == "explain":
		s.explain = &g.value
	case g.name == "repeat":
		n, err := strconv.Atoi(g.value)
		if err != nil {
			return fmt.Errorf("-N: %q is not a whole number", g.value)
		}
		s.repeat = n
	case g.name == "live-check", g.name == "xml-file", g.name == "xml-pipe":
		s.source, s.file = g.name, g.value
	}
	s.simulate = s.simulate || s.inPlace || g.name == "op-fail"
	s.run = s.run || s.simulate || s.explain != nil || s.scores || s.utilization || s.graph != "" || s.dot != ""
	return nil
}
