package diff

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// caseTime is the time of all made cases, unless one says another.
var caseTime = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// themes are what a case may be about: what belongs to one is then much more frequent.
var themes = []string{"colocation", "order", "sets", "clones", "promotable", "groups", "bundles", "remotes", "guests", "tickets",
	"utilization", "dates", "health", "failures", "migration", "fencing", "quorum", "locks", "parameters", "maintenance", "discovery", "names"}

// grower makes a random CIB.
type grower struct {
	dice
	about     map[string]bool
	schema    string
	major     int
	ids       int
	rscNumber int
	root      *cib.Element
	conf      *cib.Element
	nodes     []string // cluster nodes
	guests    []string
	remotes   []string
	rscs      []grown
	attrs     []string // names of node attributes
}

// grown is a resource that was made.
type grown struct {
	id, kind   string // kind: primitive, group, clone, bundle
	members    []string
	promotable bool
	unique     bool
}

// Random makes a CIB from a seed, with a status section to match, or none.
func Random(seed uint64) Case {
	g := newGrower(seed)
	g.grow()
	if g.chance(60) {
		g.growHistory()
	}
	return Case{Name: fmt.Sprintf("random-%d", seed), Root: g.root, Args: g.arguments()}
}

func newGrower(seed uint64) *grower {
	g := &grower{dice: newDice(seed), about: map[string]bool{}}
	for _, t := range g.some(g.between(1, 4), themes) {
		g.about[t] = true
	}
	g.schema = g.one("4.0", "4.0", "3.10", "3.10", "3.9", "3.7", "3.5", "3.2", "3.0", "2.10", "2.5", "2.0", "1.3", "1.2")
	g.major = int(g.schema[0] - '0')
	g.attrs = []string{"site", "rack", "cpu", "kind"}
	return g
}

// often is true in high percent of the cases that are about it, else in low percent.
func (g *grower) often(theme string, low, high int) bool {
	if g.about[theme] {
		return g.chance(high)
	}
	return g.chance(low)
}

// id makes a new id.
func (g *grower) id(prefix string) string {
	g.ids++
	return prefix + "-" + strconv.Itoa(g.ids)
}

func (g *grower) grow() {
	g.root = cib.New("cib", "crm_feature_set", g.one("3.20.5", "3.19.0", "3.16.0", "3.15.0", "3.0.9"), "validate-with", "pacemaker-"+g.schema,
		"epoch", "5", "num_updates", "3", "admin_epoch", "0", "have-quorum", "1")
	if g.often("quorum", 3, 50) {
		set(g.root, "have-quorum", "0")
	}
	g.conf = add(g.root, cib.New("configuration"))
	for _, section := range []string{"crm_config", "nodes", "resources", "constraints"} {
		add(g.conf, cib.New(section))
	}
	g.growNodes()
	g.growResources()
	g.growOptions()
	g.growConstraints()
	g.growDefaults()
	g.growTopology()
	g.growStatus()
}

// arguments are the time and, now and then, an event.
func (g *grower) arguments() []string {
	at := caseTime
	if g.about["dates"] {
		at = at.Add(time.Duration(g.upTo(400*24)) * time.Hour)
	}
	args := []string{"-t", at.Format("2006-01-02 15:04:05Z")}
	if g.chance(20) {
		args = append(args, g.event()...)
	}
	return args
}

// event is something that happens to the cluster, as arguments of crm_simulate.
func (g *grower) event() []string {
	node := g.one(g.nodes...)
	switch g.upTo(8) {
	case 0:
		return []string{"-d", node}
	case 1:
		return []string{"-f", node}
	case 2:
		return []string{"-u", node}
	case 3:
		return []string{"-q", g.one("0", "1")}
	case 4:
		return []string{g.one("-g", "-r", "-b", "-e"), g.one("T1", "T2")}
	case 5:
		return []string{"-F", g.operation(node)}
	default:
		return []string{"-i", g.operation(node)}
	}
}

// number is one that no resource has in its name.
func (g *grower) number() string {
	g.rscNumber++
	for n := g.rscNumber; ; n++ {
		text, taken := strconv.Itoa(n), false
		for _, e := range everyNamed(g.conf.Child("resources"), "primitive", "group", "clone", "master", "bundle") {
			taken = taken || strings.HasSuffix(e.ID(), text)
		}
		if !taken {
			g.rscNumber = n
			return text
		}
	}
}

