package tools

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/tools/store"
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
  -I, --save-input=FILE       Save the input
  -O, --save-output=FILE      Save the resulting CIB
  -G, --save-graph=FILE       Save the transition graph
  -D, --save-dotfile=FILE     Save the graph as a picture for Graphviz
  -a, --all-actions           In the picture, show what need not be done too

Data source:
  -L, --live-check            The running cluster (or CIB_file, CIB_shadow)
  -x, --xml-file=FILE         This file (.bz2 is unpacked)
  -p, --xml-pipe              Standard input

Additional options:
  -Q, --quiet                 Display only essential output
  -V, --verbose               Numbers of actions in the picture
  -h, --help                  This text
  -$, --version               Version

OPSPEC is RESOURCE_TASK_INTERVALMS@NODE=RC, for example
memcached_monitor_20000@bart.example.com=7.

Exit codes: 0; 1 the transition could not be completed; 64 wrong use; 65 not well-formed;
66 no input; 73 a file cannot be written; 78 not a valid CIB; 102 the cluster is not running;
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
}

// simulation is one run of crm_simulate.
type simulation struct {
	r    *result
	w    *report.Writer
	out  *bytes.Buffer
	root *cib.Element
	c    *state.Cluster

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
	s := &simulation{r: r, out: &bytes.Buffer{}, repeat: 1}
	s.w = report.NewWriter(s.out)
	for _, g := range options {
		s.option(g)
	}
	if r.quiet {
		s.w.Plain = true
	}
	if s.profile != "" {
		return s.finish(s.profileDir())
	}
	if code := s.read(ctx); code != ExitOK {
		return code
	}
	return s.finish(s.perform())
}

// finish prints the report.
func (s *simulation) finish(code int) int {
	s.r.text.Write(s.out.Bytes())
	return s.r.finish(code)
}

func (s *simulation) option(g given) {
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
		s.repeat, _ = strconv.Atoi(g.value)
	case g.name == "live-check", g.name == "xml-file", g.name == "xml-pipe":
		s.source, s.file = g.name, g.value
	}
	s.simulate = s.simulate || s.inPlace || g.name == "op-fail"
	s.run = s.run || s.simulate || s.explain != nil || s.scores || s.utilization || s.graph != "" || s.dot != ""
}

// read reads the CIB.
func (s *simulation) read(ctx context.Context) int {
	var data []byte
	var err error
	switch s.source {
	case "xml-file":
		if data, err = store.ReadXML(s.file); err != nil {
			s.r.complain("crm_simulate: Couldn't parse input file: %s (%v)", s.file, err)
			return s.r.finish(ExitNoInput)
		}
	case "xml-pipe":
		if data, err = io.ReadAll(s.r.env.Stdin); err != nil {
			return s.r.fail(err)
		}
	default:
		snap, err := s.r.env.Store().CIB(ctx)
		if err != nil {
			return s.r.fail(err)
		}
		s.root = snap.Root()
	}
	if s.root == nil {
		if s.root, err = cib.Parse(data); err != nil {
			s.r.complain("crm_simulate: Couldn't parse input: %s: %v", s.file, err)
			return s.r.finish(ExitDataErr)
		}
	}
	if s.root.Name != cib.TagCIB || s.root.Child("configuration") == nil {
		s.r.complain("crm_simulate: not a complete CIB: want <cib> with <configuration>")
		return s.r.finish(ExitConfig)
	}
	if s.root.Get(cib.AttrValidateWith) == "none" {
		fmt.Fprintln(s.r.env.Stderr, `Schema validation of configuration is disabled (support for validate-with set to "none" is deprecated and will be removed in a future release)`)
	}
	return ExitOK
}

// now works out the reference time and says where it comes from.
func (s *simulation) now() time.Time {
	wall := s.r.env.Now()
	if s.date != "" {
		if t, ok := rules.ParseTime(s.date, wall); ok {
			s.info("Setting effective cluster time: " + s.date)
			return t
		}
		return wall
	}
	if sec, err := strconv.ParseInt(s.root.Get("execution-date"), 10, 64); err == nil {
		t := time.Unix(sec, 0).UTC()
		s.info("Using the original execution date of: " + t.Format("2006-01-02 15:04:05Z"))
		return t
	}
	return wall
}

func (s *simulation) info(text string) {
	if !s.r.quiet {
		s.w.Line(text)
	}
}

func (s *simulation) load() {
	s.c = state.ReadRoot(s.root, s.now(), state.ReadOptions{Sanitized: s.source != "live-check"})
}

func (s *simulation) perform() int {
	s.load()
	printed := s.currentStatus()
	if !s.in.Empty() {
		s.w.Spacer(printed)
		s.inject()
		printed = true
	}
	if code := s.save(s.saveInput, s.root.XML()); code != ExitOK {
		return code
	}
	if !s.run {
		return ExitOK
	}
	out := s.decide(printed)
	if code := s.save(s.graph, out.Graph.XML()); code != ExitOK {
		return code
	}
	if s.dot != "" {
		if code := s.save(s.dot, out.Result.Picture(s.all, s.r.verbose > 0).DOT()); code != ExitOK {
			return code
		}
	}
	if !s.r.quiet {
		s.w.Spacer(true)
		report.TransitionSummary(s.w, out.Result.Changes)
	}
	if s.explain != nil {
		if code := s.tellReasons(*s.explain); code != ExitOK {
			return code
		}
	}
	if !s.simulate {
		return ExitOK
	}
	return s.execute(out)
}

