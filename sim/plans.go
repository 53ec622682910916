package sim

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// planKind is a kind of whole cluster that is tried.
type planKind struct {
	name    string
	nodes   int
	config  Config
	unsafe  bool
	quiet   bool
	late    bool
	witness bool
	leased  bool
	dense   bool // faults come four times as often: several at once, each before the last is got over
	length  time.Duration
	faults  []string // what goes wrong; nil: everything
}

// fencedFaults are all kinds of faults: with fencing on, whatever happens is survived.
var fencedFaults = []string{"power", "all-power", "kill-crmd", "kill-lrmd", "pause-node", "pause-crmd", "partition", "one-way", "bridge", "flap", "bad-network", "slow-disks",
	"clock-jump", "agent-fails", "agent-hangs", "service-dies", "switch-fails", "switch-hangs", "switch-slow", "leave"}

// unfencedFaults are those that a majority survives without fencing: a machine that is
// stopped as a whole, or whose controller is dead, is not among them (docs/guarantees.md).
var unfencedFaults = []string{"power", "all-power", "partition", "one-way", "bridge", "flap", "kill-lrmd", "slow-disks", "clock-jump", "service-dies"}

// planKinds are tried in turn.
func planKinds() []planKind {
	off := [2]string{"stonith-enabled", "false"}
	return []planKind{
		{name: "three, fenced", nodes: 3, length: 12 * time.Second, faults: fencedFaults},
		{name: "two, fenced", nodes: 2, length: 12 * time.Second, faults: fencedFaults},
		{name: "three, unfenced", nodes: 3, length: 12 * time.Second, config: Config{Properties: [][2]string{off}}, faults: unfencedFaults},
		{name: "two, unprotected", nodes: 2, length: 10 * time.Second, unsafe: true, config: Config{Properties: [][2]string{off, {"no-quorum-policy", "ignore"}}},
			faults: []string{"power", "kill-crmd", "partition", "flap", "slow-disks", "service-dies"}},
		{name: "quiet", nodes: 3, length: 8 * time.Second, quiet: true, faults: []string{"clock-jump", "slow-disks"}},
		{name: "three, fenced, cut", nodes: 3, length: 10 * time.Second, faults: []string{"partition", "one-way", "bridge", "flap", "power", "pause-node"}},
		{name: "five, fenced", nodes: 5, length: 8 * time.Second, faults: fencedFaults},
	}
}