// operation is a failure of some primitive: RESOURCE_TASK_INTERVAL@NODE=RC.
func (g *grower) operation(node string) string {
	var all []string
	for _, r := range g.rscs {
		all = append(all, r.members...)
	}
	if len(all) == 0 {
		all = []string{"p1"}
	}
	return g.one(all...) + "_" + g.one("monitor_10000", "start_0", "stop_0", "monitor_0", "promote_0", "demote_0") + "@" + node + "=" + g.one("1", "7", "5", "9", "8", "0")
}

// pairs makes a block of name-value pairs.
func (g *grower) pairs(name string, pairs ...string) *cib.Element {
	block := cib.New(name, "id", g.id("nv"))
	for i := 0; i+1 < len(pairs); i += 2 {
		add(block, cib.New("nvpair", "id", block.ID()+"-"+strings.Trim(strings.ReplaceAll(pairs[i], "#", "."), "."), "name", pairs[i], "value", pairs[i+1]))
	}
	return block
}

// maybe collects pairs with a probability each.
type maybe struct {
	g     *grower
	pairs []string
}

func (m *maybe) add(percent int, name string, values ...string) {
	if m.g.chance(percent) {
		m.pairs = append(m.pairs, name, m.g.one(values...))
	}
}

// score is one as constraints have it.
func (g *grower) score() string {
	return g.one("INFINITY", "INFINITY", "-INFINITY", "100", "50", "1", "-1", "-100", "1000", "0", "10", "-50", "500", "+INFINITY", "999999")
}

func (g *grower) growNodes() {
	n := g.between(2, 5)
	names := []string{"n1", "n2", "n3", "n4", "n5"}
	if g.about["names"] {
		names = []string{"node10", "node9", "Alpha", "alpha2", "z-1.example.com"}
	}
	nodes := g.conf.Child("nodes")
	for i := range n {
		name := names[i]
		g.nodes = append(g.nodes, name)
		e := add(nodes, cib.New("node", "id", strconv.Itoa(i+1), "uname", name))
		if g.chance(10) {
			set(e, "id", name)
		}
		if g.major < 3 && g.chance(50) {
			set(e, "type", g.one("normal", "member"))
		}
		g.nodeAttributes(e)
	}
}

// nodeAttributes gives a node of the configuration attributes and capacities.
func (g *grower) nodeAttributes(e *cib.Element) {
	m := maybe{g: g}
	m.add(30, "site", "a", "b")
	m.add(20, "rack", "1", "2", "3")
	m.add(20, "cpu", "1", "4", "16", "x")
	m.add(4, "standby", "true", "on", "false")
	m.add(pick(g.about["maintenance"], 25, 1), "maintenance", "true", "false")
	if len(m.pairs) > 0 {
		add(e, g.pairs("instance_attributes", m.pairs...))
	}
	if g.often("utilization", 3, 90) {
		u := maybe{g: g}
		u.add(90, "cpu", "1", "2", "4", "8", "100")
		u.add(70, "memory", "512", "1024", "2048", "4096")
		u.add(5, "disk", "1", "-3", "x")
		if len(u.pairs) > 0 {
			add(e, g.pairs("utilization", u.pairs...))
		}
	}
}

