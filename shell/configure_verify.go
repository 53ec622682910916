package shell

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

// severity says what a finding means for a commit.
type severity int

const (
	severityInfo    severity = iota
	severityWarning          // shown
	severityError            // shown; a person is asked before a commit
	severityFatal            // the cluster would refuse it: not committed unless forced
)

// finding is one remark about a draft.
type finding struct {
	severity severity
	text     string
}

type findings []finding

func (f *findings) add(s severity, format string, args ...any) {
	*f = append(*f, finding{s, fmt.Sprintf(format, args...)})
}

func (f findings) worst() severity {
	worst := severityInfo
	for _, x := range f {
		worst = max(worst, x.severity)
	}
	return worst
}

// show prints findings, errors first. Warnings are not repeated.
func (s *Session) show(all findings) {
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b finding) int { return cmp.Compare(b.severity, a.severity) })
	for _, f := range ordered {
		if s.noted[f.text] && f.severity < severityError {
			continue // verify just before commit has said it
		}
		s.noted[f.text] = true
		switch {
		case f.severity >= severityError:
			s.errorf("%s", f.text)
		case f.severity == severityWarning:
			s.warnf("%s", f.text)
		default:
			s.infof("%s", f.text)
		}
	}
}

func runVerify(ctx context.Context, s *Session, _ []string) error {
	if s.draft == nil {
		if err := s.readDraft(ctx); err != nil {
			return err
		}
	}
	verdict := s.check(ctx)
	clear(s.noted)
	s.show(verdict)
	if verdict.worst() >= severityError {
		return errQuiet
	}
	return nil
}

// check looks at the draft: schema, references, agents and their parameters, and what
// the policy engine says.
func (s *Session) check(ctx context.Context) findings {
	var out findings
	for _, f := range schemas.Validate(s.draft.Root()) {
		if strings.HasSuffix(f.Msg, "there is no element with that id") {
			continue // checkReferences says it in the language's words
		}
		level := severityWarning
		if f.Level == schemas.Error {
			level = severityFatal
		}
		out.add(level, "%s", f)
	}
	out = append(out, checkReferences(s.draft)...)
	resources := s.draft.Root().Child("configuration").Child("resources")
	for _, o := range s.draft.Objects() {
		if o.Verb == "primitive" {
			out = append(out, s.checkPrimitive(ctx, o.Element, resources)...)
		}
	}
	out = append(out, s.fencingFindings(ctx)...)
	return unique(append(out, s.policyFindings()...))
}

func unique(all findings) findings {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(f finding) bool {
		again := seen[f.text]
		seen[f.text] = true
		return again
	})
}

// checkReferences looks for constraints, tags and templates that speak of nothing.
func checkReferences(d *draft.Draft) findings {
	var out findings
	nodes, tags := d.Nodes(), map[string]bool{}
	resources := map[string]bool{}
	for _, o := range d.Objects() {
		if language.IsResource(o.Element) || o.Verb == "rsc_template" {
			resources[o.ID] = true
		}
		if o.Verb == "tag" {
			tags[o.ID] = true
		}
	}
	for _, o := range d.Objects() {
		for _, id := range draft.References(o.Element) {
			if !resources[id] && !tags[id] && !(o.Verb == "tag" && hasObject(d, id)) {
				out.add(severityFatal, "%s %s: resource %s does not exist", o.Verb, o.ID, id)
			}
		}
		if node := o.Element.Get("node"); o.Verb == "location" && node != "" && !slices.Contains(nodes, node) && len(nodes) > 0 {
			out.add(severityWarning, "location %s: referenced node %s does not exist", o.ID, node)
		}
		if t := o.Element.Get("template"); o.Verb == "primitive" && t != "" && !resources[t] {
			out.add(severityFatal, "primitive %s: template %s does not exist", o.ID, t)
		}
	}
	return out
}

func hasObject(d *draft.Draft, id string) bool {
	_, ok := d.Find(id)
	return ok
}