// otherKinds are those that are not in the mixture, which keeps its seeds when one is added here:
// TestOtherKinds and -kind=others take them in turn, -kind=NAME takes one of them.
func otherKinds() []planKind {
	kinds, off := planKinds(), [2]string{"stonith-enabled", "false"}
	return []planKind{
		{name: "three, fenced, long pauses", nodes: 3, length: 10 * time.Second, faults: []string{"long-pause-crmd", "long-pause-lrmd", "long-pause-node", "switch-fails", "switch-hangs", "partition", "kill-crmd", "kill-lrmd", "service-dies"}},
		{name: "two, fenced, long pauses", nodes: 2, length: 10 * time.Second, faults: []string{"long-pause-crmd", "long-pause-lrmd", "long-pause-node", "switch-fails", "switch-hangs", "switch-both", "partition", "kill-crmd", "power"}},
		{name: "three, fenced, rolling", nodes: 3, length: 15 * time.Second, faults: []string{"rolling", "rolling-leave", "switch-both", "pause-node", "partition", "power", "service-dies", "slow-disks"}},
		{name: "three, fenced, disks", nodes: 3, length: 12 * time.Second, faults: []string{"full-disk", "damaged-disk", "slow-disks", "power", "all-power", "kill-crmd", "kill-lrmd", "partition", "pause-node", "switch-fails"}},
		{name: "three, unfenced, disks", nodes: 3, length: 12 * time.Second, config: kinds[2].config, faults: []string{"full-disk", "damaged-disk", "slow-disks", "power", "all-power", "partition", "one-way", "service-dies"}},
		{name: "three, fenced, a new one", nodes: 3, length: 10 * time.Second, late: true, faults: []string{"power", "kill-crmd", "partition", "bad-network", "slow-disks", "leave", "pause-node"}},
		{name: "five, fenced, a new one", nodes: 5, length: 9 * time.Second, late: true, faults: []string{"power", "kill-crmd", "partition", "slow-disks", "full-disk", "rolling", "damaged-disk"}},
		{name: "three, fenced, promoted", nodes: 3, length: 12 * time.Second, config: Config{Data: true}, faults: fencedFaults},
		{name: "two, fenced, promoted", nodes: 2, length: 12 * time.Second, config: Config{Data: true}, faults: fencedFaults},
		{name: "three, unfenced, promoted", nodes: 3, length: 12 * time.Second, config: Config{Data: true, Properties: kinds[2].config.Properties}, faults: unfencedFaults},
		{name: "three, leased", nodes: 3, length: 12 * time.Second, leased: true, config: kinds[2].config, faults: append([]string{"pause-crmd", "pause-node", "kill-crmd", "long-pause-crmd", "long-pause-node"}, unfencedFaults...)},
		{name: "three, leased, executors stand still", nodes: 3, length: 12 * time.Second, leased: true, config: kinds[2].config, faults: append([]string{"pause-lrmd", "long-pause-lrmd", "pause-crmd", "pause-node", "kill-crmd"}, unfencedFaults...)},
		{name: "three, watchdogs", nodes: 3, length: 14 * time.Second, config: Config{Watchdogs: true, Properties: [][2]string{{"stonith-watchdog-timeout", "4s"}}},
			faults: []string{"power", "all-power", "kill-crmd", "kill-lrmd", "pause-crmd", "pause-node", "partition", "one-way", "bridge", "flap", "slow-disks", "clock-jump", "agent-hangs", "agent-fails", "service-dies", "leave"}},
		{name: "two and a witness, fenced", nodes: 3, witness: true, length: 12 * time.Second, faults: fencedFaults},
		{name: "two and a witness, leased", nodes: 3, witness: true, length: 12 * time.Second, leased: true, config: kinds[2].config, faults: append([]string{"pause-crmd", "pause-node", "kill-crmd", "damaged-disk", "full-disk"}, unfencedFaults...)},
		{name: "three, fenced, demote", nodes: 3, length: 12 * time.Second, config: Config{Data: true, Properties: [][2]string{{"no-quorum-policy", "demote"}}}, faults: fencedFaults},
		{name: "three, unfenced, demote", nodes: 3, length: 12 * time.Second, config: Config{Data: true, Properties: [][2]string{off, {"no-quorum-policy", "demote"}}}, faults: unfencedFaults},
		{name: "three, fenced, suicide", nodes: 3, length: 12 * time.Second, config: Config{Properties: [][2]string{{"no-quorum-policy", "suicide"}}}, faults: fencedFaults},
		{name: "three, unfenced, suicide", nodes: 3, length: 12 * time.Second, config: Config{Properties: [][2]string{off, {"no-quorum-policy", "suicide"}}}, faults: unfencedFaults},
		{name: "three, fenced, dense", nodes: 3, length: 12 * time.Second, dense: true, faults: fencedFaults},
		{name: "two, fenced, dense", nodes: 2, length: 12 * time.Second, dense: true, faults: fencedFaults},
		{name: "five, fenced, dense", nodes: 5, length: 8 * time.Second, dense: true, faults: fencedFaults},
		{name: "three, unfenced, dense", nodes: 3, length: 12 * time.Second, dense: true, config: kinds[2].config, faults: unfencedFaults},
		{name: "quiet, rolling", nodes: 3, length: 15 * time.Second, quiet: true, faults: []string{"rolling", "clock-jump"}},
		{name: "quiet, rolling, unfenced", nodes: 3, length: 15 * time.Second, quiet: true, config: kinds[2].config, faults: []string{"rolling", "clock-jump"}},
	}
}

// PlanOf decides by the seed what is tried, and what goes wrong when.
func PlanOf(seed uint64) Plan {
	kinds := planKinds()
	return kinds[seed%uint64(len(kinds))].plan(seed)
}

func (k planKind) plan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0xfa17))
	p := Plan{Name: k.name, Nodes: k.nodes, Config: k.config, Unsafe: k.unsafe, Quiet: k.quiet, Length: k.length, Faults: k.drawFaults(r)}
	p.Leased, p.Witness = k.leased, k.witness
	if p.Late = k.late; k.late {
		p.Faults = append([]Fault{{At: 2*time.Second + time.Duration(r.Int64N(int64(4*time.Second))), Kind: "join", A: crm.NodeID(k.nodes), B: 1}}, p.Faults...)
	}
	for _, f := range p.Faults {
		if end := f.At + f.For + 4*time.Second; strings.HasPrefix(f.Kind, "long-pause") && end > p.Length {
			p.Length = end // who stood still for long wakes beside the others, before faults end
		}
	}
	return p
}
