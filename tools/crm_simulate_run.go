package tools

import (
	"fmt"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/simulate"
)

// perform shows the status, lets the events happen, decides, and carries the decision out.
func (s *simulation) perform() int {
	s.facts()
	printed := s.currentStatus()
	if s.in.Quorum != "" && !s.in.Happen() {
		s.r.warn("crm_simulate: --quorum is looked at only beside another event: add --node-up NODE for a node that is up, for example")
	}
	if s.in.Happen() {
		s.w.Spacer(printed)
		s.inject()
		printed = true
	}
	if code := s.save(s.saveInput, s.root.XML, 0); code != ExitOK {
		return code
	}
	code := ExitOK
	if s.run {
		out := s.decide(&printed)
		if code := s.artifacts(out); code != ExitOK {
			return code
		}
		s.summary(out, printed)
		if s.explain != nil {
			if code := s.tellReasons(*s.explain); code != ExitOK {
				return code
			}
		}
		if s.simulate {
			code = s.execute(out, printed)
		}
	}
	if c := s.save(s.saveOutput, s.root.XML, 0); c != ExitOK {
		return c
	}
	return code
}

// artifacts writes the graph and the picture.
func (s *simulation) artifacts(out pengine.Output) int {
	if s.graph != "" {
		if code := s.save(s.graph, out.Graph.XML, ExitIO); code != ExitOK {
			return code
		}
	}
	if s.dot != "" {
		return s.save(s.dot, out.Result.Picture(s.all, s.r.verbose > 0).DOT, ExitIO)
	}
	return ExitOK
}

// currentStatus shows what is; it reports whether it wrote anything.
func (s *simulation) currentStatus() bool {
	if s.r.quiet && !s.r.xml {
		return false
	}
	printed := s.c.Options.MaintenanceMode && !s.r.xml && report.Maintenance(s.w, s.c)
	if (s.c.Disabled > 0 || s.c.Blocked > 0) && !s.r.xml {
		s.w.Spacer(printed)
		s.w.Line(fmt.Sprintf("%d of %d resource instances DISABLED and %d BLOCKED from further action due to failure",
			s.c.Disabled, s.c.Instances, s.c.Blocked))
		printed = true
	}
	s.status("Current cluster status", "cluster_status", true, printed)
	return true
}

func (s *simulation) status(title, element string, pending, spacer bool) {
	sections := report.Sections{Nodes: true, Resources: true, Attributes: s.attrs, Failcounts: s.failcounts, Failures: s.failcounts}
	o := report.Options{Inactive: true, FailedDetail: true, Pending: pending, Modern: true}
	if s.r.xml {
		s.r.add(cib.New(element).Plus(report.StatusXML(s.c, &sections, &o, false, s.c.Now)...))
		return
	}
	s.w.Spacer(spacer)
	s.w.Begin(title)
	report.Status(s.w, s.c, &sections, &o, nil, s.c.Now)
	s.w.End()
}

// inject lets the events happen.
func (s *simulation) inject() {
	root, events, errors := simulate.Inject(s.c, &s.in, s.r.env.Now())
	if s.r.xml {
		s.r.add(report.EventsXML("modifications", events))
	} else {
		s.events("Performing Requested Modifications", events)
	}
	s.complain(errors)
	s.root = root
	s.facts()
}

// complain writes errors after all that was printed before.
func (s *simulation) complain(errors []string) {
	if len(errors) == 0 {
		return
	}
	s.r.text.Write(s.out.Bytes())
	s.out.Reset()
	for _, e := range errors {
		s.r.complain("%s", e)
	}
}

func (s *simulation) events(title string, events []simulate.Event) {
	if s.r.quiet {
		return
	}
	s.w.Begin(title)
	for _, e := range events {
		if e.Kind == simulate.PretendFailure {
			s.w.Line(e.String())
		} else {
			s.w.Item(e.String())
		}
	}
	s.w.End()
}

// decide runs the policy engine and shows scores.
func (s *simulation) decide(printed *bool) pengine.Output {
	out := pengine.ScheduleState(s.c, pengine.Input{Now: s.c.Now, Sanitized: s.c.Sanitized, ShowScores: s.scores, ShowUtilization: s.utilization})
	title, element := "Assignment Scores and Utilization Information", "allocations_utilizations"
	switch {
	case !s.scores && !s.utilization:
		return out
	case !s.utilization:
		title, element = "Assignment Scores", "allocations"
	case !s.scores:
		title, element = "Utilization Information", "utilizations"
	}
	if s.r.xml {
		s.r.add(report.RemarksXML(element, out.Result.Remarks))
		return out
	}
	s.w.Spacer(*printed)
	*printed = true
	s.w.Begin(title)
	said := len(s.noted)
	for _, m := range out.Result.Remarks {
		switch {
		case m.Kind != sched.RemarkNote:
			s.w.Item(m.String())
		case said > 0:
			said--
		default:
			s.info(m.String())
		}
	}
	s.w.End()
	return out
}

func (s *simulation) summary(out pengine.Output, spacer bool) {
	switch {
	case s.r.xml:
		s.r.add(report.ActionsXML(out.Result.Changes))
	case !s.r.quiet:
		s.w.Spacer(spacer)
		report.TransitionSummary(s.w, out.Result.Changes)
	}
}

// execute carries the transition out on paper and shows what comes of it.
func (s *simulation) execute(out pengine.Output, spacer bool) int {
	carryOut := simulate.Execute
	if len(s.in.Up) > 0 {
		carryOut = simulate.ExecuteInventing
	}
	res := carryOut(s.c, out.Graph, s.fails, s.r.env.Now())
	if s.r.xml {
		s.r.add(report.EventsXML("transition", res.Events))
	} else {
		s.w.Spacer(spacer)
		s.events("Executing Cluster Transition", res.Events)
	}
	code := ExitOK
	if !res.Complete {
		res.Errors = append(res.Errors, "Transition failed: terminated", "An invalid transition was produced")
		code = ExitError
	}
	s.complain(res.Errors)
	s.root = res.Root
	if !s.r.quiet || s.r.xml {
		s.facts()
		s.status("Revised Cluster Status", "revised_cluster_status", false, true)
	}
	return code
}
