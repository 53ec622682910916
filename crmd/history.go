package crmd

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// fakeUUID is the DC of results that no transition asked for.
const fakeUUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

// Where history entries come from, as crm-debug-origin says.
const (
	originResult  = "do_update_resource"
	originRefresh = "build_active_RAs"
	originPending = "controld_record_pending_op"
)

// expectedRC is the exit code that the transition key of a result demands.
func expectedRC(r lrmd.Result) crm.ExitCode {
	if key, err := crm.ParseTransitionKey(r.UserData); err == nil {
		return key.TargetRC
	}
	return crm.OK
}

// failed reports whether a result is another one than was expected.
func failed(r lrmd.Result) bool {
	switch r.Status {
	case crm.ExecPending, crm.ExecCancelled:
		return false
	case crm.ExecDone, crm.ExecNotInstalled, crm.ExecErrorHard, crm.ExecErrorFatal:
		return r.RC != expectedRC(r)
	}
	return true
}

// entryIDs names the history entries that a result writes. A failure has an entry of its
// own, so that it stays visible after later successes.
func entryIDs(r lrmd.Result, task string) []string {
	rsc := string(r.Op.Resource)
	key := crm.OpKey{Resource: r.Op.Resource, Name: task, Interval: r.Op.Interval}.String()
	switch {
	case r.Op.Name == "migrate_to" || r.Op.Name == "migrate_from":
		return []string{key}
	case failed(r) && r.Op.Interval == 0:
		return []string{rsc + "_last_failure_0", rsc + "_last_0"}
	case failed(r):
		return []string{rsc + "_last_failure_0"}
	case r.Op.Interval > 0:
		return []string{key}
	}
	return []string{rsc + "_last_0"}
}

// historyTask is the name under which an operation is recorded: reloads count as starts
// when they worked and as monitors when not.
func historyTask(r lrmd.Result) string {
	if r.Op.Name == "reload" || r.Op.Name == "reload-agent" {
		if r.Status == crm.ExecDone {
			return "start"
		}
		return "monitor"
	}
	return r.Op.Name
}

// entries makes the history entries of a result.
func entries(node crm.NodeName, r lrmd.Result, traits AgentTraits, origin string) []*cib.Element {
	task := historyTask(r)
	key := r.UserData
	if key == "" {
		key = crm.TransitionKey{Action: -1, Transition: r.Call, TargetRC: expectedRC(r), UUID: fakeUUID}.String()
	}
	feature := r.Params["crm_feature_set"]
	if feature == "" {
		feature = cib.FeatureSet
	}
	reason := ""
	if failed(r) {
		reason = r.ExitReason
	}
	changed := r.LastRun
	if r.Op.Interval > 0 && !r.LastChange.IsZero() {
		changed = r.LastChange
	}
	common := []string{
		"operation_key", crm.OpKey{Resource: r.Op.Resource, Name: task, Interval: r.Op.Interval}.String(),
		"operation", task, "crm-debug-origin", origin, "crm_feature_set", feature,
		"transition-key", key, "transition-magic", fmt.Sprintf("%d:%d;%s", int(r.Status), int(r.RC), key),
		"exit-reason", reason, "on_node", string(node), "call-id", strconv.Itoa(r.Call), "rc-code", strconv.Itoa(int(r.RC)),
		"op-status", strconv.Itoa(int(r.Status)), "interval", strconv.FormatInt(r.Op.Interval.Milliseconds(), 10),
	}
	if !changed.IsZero() {
		common = append(common, "last-rc-change", strconv.FormatInt(changed.Unix(), 10),
			"exec-time", strconv.FormatInt(r.ExecTime.Milliseconds(), 10), "queue-time", strconv.FormatInt(r.QueueTime.Milliseconds(), 10))
	}
	if r.Op.Name == "migrate_to" || r.Op.Name == "migrate_from" {
		common = append(common, "migrate_source", r.Params["CRM_meta_migrate_source"], "migrate_target", r.Params["CRM_meta_migrate_target"])
	}
	common = append(common, digests(r, traits)...)
	var list []*cib.Element
	for _, id := range entryIDs(r, task) {
		list = append(list, cib.New(cib.TagLRMRscOp, append([]string{cib.AttrID, id}, common...)...))
	}
	return list
}

