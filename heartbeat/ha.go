package heartbeat

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// DefaultPort is Heartbeat's UDP port.
const DefaultPort = 694

// HA is what an ha.cf says.
type HA struct {
	Nodes    []NodeLine
	Media    []Medium
	Times    membership.HeartbeatTimes
	Failback string // "on", "off", "legacy"
	CRM      bool   // haresources is not used
	Cluster  string
	Log      membership.LogConfig
	UseLogd  bool
	Autojoin string // "none", "other", "any"
	file     string
}

// NodeLine is one name of a node directive, or of a witness directive, in lower case.
type NodeLine struct {
	Name    crm.NodeName
	Line    int
	Witness bool // it votes and runs nothing
}

// Medium is one network that heartbeats travel over.
type Medium struct {
	Kind      membership.LinkKind
	Interface string
	Peer      netip.Addr // ucast: where to; several ucast lines of one interface are one link
	Host      string     // ucast: a peer that is written as a host name
	Group     netip.Addr // mcast
	Port      int
	TTL       int
	Loop      bool
	Line      int
}

type parser struct {
	membership.Report
	ha    HA
	port  int
	word  string // of the line being read, and its corrected form
	usage string
	seen  map[string]int // first line of a directive
	times map[string]time.Duration
}

// ParseHA reads an ha.cf. It is usable when no problem is an error. Whether the local
// node is listed and the interfaces exist is checked by membership/files.
func ParseHA(file string, data []byte) (HA, []membership.Problem) {
	p := &parser{Report: membership.Report{File: file}, port: DefaultPort, seen: map[string]int{}, times: map[string]time.Duration{}}
	p.ha = HA{Failback: "legacy", Cluster: "linux-ha", Autojoin: "none", file: file}
	text, ok := strings.CutPrefix(string(data), "\xef\xbb\xbf")
	if ok {
		p.Warnf(1, "save the file without a byte order mark", "byte order mark ignored")
	}
	line, carriage := 0, 0
	for l := range strings.Lines(text) {
		line++
		if strings.Contains(l, "\r") && carriage == 0 {
			carriage = line
		}
		p.line(line, strings.ReplaceAll(strings.TrimSuffix(l, "\n"), "\r", ""))
	}
	if carriage > 0 {
		p.Warnf(carriage, "run: dos2unix "+file, "lines end in CR LF; the CR is ignored")
	}
	p.finish()
	return p.ha, p.Sorted()
}

func (p *parser) line(line int, text string) {
	if strings.ContainsRune(text, 0) {
		p.Errorf(line, "", "the line holds a NUL byte")
		return
	}
	text, _, _ = strings.Cut(text, "#")
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if i := strings.IndexByte(word, '\t'); i >= 0 {
		word, rest = word[:i], word[i+1:]+" "+rest
	}
	if word == "" {
		return
	}
	d, ok := directives[word]
	if !ok {
		p.Errorf(line, suggest(word, rest), "unknown directive %q", clip(word))
		return
	}
	p.word, p.usage = word, d.usage
	// Options are split at blanks and commas.
	args := strings.FieldsFunc(rest, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' })
	if len(args) < d.args {
		p.Errorf(line, d.usage, "%s: %d argument(s) needed, %d given", word, d.args, len(args))
		return
	}
	if first, again := p.seen[word]; again && (word == "baud" || word == "watchdog") {
		p.Errorf(line, "", "%s is given twice (first in line %d)", word, first)
	}
	if _, again := p.seen[word]; !again {
		p.seen[word] = line
	}
	if d.remark != "" {
		p.Warnf(line, "", "%s is accepted, but %s", word, d.remark)
	}
	if d.read != nil {
		d.read(p, line, args)
	}
}

func suggest(word, rest string) string {
	if near := membership.Nearest(strings.ToLower(word), Directives()); near != "" {
		return fmt.Sprintf("did you mean %q?", strings.TrimSpace(near+" "+strings.TrimSpace(clip(rest))))
	}
	return ""
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

// finish checks what only the whole file shows.
func (p *parser) finish() {
	if len(p.ha.Nodes) == 0 {
		p.Errorf(0, "add: node NAME NAME, as uname -n prints them", "no node is listed")
	}
	if len(p.ha.Media) == 0 {
		p.Errorf(0, "add: bcast eth0, or: ucast eth0 ADDRESS", "no medium: bcast, mcast or ucast is needed")
	}
	if p.seen["auto_failback"]+p.seen["nice_failback"] == 0 {
		p.Warnf(0, "add: auto_failback on, or: auto_failback off", "auto_failback is not given: legacy is assumed, which is treated as on")
	}
	if n := p.seen["crm"] + p.seen["pacemaker"]; n == 0 && p.ha.Autojoin != "none" {
		p.Errorf(p.seen["autojoin"], "autojoin none", "autojoin %s needs crm on", p.ha.Autojoin)
	}
	if p.ha.Log.File == "" && p.ha.Log.DebugFile == "" && p.ha.Log.Facility == "" && p.seen["use_logd"] > 0 && !p.ha.UseLogd {
		p.Errorf(p.seen["use_logd"], "use_logd on, or add: logfacility daemon", "all logging is off")
	}
	p.checkTimes()
}

func (p *parser) checkTimes() {
	t := &p.ha.Times
	t.Keepalive, t.Deadtime, t.Warntime, t.Initdead = p.times["keepalive"], p.times["deadtime"], p.times["warntime"], p.times["initdead"]
	for _, word := range []string{"keepalive", "warntime", "deadtime"} {
		if line := p.seen[word]; line > 0 && p.times[word] <= 0 && !p.failedAt(line) {
			p.Errorf(line, directives[word].usage, "%s must be more than 0", word)
		}
	}
	// What is not given has its default when it is compared, as in Heartbeat.
	keepalive, deadtime := t.Keepalive, t.Deadtime
	if keepalive == 0 {
		keepalive = time.Second
		if deadtime > 0 && deadtime <= 2*keepalive {
			keepalive = deadtime / 5 // ours: a short deadtime alone is enough
		}
	}
	if deadtime > 0 && deadtime <= 2*keepalive {
		p.Errorf(p.seen["deadtime"], "keepalive "+inUnits(deadtime/5), "deadtime %s is not more than twice keepalive %s", inUnits(deadtime), inUnits(keepalive))
	}
	if t.Initdead > 0 && t.Initdead < deadtime {
		p.Errorf(p.seen["initdead"], "initdead "+inUnits(max(2*deadtime, 10*time.Second)), "initdead %s is shorter than deadtime %s", inUnits(t.Initdead), inUnits(deadtime))
	} else if t.Initdead > 0 && t.Initdead < 10*time.Second {
		p.Warnf(p.seen["initdead"], "initdead 10", "initdead %s is short: networks may need longer after a boot", inUnits(t.Initdead))
	}
	if deadtime > 0 && t.Warntime >= deadtime {
		p.Warnf(p.seen["warntime"], "warntime "+inUnits(deadtime/2), "warntime %s is not less than deadtime %s: no warning will be seen", inUnits(t.Warntime), inUnits(deadtime))
	}
}

func (p *parser) failedAt(line int) bool {
	return slices.ContainsFunc(p.Problems, func(q membership.Problem) bool { return q.Line == line && q.Level == membership.Error })
}

// inUnits prints a time as ha.cf writes it.
func inUnits(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprint(int64(d / time.Second))
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}
