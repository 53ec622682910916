package chaos

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// round is one fault on a cluster, and what came of it.
type round struct {
	w    *world
	dice *rand.Rand
	kind string
	seed uint64

	mu         sync.Mutex // guards complaints
	complaints []string
	parent     *round // of a fork: complaints go there
}

// result is what came of a round.
type result struct {
	kind     string
	shape    Shape
	seed     uint64
	began    time.Time
	problems []string // why it failed; none: it is passed
	twice    []twice
	verdict  verdict
	deeds    int           // operations of clients
	acked    int           // of them acknowledged
	healed   time.Duration // from the last mending until all was well
	outage   time.Duration // longest time without an answer at the virtual address
	fencings int           // how often the power switch was told to cut somebody off, and did
}

// runRound does one round.
func (w *world) runRound(ctx context.Context, k kind, seed uint64) result {
	res := result{kind: k.name, shape: w.shape, seed: seed, began: time.Now()}
	r := &round{w: w, dice: rand.New(rand.NewPCG(seed, uint64(len(w.Nodes)))), kind: k.name, seed: seed}
	since, uses, logs := monotonic(), len(w.Power.Uses()), w.markLogs()
	w.story.tell("round: %s (%s) on %s, seed %d", k.name, k.about, w.shape, seed)
	traffic, err := w.drive(ctx, seed)
	if err != nil {
		res.problems = append(res.problems, err.Error())
		return res
	}
	r.sleep(ctx, r.between(300*time.Millisecond, time.Second))
	k.run(ctx, r)
	r.mend()
	mended := time.Now()
	w.story.tell("all is mended: waiting until all is well")
	err = w.await(ctx, "all is well", func() string { return w.healed(ctx) })
	res.healed = time.Since(mended)
	traffic.stop()
	if err == nil {
		w.story.tell("all is well after %v", res.healed.Round(time.Millisecond))
		err = w.await(ctx, "the audit finds nothing", func() string { return w.audit(ctx) })
	}
	if err != nil {
		r.complain("%v", err)
	}
	if err := traffic.end(ctx); err != nil {
		r.complain("%v", err)
	}
	res.outage = traffic.probe.Outage(res.began)
	for _, u := range w.Power.Uses()[uses:] {
		if (u.Action == "off" || u.Action == "reboot") && u.Code == 0 {
			res.fencings++
		}
		w.story.tellAt(u.At, "the power switch was asked by %s: %s %s: exit code %d %s", u.From, u.Action, u.Plug, u.Code, u.Text)
	}
	for _, what := range w.unreasoned(ctx, logs, res.began, w.Power.Uses()[uses:]) {
		r.complain("%s", what)
	}
	r.judgeActivity(&res, w.referee.twices(since))
	r.judgeHistory(&res, traffic.history.all())
	res.problems = r.complaints
	return res
}

// judgeActivity fails the round for what was active twice where that cannot be excused: a
// quorum without fencing cannot reach a node that stands still, so what such a node does
// in the moment in which it wakes is told but not counted.
func (r *round) judgeActivity(res *result, list []twice) {
	res.twice = list
	for _, t := range list {
		r.w.story.tellAt(time.Now().Add(-time.Duration(monotonic())+t.at), "%s", t)
		switch {
		case r.w.shape.Guard == Unprotected:
		case r.w.shape.counts() && t.woken:
		default:
			r.complain("%s", t)
		}
	}
}

// judgeBound is how long one question of the judge may take.
const judgeBound = 20 * time.Second

func (r *round) judgeHistory(res *result, deeds []deed) {
	res.deeds = len(deeds)
	for _, d := range deeds {
		if d.outcome == done && d.verb != look {
			res.acked++
		}
	}
	if r.w.shape.Guard == Unprotected {
		return
	}
	// What was on its way when a link was lost may arrive when it is back, a round later.
	deeds = append(slices.Clone(r.w.open), deeds...)
	defer func() {
		r.w.open = slices.DeleteFunc(deeds, func(d deed) bool { return d.outcome != unknown })
	}()
	for reg := range registers {
		own := slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return d.register != reg })
		v := judge(own, judgeBound)
		res.verdict = max(res.verdict, v)
		if v == illegal {
			r.complain("the writes and reads of register %d cannot have happened in any order:\n%s", reg, describeRegister(own, reg))
		}
	}
}

// mend ends everything that faults may have left.
func (r *round) mend() {
	for _, n := range r.w.Nodes {
		r.w.Power.SetFaults(n.Name)
		r.w.Power.SetFaults("")
		r.w.Power.KeepDown(n.Name, false)
		for link := range n.Addrs {
			r.try(n.Mend(link))
		}
		r.try(n.Ignore(nil))
		r.try(n.FreeDisk())
		r.try(n.SetClock(0))
		if n.Up() {
			r.try(n.Resume())
		} else {
			r.w.Power.TurnOn(n.Name)
		}
	}
}

func (r *round) tell(format string, args ...any) {
	r.w.story.tell("%s", fmt.Sprintf(format, args...))
}

// try notes in the story what a fault met: a node that is down already, mostly.
func (r *round) try(err error) {
	if err != nil {
		r.w.story.tell("(%v)", err)
	}
}

func (r *round) complain(format string, args ...any) {
	if r.parent != nil {
		r.parent.complain(format, args...)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complaints = append(r.complaints, fmt.Sprintf(format, args...))
}

// fork makes a round for something that runs beside this one, with dice of its own.
func (r *round) fork() *round {
	return &round{w: r.w, dice: rand.New(rand.NewPCG(r.dice.Uint64(), 0)), kind: r.kind, seed: r.seed, parent: r}
}

func (r *round) between(from, to time.Duration) time.Duration {
	return (from + time.Duration(r.dice.Int64N(int64(to-from)))).Round(time.Millisecond)
}

// spread is between two lengths, with as much chance from 1 s to 2 s as from 30 s to a minute.
func (r *round) spread(from, to time.Duration) time.Duration {
	return time.Duration(float64(from) * math.Pow(float64(to)/float64(from), r.dice.Float64())).Round(time.Millisecond)
}

func (r *round) pick(list []string) string { return list[r.dice.IntN(len(list))] }

func (r *round) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// dc is the node that its own status says leads; nil when none does.
func (r *round) dc(ctx context.Context) *testcluster.Node {
	for i, n := range r.w.Nodes {
		if s, err := r.w.status(ctx, i); err == nil && string(s.DC) == n.Name {
			return n
		}
	}
	return nil
}
