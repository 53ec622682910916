package membership

import (
	"fmt"
	"time"
)

// DefaultToken is Dead when the configuration says nothing. Whole failover then stays
// under 1.5 s. (corosync's own default, 3 s, serves a token ring, which we are not.)
const DefaultToken = time.Second

// MinToken is the shortest Dead that is accepted: below it, the scheduling of an
// ordinary kernel is the larger part of what is measured.
const MinToken = 100 * time.Millisecond

// decisionTime is what usually passes between "the peer is dead" and the service
// answering elsewhere: election, scheduling, start of an address. It is only shown.
const decisionTime = 150 * time.Millisecond

// Timing is every interval of membership and agreement, all derived from one setting
// that operators know: token in corosync.conf, or deadtime and keepalive in ha.cf.
type Timing struct {
	Heartbeat time.Duration // between two heartbeats to each peer on each link
	Warn      time.Duration // silence after which a peer is reported late
	Dead      time.Duration // silence on all links after which a peer is down
	InitDead  time.Duration // silence after our own start after which a peer never seen is down
	Election  time.Duration // shortest silence of a leader after which raft elects without a hint from membership
	RaftTick  time.Duration // raft's clock; RaftHeartbeatTicks and RaftElectionTicks count it

	Cut        time.Duration // no majority has heard this node for so long: it acts as one without quorum (without fencing)
	Leaderless time.Duration // a majority is heard but nobody leads: the same
	Parted     time.Duration // at least so long after that has stopped what it ran, it is started elsewhere
	Takeover   time.Duration // after Dead: what a node that nothing proves to be off may still run is started elsewhere
	Lease      time.Duration // no majority has heard this node for so long: what it runs must stop whatever its controller does

	RaftHeartbeatTicks int
	RaftElectionTicks  int

	Source string    // "corosync.conf: totem.token 1000"
	From   [5]string // where Heartbeat, Warn, Dead, InitDead, Election come from, in words
}

// TimingFromToken derives everything from corosync's token. A token of zero means that
// nothing was said. warnPercent is totem.token_warning, zero for its default of 75.
func TimingFromToken(token time.Duration, warnPercent int, source string) Timing {
	from := source
	if token == 0 {
		token, from = DefaultToken, "default"
	}
	token = max(token, MinToken)
	if warnPercent <= 0 || warnPercent > 100 {
		warnPercent = 75
	}
	t := Timing{
		Dead:      token,
		Heartbeat: clamp(token/5, 20*time.Millisecond, time.Second),
		Warn:      token * time.Duration(warnPercent) / 100,
		InitDead:  max(3*token, 3*time.Second),
		Source:    source,
		From: [5]string{"dead / 5", fmt.Sprintf("dead x %d%%", warnPercent), from,
			"3 x dead, at least 3 s", "dead, then up to twice that"},
	}
	return t.withElection()
}

// HeartbeatTimes are ha.cf's own settings; zero means not given.
type HeartbeatTimes struct {
	Keepalive, Warntime, Deadtime, Initdead time.Duration
}

// TimingFromHeartbeat derives everything from ha.cf. Deadtime defaults to DefaultToken
// (heartbeat's own 30 s would be no failover at all), keepalive to a fifth of it when
// neither is given, warntime to half of it; initdead follows heartbeat's rule.
func TimingFromHeartbeat(h HeartbeatTimes, source string) Timing {
	t := Timing{Source: source, From: [5]string{source + ": keepalive", source + ": warntime", source + ": deadtime",
		source + ": initdead", "dead, then up to twice that"}}
	t.Dead, t.Heartbeat, t.Warn, t.InitDead = h.Deadtime, h.Keepalive, h.Warntime, h.Initdead
	if t.Dead == 0 {
		t.Dead, t.From[2] = DefaultToken, "default"
		if t.Heartbeat*2 >= t.Dead {
			t.Dead, t.From[2] = 5*t.Heartbeat, "5 x keepalive"
		}
	}
	t.Dead = max(t.Dead, MinToken)
	if t.Heartbeat == 0 {
		t.Heartbeat, t.From[0] = clamp(t.Dead/5, 20*time.Millisecond, time.Second), "dead / 5"
	}
	if t.Warn == 0 {
		t.Warn, t.From[1] = t.Dead/2, "dead / 2"
	}
	if t.InitDead == 0 {
		t.InitDead, t.From[3] = initDead(t.Dead), "heartbeat's rule for initdead"
	}
	t.InitDead = max(t.InitDead, t.Dead)
	return t.withElection()
}

// initDead is heartbeat's default for initdead, except that short deadtimes do not wait
// 12 s: a peer that is up is heard within milliseconds.
func initDead(dead time.Duration) time.Duration {
	switch {
	case dead > 10*time.Second:
		return dead
	case dead < 6*time.Second:
		return max(3*dead, 3*time.Second)
	}
	return 2 * dead
}

// withElection sets raft's pace. Ticks are fine, because who campaigns when is counted in
// them; raft's own heartbeats are few, because ours tell it at once who died.
func (t Timing) withElection() Timing {
	t.RaftTick = clamp(t.Dead/10, 20*time.Millisecond, 500*time.Millisecond)
	t.RaftHeartbeatTicks = 4
	t.RaftElectionTicks = int(max(10, (t.Dead+t.RaftTick-1)/t.RaftTick))
	t.Election = time.Duration(t.RaftElectionTicks) * t.RaftTick
	return t.withParting()
}

func clamp(d, low, high time.Duration) time.Duration { return max(low, min(d, high)) }

// Failover is what to expect between a node's death and its services answering
// elsewhere, without the time that the services themselves take to start.
func (t Timing) Failover() time.Duration { return t.Dead + decisionTime }

// Lines is the table that `crm cluster timing` prints: each value, where it comes from
// and what it means for a failover.
func (t Timing) Lines() []string {
	rows := [][4]string{
		{"heartbeat", seconds(t.Heartbeat), t.From[0], "every peer is told on every link that this node lives"},
		{"late after", seconds(t.Warn), t.From[1], "a silent peer is reported late; nothing moves"},
		{"dead after", seconds(t.Dead), t.From[2], "silent on all links for so long: its resources are recovered"},
		{"first contact", seconds(t.InitDead), t.From[3], "a peer not heard since our start counts as down"},
		{"election", seconds(t.Election), t.From[4], "a DC that hangs but is heard is replaced; a dead one at once"},
		{"failover", "~" + seconds(t.Failover()), "dead + deciding", "from a node's death to the first start elsewhere"},
	}
	rows = append(rows, t.partingRows()...)
	lines := []string{"Timing from " + t.Source, ""}
	var width [3]int
	for _, r := range rows {
		for i := range width {
			width[i] = max(width[i], len(r[i]))
		}
	}
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%-*s  %*s  %-*s  %s", width[0], r[0], width[1], r[1], width[2], r[2], r[3]))
	}
	return lines
}

// seconds prints a duration as "1.00 s", or "60 ms" below a tenth of a second.
func seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