// digests gives the attributes by which a changed configuration is noticed later.
func digests(r lrmd.Result, traits AgentTraits) (attrs []string) {
	if r.Params == nil {
		return nil
	}
	all := ocf.OperationParams(r.Params)
	attrs = []string{"op-digest", ocf.DigestParams(all)}
	if r.Agent.Class != "ocf" || !slices.Contains([]string{"start", "monitor", "promote", "demote", "reload", "reload-agent", "migrate_to", "migrate_from"}, r.Op.Name) {
		return attrs
	}
	if traits.Reload && r.Op.Interval == 0 {
		kept := map[string]string{}
		for _, name := range traits.Restart {
			if v, ok := r.Params[name]; ok {
				kept[name] = v
			}
		}
		attrs = append(attrs, "op-force-restart", wordList(traits.Restart), "op-restart-digest", ocf.DigestParams(kept))
	}
	if len(traits.Private) > 0 {
		open := maps.Clone(all)
		for _, name := range traits.Private {
			delete(open, name)
		}
		attrs = append(attrs, "op-secure-params", wordList(traits.Private), "op-secure-digest", ocf.DigestParams(open))
	}
	return attrs
}

// wordList writes names so that " NAME " is found in it.
func wordList(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "  " + strings.Join(names, " ") + "  "
}

// rscElement wraps history entries of one resource.
func rscElement(id crm.ResourceID, a lrmd.Agent, ops []*cib.Element) *cib.Element {
	e := cib.New(cib.TagLRMRsc, cib.AttrID, string(id), cib.AttrClass, a.Class)
	if a.Provider != "" {
		e = e.With(cib.AttrProvider, a.Provider)
	}
	return e.With(cib.AttrType, a.Type).WithChildren(ops...)
}

// lrmElement wraps the histories of resources.
func lrmElement(p Peer, resources ...*cib.Element) *cib.Element {
	return cib.New(cib.TagLRM, cib.AttrID, p.UUID()).WithChildren(cib.New(cib.TagLRMRscs).WithChildren(resources...))
}

// rebuilt makes the whole lrm section from what the executor remembers. What it read back
// from its own disk must be probed before it is believed, so it is left out.
func (c *Controller) rebuilt(states []lrmd.ResourceState) *cib.Element {
	var resources []*cib.Element
	for _, s := range states {
		if s.Restored || len(s.History)+len(s.InFlight) == 0 {
			continue
		}
		byID := map[string]*cib.Element{}
		var ids []string
		history := slices.Clone(s.History)
		slices.SortStableFunc(history, func(a, b lrmd.Result) int { return a.Call - b.Call })
		for _, r := range history {
			if !isTask(r.Op.Name) {
				continue
			}
			if r.Agent == (lrmd.Agent{}) {
				r.Agent = s.Agent
			}
			c.executor.recorded[r.Op] = markOf(r)
			for _, e := range entries(c.cfg.Self.Name, r, c.traits(r.Agent), originRefresh) {
				if byID[e.ID()] == nil {
					ids = append(ids, e.ID())
				}
				byID[e.ID()] = e
			}
		}
		for _, key := range s.InFlight {
			if e := underWay(c.cfg.Self.Name, s, key, c.now); e != nil {
				ids, byID[e.ID()] = append(ids, e.ID()), e
			}
		}
		var ops []*cib.Element
		for _, id := range unique(ids) {
			ops = append(ops, byID[id])
		}
		resources = append(resources, rscElement(s.Resource, s.Agent, ops))
	}
	return lrmElement(c.cfg.Self, resources...)
}

// underWay makes the entry of an operation that the executor is at, when this controller
// does not know who asked for it.
func underWay(node crm.NodeName, s lrmd.ResourceState, key crm.OpKey, now time.Time) *cib.Element {
	if key.Interval > 0 || !isTask(key.Name) {
		return nil
	}
	r := lrmd.Result{Call: -1, Op: key, Agent: s.Agent, RC: crm.UnknownExit, Status: crm.ExecPending, LastRun: now, LastChange: now}
	return entries(node, r, AgentTraits{}, originPending)[0]
}

func (c *Controller) traits(a lrmd.Agent) AgentTraits {
	if known := c.executor.agents[a]; known != nil {
		return known.traits
	}
	return AgentTraits{}
}

func markOf(r lrmd.Result) mark { return mark{r.Call, r.LastChange, r.RC, r.Status} }

// unique returns the texts without repetitions, in order of first appearance.
func unique(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
