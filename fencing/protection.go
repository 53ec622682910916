package fencing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Level says what keeps a resource from running twice when nodes lose sight of each
// other.
type Level string

// The levels of protection, the strongest first.
const (
	ByFencing  Level = "fencing"  // a device switches the lost node off first
	ByWatchdog Level = "watchdog" // the lost node resets itself, and the others wait that long
	ByOperator Level = "operator" // fencing is on, but nothing can fence some node: nothing is recovered without somebody's word
	ByWitness  Level = "witness"  // a third vote decides who goes on; a node that hangs may still act when it wakes
	ByQuorum   Level = "quorum"   // as witness, with the majority of the nodes
	ByNothing  Level = "nothing"
)

// Protection is a level, and what there is to say about it.
type Protection struct {
	Level    Level
	Text     string         // for displays: begins with the level's word
	Helpless []crm.NodeName // nodes that no device can fence, as far as the configuration says
}

// Shield is what the CIB does not say about protection.
type Shield struct {
	Agents  map[string]Agent // by type; what is missing is taken to be able to do anything
	Witness bool             // a witness votes
	Voters  int              // full nodes that vote, the witness not counted
}

// ProtectionOf tells what protects a cluster of that configuration.
func ProtectionOf(snap *cib.Snapshot, now time.Time, s Shield) Protection {
	e, pretender := Read(snap, now).protecting()
	c := state.ReadRoot(essence(snap), now, state.ReadOptions{LocationOnly: true})
	if !c.Options.FencingEnabled {
		return withoutFencing(c, s)
	}
	if pretender != nil {
		return Protection{Level: ByNothing, Text: fmt.Sprintf("nothing: fence device %s (stonith:%s) switches nothing off and says that it did", pretender.ID, pretender.Agent)}
	}
	var p Protection
	for _, n := range c.Nodes {
		if n.Kind == state.ClusterNode && !e.CanFence(n.Name, s.Agents) {
			p.Helpless = append(p.Helpless, n.Name)
		}
	}
	switch {
	case len(p.Helpless) == 0:
		p.Level, p.Text = ByFencing, "fencing"
	case e.WatchdogTimeout != 0 && len(p.Helpless) == len(c.Nodes):
		p.Level, p.Text = ByWatchdog, "watchdog: a lost node resets itself, and the others wait that long"
	case e.WatchdogTimeout != 0:
		p.Level, p.Text = ByWatchdog, "fencing, and watchdogs for "+namesOf(p.Helpless)
	default:
		p.Level = ByOperator
		p.Text = "an operator's word alone: no device can fence " + namesOf(p.Helpless) + "; what a lost node ran waits until crm fencing confirm NODE"
	}
	return p
}

func withoutFencing(c *state.Cluster, s Shield) Protection {
	switch {
	case c.Options.NoQuorum == state.QuorumIgnore:
		return Protection{Level: ByNothing, Text: "nothing: fencing is off, and a lost quorum is ignored"}
	case s.Witness:
		return Protection{Level: ByWitness, Text: "witness: who has its vote goes on; a node that hangs may still act when it wakes, only fencing prevents that"}
	}
	return Protection{Level: ByQuorum, Text: "quorum alone: a node that hangs may still act when it wakes; only fencing prevents that"}
}

func namesOf(nodes []crm.NodeName) string {
	var list []string
	for _, n := range nodes {
		list = append(list, string(n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// Enabled reports whether fencing is on in a configuration (stonith-enabled, on by
// default).
func Enabled(snap *cib.Snapshot, now time.Time) bool {
	return state.ReadRoot(essence(snap), now, state.ReadOptions{LocationOnly: true}).Options.FencingEnabled
}