// checkPrimitive holds a primitive against what its agent says of itself.
func (s *Session) checkPrimitive(ctx context.Context, e, resources *cib.Element) findings {
	var out findings
	agent, err := agentOf(e, resources)
	if err != nil || agent.Class != "ocf" && agent.Class != "stonith" {
		return nil // a missing template is reported already; other classes have no parameters
	}
	_, meta, err := s.agents.metadata(ctx, agent)
	if err != nil {
		out.add(severityError, "primitive %s: agent %s is not installed on this node, or gives no meta-data: %v", e.ID(), agentName(agent), err)
		return out
	}
	template := resources.ChildWith("template", "id", e.Get("template"))
	given := parametersOf(e, template)
	for _, p := range meta.Missing(func(name string) bool { _, ok := given[name]; return ok }) {
		if !refersToParameters(e, template) {
			out.add(severityError, "primitive %s: required parameter %s is missing; add: params %s=...", e.ID(), p.Name, p.Name)
		}
	}
	for _, name := range sortedNames(given) {
		if agent.Class == "stonith" && clustersOwn(name) {
			continue
		}
		if _, ok := meta.Parameter(name); !ok && name != "trace_ra" && name != "trace_dir" {
			out.add(severityWarning, "primitive %s: parameter %s is not known to %s%s", e.ID(), name, agentName(agent), closeParameter(name, meta))
		}
	}
	return append(out, checkTimeouts(e, agent, meta)...)
}

func closeParameter(name string, meta ocf.Metadata) string {
	best, distance := "", 3
	for _, p := range meta.Parameters {
		if d := editDistance(name, p.Name); d < distance {
			best, distance = p.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

func sortedNames(m map[string]string) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func parametersOf(elements ...*cib.Element) map[string]string {
	out := map[string]string{}
	for _, e := range elements {
		for set := range e.All("instance_attributes") {
			for nv := range set.All("nvpair") {
				if n := nv.Get("name"); n != "" {
					out[n] = nv.Get("value")
				}
			}
		}
	}
	return out
}

// refersToParameters is true when parameters come from elsewhere by id-ref.
func refersToParameters(elements ...*cib.Element) bool {
	for _, e := range elements {
		for set := range e.All("instance_attributes") {
			for c := range set.Walk() {
				if _, ok := c.Lookup("id-ref"); ok {
					return true
				}
			}
		}
	}
	return false
}

// checkTimeouts compares the operations' timeouts with what the agent advises.
func checkTimeouts(e *cib.Element, agent lrmd.Agent, meta ocf.Metadata) findings {
	var out findings
	for op := range e.Child("operations").All("op") {
		timeout, set := ocf.ParseDuration(op.Get("timeout"))
		advised := advisedTimeout(meta, op)
		if !meta.HasAction(op.Get("name")) && op.Get("name") != "monitor" && len(meta.Actions) > 0 {
			out.add(severityWarning, "primitive %s: %s does not advertise operation %s", e.ID(), agentName(agent), op.Get("name"))
		}
		if set && timeout > 0 && timeout < advised {
			out.add(severityWarning, "primitive %s: timeout %s for %s is smaller than the advised %s", e.ID(), op.Get("timeout"), op.Get("name"), seconds(advised))
		}
	}
	return out
}

func advisedTimeout(meta ocf.Metadata, op *cib.Element) time.Duration {
	var advised time.Duration
	for _, a := range meta.Actions {
		if a.Name == op.Get("name") && (a.Role == "" || op.Get("role") == "" || a.Role == op.Get("role")) {
			advised = a.Timeout
			break
		}
	}
	return advised
}

func seconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", int(d/time.Second))
	}
	return d.String()
}

// runDefaultTimeouts gives operations the timeouts that the agents advise.
func runDefaultTimeouts(ctx context.Context, s *Session, args []string) error {
	for _, id := range args {
		o, err := s.draft.Resource(id)
		if err != nil {
			return err
		}
		resources := s.draft.Root().Child("configuration").Child("resources")
		agent, err := agentOf(o.Element, resources)
		if err != nil {
			return err
		}
		_, meta, err := s.agents.metadata(ctx, agent)
		if err != nil {
			return err
		}
		done := map[string]bool{}
		for op := range o.Element.Child("operations").All("op") {
			done[op.Get("name")] = true
			if advised := advisedTimeout(meta, op); advised > 0 {
				s.draft.Set(op, "timeout", seconds(advised))
			}
		}
		for _, action := range []string{"start", "stop"} {
			for _, a := range meta.Actions {
				if a.Name == action && !done[action] && a.Timeout > 0 {
					op := cib.New("op", "name", action, "timeout", seconds(a.Timeout), "interval", "0")
					if _, err := s.draft.Put(language.Parsed{Verb: "monitor", Name: id, Element: op}, draft.Update); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