// currentStatus shows what is; it reports whether it wrote anything.
func (s *simulation) currentStatus() bool {
	if s.r.quiet {
		return false
	}
	printed := s.c.Options.MaintenanceMode && report.Maintenance(s.w, s.c)
	if s.c.Disabled > 0 || s.c.Blocked > 0 {
		s.w.Spacer(printed)
		s.w.Line(fmt.Sprintf("%d of %d resource instances DISABLED and %d BLOCKED from further action due to failure",
			s.c.Disabled, s.c.Instances, s.c.Blocked))
		printed = true
	}
	s.w.Spacer(printed)
	s.status("Current cluster status", true)
	return true
}

func (s *simulation) status(title string, pending bool) {
	sections := report.Sections{Nodes: true, Resources: true, Attributes: s.attrs, Failcounts: s.failcounts}
	o := report.Options{Inactive: true, FailedDetail: true, Pending: pending, Modern: true}
	s.w.Begin(title)
	report.Status(s.w, s.c, &sections, &o, nil, s.c.Now)
	s.w.End()
}

// inject lets the events happen.
func (s *simulation) inject() {
	root, lines, errors := simulate.Inject(s.c, &s.in, s.r.env.Now())
	if !s.r.quiet {
		s.w.Begin("Performing Requested Modifications")
		for _, l := range lines {
			s.w.Item(l)
		}
		s.w.End()
	}
	for _, e := range errors {
		fmt.Fprintf(s.r.env.Stderr, "%s\n", e)
	}
	s.root = root
	s.load()
}

// decide runs the policy engine and shows scores.
func (s *simulation) decide(printed bool) pengine.Output {
	out := pengine.ScheduleState(s.c, pengine.Input{Now: s.c.Now, Sanitized: s.c.Sanitized, ShowScores: s.scores, ShowUtilization: s.utilization})
	if !s.scores && !s.utilization {
		return out
	}
	title := "Assignment Scores"
	if s.scores && s.utilization {
		title = "Assignment Scores and Utilization Information"
	} else if s.utilization {
		title = "Utilization Information"
	}
	s.w.Spacer(printed || s.r.quiet)
	s.w.Begin(title)
	for _, n := range out.Result.Notes {
		s.info(n)
	}
	if s.utilization {
		for _, l := range out.Result.Capacity {
			s.w.Item(l)
		}
	}
	if s.scores {
		for _, l := range out.Result.Scores {
			s.w.Item(l)
		}
	}
	s.w.End()
	return out
}

// execute carries the transition out on paper and shows what comes of it.
func (s *simulation) execute(out pengine.Output) int {
	res := simulate.Execute(s.c, out.Graph, s.fails, s.r.env.Now())
	if !s.r.quiet {
		s.w.Spacer(true)
		s.w.Begin("Executing Cluster Transition")
		for _, l := range res.Lines {
			if text, plain := strings.CutPrefix(l, "\x00"); plain {
				s.w.Line(text)
			} else {
				s.w.Item(l)
			}
		}
		s.w.End()
	}
	code := ExitOK
	if !res.Complete {
		res.Errors = append(res.Errors, "Transition failed: terminated", "An invalid transition was produced")
		code = ExitError
	}
	for _, e := range res.Errors {
		fmt.Fprintln(s.r.env.Stderr, e)
	}
	s.root = res.Root
	if !s.r.quiet {
		s.load()
		s.w.Spacer(true)
		s.status("Revised Cluster Status", false)
	}
	if s.inPlace && s.source == "xml-file" {
		s.saveOutput = s.file
	}
	if c := s.save(s.saveOutput, s.root.XML()); c != ExitOK {
		return c
	}
	return code
}

func (s *simulation) save(path string, data []byte) int {
	if path == "" {
		return ExitOK
	}
	var err error
	if info, e := os.Stat(path); path == "-" || e == nil && !info.Mode().IsRegular() {
		if path == "-" {
			_, err = s.out.Write(data)
		} else {
			err = os.WriteFile(path, data, 0o644)
		}
	} else {
		err = store.WriteAtomically(path, data)
	}
	if err != nil {
		s.r.complain("crm_simulate: Could not write %s: %v", path, err)
		return ExitCantCreate
	}
	return ExitOK
}

// profileDir times the decisions for every file.
func (s *simulation) profileDir() int {
	files, err := filepath.Glob(filepath.Join(s.profile, "*.xml"))
	if err != nil || len(files) == 0 {
		s.r.complain("crm_simulate: no XML files in %s", s.profile)
		return ExitNoInput
	}
	slices.Sort(files)
	s.w.Begin("Timings")
	for _, f := range files {
		data, err := store.ReadXML(f)
		if err != nil {
			continue
		}
		began := s.r.env.Now()
		if s.root, err = cib.Parse(data); err != nil {
			s.r.complain("crm_simulate: %s: %v", f, err)
			continue
		}
		for range s.repeat {
			c := state.ReadRoot(s.root, began, state.ReadOptions{Sanitized: true})
			pengine.ScheduleState(c, pengine.Input{Now: began, Sanitized: true})
		}
		s.w.Itemf("Testing %s ... %.2f secs", f, s.r.env.Now().Sub(began).Seconds())
	}
	s.w.End()
	return ExitOK
}
