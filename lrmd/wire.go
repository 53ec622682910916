package lrmd

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// MaxMessage bounds one message on the executor's socket, in bytes. Messages are JSON
// objects, one a line. Whoever sends a longer line is disconnected.
const MaxMessage = 4 << 20

// The requests that the executor's socket serves. Those that change something need
// the rights of root, of the executor's own user or of hacluster.
const (
	VerbSubmit    = "submit"    // Order -> Call
	VerbCancel    = "cancel"    // Stamp, Key -> Found
	VerbForget    = "forget"    // Stamp, Key.Resource
	VerbFlush     = "flush"     // Stamp
	VerbAnnounce  = "announce"  // addresses that are active here are told to the network anew
	VerbSubscribe = "subscribe" // events follow, first those that nobody heard yet
	VerbState     = "state"     // -> State
	VerbStats     = "stats"     // -> Stats
	VerbMetadata  = "metadata"  // Agent -> Text
	VerbAgents    = "agents"    // Agent.Class, Agent.Provider -> Names
	VerbProviders = "providers" // Agent.Type -> Names
	VerbStandards = "standards" // -> Names
)

// Request is a message to the executor.
type Request struct {
	ID    uint64    `json:"id"` // comes back in the Reply; not 0
	Verb  string    `json:"verb"`
	Order *Order    `json:"order,omitempty"`
	Stamp crm.Stamp `json:"stamp"`
	Key   crm.OpKey `json:"key"`
	Agent Agent     `json:"agent"`

	// GiveUp is when the client gives the request up (lease.SinceBoot): an executor that stood
	// still must not carry out then what was ordered anew, or elsewhere. Zero: never.
	GiveUp time.Duration `json:"give_up,omitempty"`
}

// Message is a message from the executor: the reply to a request, or an event (ID 0,
// and Result or Score set).
type Message struct {
	ID    uint64           `json:"id,omitempty"`
	Error string           `json:"error,omitempty"`
	Stale *StaleStampError `json:"stale,omitempty"` // set beside Error for an order of an old authority
	Call  int              `json:"call,omitempty"`
	Found bool             `json:"found,omitempty"`
	State []ResourceState  `json:"state,omitempty"`
	Stats *Stats           `json:"stats,omitempty"`
	Text  string           `json:"text,omitempty"`
	Names []string         `json:"names,omitempty"`

	Result *Result         `json:"result,omitempty"`
	Score  *PromotionScore `json:"score,omitempty"`
}

// Stats counts what the executor did since it started.
type Stats struct {
	// Instance names this life of the executor: another one after each start of lrmd.
	// A crmd that finds the name it last worked with takes up where it was; with another
	// name, nothing that the CIB says about resources here can be trusted.
	Instance   string    `json:"instance"`
	Stamp      crm.Stamp `json:"stamp"`
	Resources  int       `json:"resources"`
	Running    int       `json:"running"`
	Queued     int       `json:"queued"`
	Recurring  int       `json:"recurring"`
	Runs       uint64    `json:"runs"`        // of agents, scripts and native
	Timeouts   uint64    `json:"timeouts"`    // of those
	Stale      uint64    `json:"stale"`       // orders refused for their stamp
	Garbage    uint64    `json:"garbage"`     // connections closed for what they sent
	Unheard    int       `json:"unheard"`     // events that wait for a subscriber
	UnheardOut uint64    `json:"unheard_out"` // events dropped because too many waited
}