func (g *grower) growOptions() {
	m := maybe{g: g}
	fencing := "stonith"
	if g.major >= 4 && g.chance(50) {
		fencing = "fencing"
	}
	m.pairs = []string{fencing + "-enabled", g.one("true", "false", "false")}
	m.add(20, fencing+"-action", "reboot", "off", "poweroff")
	m.add(5, fencing+"-timeout", "60s", "120")
	m.add(pick(g.about["quorum"], 70, 25), "no-quorum-policy", "ignore", "stop", "freeze", "suicide", "demote", "fence")
	m.add(15, "symmetric-cluster", "true", "false", "false")
	m.add(pick(g.about["utilization"], 90, 4), "placement-strategy", "default", "utilization", "minimal", "balanced")
	m.add(10, "start-failure-is-fatal", "false", "true")
	m.add(4, "stop-all-resources", "true")
	m.add(pick(g.about["maintenance"], 25, 3), "maintenance-mode", "true")
	m.add(5, "stop-orphan-resources", "false", "true")
	m.add(3, "stop-orphan-actions", "false")
	m.add(4, "startup-fencing", "false")
	m.add(5, "concurrent-fencing", "false", "true")
	m.add(pick(g.about["fencing"], 30, 3), "priority-fencing-delay", "15", "30s")
	m.add(pick(g.about["locks"], 95, 2), "shutdown-lock", "true")
	m.add(pick(g.about["locks"], 50, 1), "shutdown-lock-limit", "30min", "1h", "0", "10d")
	m.add(8, "batch-limit", "0", "5", "30")
	m.add(8, "migration-limit", "-1", "1", "2")
	m.add(6, "cluster-delay", "60s", "30")
	m.add(5, "enable-startup-probes", "false")
	m.add(3, "remove-after-stop", "true")
	m.add(5, "have-watchdog", "true", "false")
	m.add(3, fencing+"-watchdog-timeout", "10", "0")
	m.add(5, "node-pending-timeout", "0", "2h", "10m")
	m.add(5, "cluster-recheck-interval", "5min")
	m.add(6, "default-resource-stickiness", "100")
	if g.often("health", 2, 95) {
		m.add(100, "node-health-strategy", "migrate-on-red", "only-green", "progressive", "custom", "none", "bogus")
		m.add(40, "node-health-green", "10", "INFINITY", "0")
		m.add(40, "node-health-yellow", "-10", "5", "-INFINITY")
		m.add(40, "node-health-red", "-INFINITY", "-100")
		m.add(30, "node-health-base", "100", "-5", "0")
	}
	block := g.pairs("cluster_property_set", m.pairs...)
	set(block, "id", "cib-bootstrap-options")
	add(g.conf.Child("crm_config"), block)
	if g.chance(10) {
		more := g.pairs("cluster_property_set", "no-quorum-policy", g.one("stop", "ignore"), "maintenance-mode", "false")
		set(more, "score", g.one("10", "INFINITY"))
		if g.about["dates"] {
			more.Children = append([]*cib.Element{g.rule(ruleDates, false)}, more.Children...)
		}
		add(g.conf.Child("crm_config"), more)
	}
}

func pick(yes bool, a, b int) int {
	if yes {
		return a
	}
	return b
}

func (g *grower) growDefaults() {
	if g.chance(35) {
		m := maybe{g: g}
		m.add(50, "resource-stickiness", "1", "100", "INFINITY", "-1", "0")
		m.add(25, "migration-threshold", "1", "3", "INFINITY")
		m.add(25, "failure-timeout", "60s", "1h", "10")
		m.add(10, "is-managed", "false", "true")
		m.add(10, "priority", "5")
		m.add(10, "multiple-active", "stop_only", "block", "stop_unexpected", "stop_start")
		m.add(10, "target-role", "Stopped", "Started", "Slave")
		m.add(10, "allow-migrate", "true")
		block := g.pairs("meta_attributes", m.pairs...)
		if g.major >= 3 && g.schema != "3.0" && g.schema != "3.2" && g.chance(30) {
			block.Children = append([]*cib.Element{g.rule(ruleResources, false)}, block.Children...)
		}
		add(add(g.conf, cib.New("rsc_defaults")), block)
	}
	if g.chance(25) {
		m := maybe{g: g}
		m.add(50, "timeout", "33s", "90", "1m")
		m.add(30, "record-pending", "true", "false")
		m.add(20, "on-fail", "block", "stop", "restart", "ignore", "standby")
		m.add(10, "enabled", "false", "true")
		block := g.pairs("meta_attributes", m.pairs...)
		if g.major >= 3 && g.schema != "3.0" && g.schema != "3.2" && g.chance(40) {
			block.Children = append([]*cib.Element{g.rule(ruleOperations, false)}, block.Children...)
		}
		add(add(g.conf, cib.New("op_defaults")), block)
	}
}

func (g *grower) growTopology() {
	if !g.often("fencing", 2, 40) {
		return
	}
	t := add(g.conf, cib.New("fencing-topology"))
	for i, n := range g.nodes {
		if g.chance(60) {
			add(t, cib.New("fencing-level", "id", g.id("fl"), "target", n, "index", strconv.Itoa(1+i%2), "devices", "fence"+g.one("1", "2")))
		}
	}
}

