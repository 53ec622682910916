package explain

import (
	"time"

	"github.com/tactus-ha/tactus/pengine/sched"
)

// Answer is what is said about one resource. Its JSON is stable: tools print it with
// --output-as=json, docs/openapi.yaml describes it.
type Answer struct {
	Resource string `json:"resource"`
	Variant  string `json:"variant"`        // primitive, group, clone, bundle
	Node     string `json:"node,omitempty"` // when the question was about one node
	Headline string `json:"headline"`       // where it is, and what becomes of it

	Places  []Place   `json:"places"`            // where it is now
	Planned []Place   `json:"planned"`           // where it shall be
	Why     []Finding `json:"why"`               // of what the headline says
	Parts   []Part    `json:"parts,omitempty"`   // of a group, clone or bundle
	Scores  []Score   `json:"scores,omitempty"`  // best node first
	Others  []Other   `json:"others,omitempty"`  // why not on the other nodes
	Lost    []Lost    `json:"lost,omitempty"`    // what if one of its nodes was lost
	Changes []Change  `json:"changes,omitempty"` // single changes that were tried and work
	Tried   int       `json:"tried,omitempty"`   // how many were tried
}

// Place is a node and a role there.
type Place struct {
	Node string `json:"node"`
	Role string `json:"role"`
}

// Part is one member of a group, or one instance of a clone or bundle.
type Part struct {
	Resource string    `json:"resource"`
	Headline string    `json:"headline"`
	Why      []Finding `json:"why,omitempty"`
}

// Finding is one sentence, the cause that it tells, and what is behind that.
type Finding struct {
	Text    string    `json:"text"`
	Cause   Cause     `json:"cause"`
	Because []Finding `json:"because,omitempty"`
}

// Cause is a sched.Cause as JSON. Fields that do not apply are absent.
type Cause struct {
	Kind     string     `json:"kind"`         // "location", "migration-threshold" ...: see sched.CauseKind
	Of       string     `json:"of,omitempty"` // whose cause it is, when a chain of causes led to another resource
	ID       string     `json:"id,omitempty"`
	Rule     string     `json:"rule,omitempty"`
	Resource string     `json:"resource,omitempty"`
	Node     string     `json:"node,omitempty"`
	Task     string     `json:"task,omitempty"`
	Score    string     `json:"score,omitempty"`
	Count    int        `json:"count,omitempty"`
	Limit    int        `json:"limit,omitempty"`
	At       *time.Time `json:"at,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
	Names    []string   `json:"names,omitempty"`
	// Dependent: Resource is the dependent of a colocation; its likings count here.
	Dependent bool     `json:"dependent,omitempty"`
	Failure   *Failure `json:"failure,omitempty"`
}

// Failure is an operation that did not succeed.
type Failure struct {
	Operation string     `json:"operation"` // monitor, start ...
	Resource  string     `json:"resource"`
	Node      string     `json:"node"`
	Code      int        `json:"code"`   // the agent's exit code
	Result    string     `json:"result"` // the same, or the status, in words
	Reason    string     `json:"reason,omitempty"`
	At        *time.Time `json:"at,omitempty"`
}

// Score is the score of a resource on one node and what made it.
type Score struct {
	Node          string         `json:"node"`
	Score         string         `json:"score"` // INFINITY, -INFINITY or a number; "" when the node is not in the table
	Usable        bool           `json:"usable"`
	Contributions []Contribution `json:"contributions"` // the heaviest first
}

// Contribution is one part of a score.
type Contribution struct {
	Score string `json:"score,omitempty"` // absent: the node cannot run anything
	Text  string `json:"text"`
	Cause Cause  `json:"cause"`
}

// Other is a node where the resource is not placed, and why.
type Other struct {
	Node      string    `json:"node"`
	Forbidden bool      `json:"forbidden"` // it cannot be there at all
	Why       []Finding `json:"why"`
}

// Lost is what would become of the resource if a node was lost.
type Lost struct {
	Node string  `json:"node"`
	Then []Place `json:"then"` // where it would be
	Text string  `json:"text"`
	// Why tells why it could run nowhere, when so.
	Why []string `json:"why,omitempty"`
}

// Change is one single change that alters the answer. It was tried on paper.
type Change struct {
	Command   string `json:"command,omitempty"`   // to type; "" when no command can bring it about
	Condition string `json:"condition,omitempty"` // what must happen, when there is no command
	Effect    string `json:"effect"`              // what came of it
	Note      string `json:"note,omitempty"`      // what else must be true
}

// Action is one action of a transition.
type Action struct {
	ID       int       `json:"id"`
	Task     string    `json:"task"`
	Resource string    `json:"resource,omitempty"`
	Node     string    `json:"node,omitempty"`
	Text     string    `json:"text"` // "start db on n1"
	Why      []Finding `json:"why"`
	After    []Wait    `json:"after,omitempty"` // what it waits for
}

// Wait is an action that another waits for.
type Wait struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
	Tie  string `json:"tie,omitempty"` // why: an ordering, the group, the same resource
}

// causeJSON is a cause as tools print it.
func causeJSON(c sched.Cause) Cause {
	out := Cause{Kind: c.Kind.String(), ID: c.ID, Rule: c.Rule, Task: c.Task, Count: c.Count, Limit: c.Limit, Names: c.Names, Dependent: c.Dependent}
	if c.Of != nil {
		out.Of = string(c.Of.PrintableID())
	}
	if c.Resource != nil {
		out.Resource = string(c.Resource.PrintableID())
	}
	if c.Node != nil {
		out.Node = c.Node.Label()
	}
	if c.Score != 0 {
		out.Score = c.Score.String()
	}
	if !c.At.IsZero() {
		out.At = &c.At
	}
	if !c.Until.IsZero() {
		out.Until = &c.Until
	}
	if c.Op != nil {
		out.Failure = failureJSON(c.Op)
	}
	return out
}