func (g *grower) growStatus() {
	status := add(g.root, cib.New("status"))
	for _, n := range g.conf.Child("nodes").Children {
		e := add(status, cib.New("node_state", "id", n.ID(), "uname", n.Get("uname"), "in_ccm", "true", "crmd", "online", "join", "member", "expected", "member"))
		if g.chance(15) {
			g.strangeMember(e)
		}
		if g.chance(20) {
			unset(e, "expected")
		}
		g.transient(e)
	}
	for _, n := range append(g.remotes, g.guests...) {
		if g.chance(40) {
			e := add(status, cib.New("node_state", "remote_node", "true", "id", n, "uname", n, "in_ccm", g.one("true", "true", "false")))
			if g.chance(15) {
				set(e, "node_fenced", g.one("0", "1"))
			}
			g.transient(e)
		}
	}
	if g.often("tickets", 2, 90) {
		tickets := add(status, cib.New("tickets"))
		for _, t := range []string{"T1", "T2"} {
			if g.chance(75) {
				e := add(tickets, cib.New("ticket_state", "id", t, "granted", g.truth()))
				if g.chance(30) {
					set(e, "standby", g.truth())
				}
				if g.chance(40) {
					set(e, "last-granted", "1781500000")
				}
			}
		}
	}
}

// strangeMember makes a node one that left, fails, comes or shuts down.
func (g *grower) strangeMember(e *cib.Element) {
	switch g.upTo(8) {
	case 0:
		set(e, "in_ccm", "false")
		set(e, "crmd", "offline")
		set(e, "join", "down")
		set(e, "expected", "down")
	case 1:
		set(e, "in_ccm", "false")
	case 2:
		set(e, "crmd", "offline")
	case 3:
		set(e, "join", g.one("pending", "down", "nack"))
	case 4:
		set(e, "in_ccm", strconv.FormatInt(caseTime.Unix()-int64(g.upTo(9000)), 10))
		set(e, "crmd", g.one("0", strconv.FormatInt(caseTime.Unix()-60, 10)))
	case 5:
		set(e, "in_ccm", "false")
		set(e, "crmd", "offline")
		set(e, "join", "down")
		set(e, "expected", "member")
	case 6:
		e.Attrs = e.Attrs[:2]
	case 7:
		set(e, "maintenance", "true")
	}
}

// transient gives a node's state attributes that only last while it is up.
func (g *grower) transient(e *cib.Element) {
	m := maybe{g: g}
	m.add(5, "standby", "true")
	m.add(pick(g.about["locks"], 35, 4), "shutdown", strconv.FormatInt(caseTime.Unix()-int64(g.upTo(8000)), 10))
	m.add(2, "terminate", "true", "1")
	if g.about["health"] {
		m.add(40, "#health-disk", "red", "yellow", "green", "-7", "INFINITY")
		m.add(25, "#health-cpu", "red", "yellow", "green", "3")
	}
	for _, r := range g.rscs {
		for _, p := range r.members {
			if r.promotable {
				m.add(50, "master-"+p, "5", "10", "100", "INFINITY", "-INFINITY", "-1", "1000")
			}
			if g.often("failures", 2, 25) {
				suffix := g.one("", "#monitor_10000", "#start_0", "#stop_0", "#promote_0")
				m.pairs = append(m.pairs, "fail-count-"+p+suffix, g.one("1", "2", "INFINITY", "3"),
					"last-failure-"+p+suffix, strconv.FormatInt(caseTime.Unix()-int64(g.upTo(5000)), 10))
			}
		}
	}
	if g.chance(40) {
		m.add(100, "probe_complete", "true")
	}
	if len(m.pairs) > 0 {
		block := g.pairs("instance_attributes", m.pairs...)
		add(add(e, cib.New("transient_attributes", "id", e.ID())), block)
	}
}

// oldRole writes a role as old schemas demand it.
func (g *grower) role(words ...string) string {
	r := g.one(words...)
	if old := strings.NewReplacer("Unpromoted", "Slave", "Promoted", "Master").Replace(r); g.major < 3 || len(g.schema) == 3 && g.schema < "3.7" && g.major == 3 || g.chance(15) {
		return old
	}
	return r
}
