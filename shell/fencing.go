package shell

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/mon"
	"github.com/tactus-ha/tactus/tools"
)

// askTimeout bounds how long a fence device may take to answer a question.
const askTimeout = 20 * time.Second

func fencingLevel() *Level {
	return &Level{Name: "fencing", Short: "fence devices, and what became of requests to fence a node",
		Long: "Nothing here but confirm and cleanup changes anything. crm node fence NODE fences a node.",
		Commands: []*Command{
			{Name: "status", Short: "what protects the cluster, how each node can be fenced, what cannot be done and why", Run: runFencingStatus},
			{Name: "history", Args: "[NODE]", Short: "requests for fencing: open ones, then the last first", Max: 1, Complete: completeNodes, Run: runFencingHistory},
			{Name: "devices", Short: "the configured devices, whom they can fence, where they are watched", Run: runFencingDevices},
			{Name: "who-can", Args: "NODE", Short: "the devices that can fence a node, in the order in which they are tried", Min: 1, Max: 1, Complete: completeNodes, Run: runWhoCan,
				Long: "Devices that tell themselves whom they can fence are asked, from this node."},
			{Name: "test", Args: "DEVICE [NODE]", Short: "ask a device, from this node, whether it is well, and about a node", Min: 1, Max: 2, Complete: completeDevices, Run: runFencingTest,
				Long: "Runs monitor, list and, with NODE, status. No power is switched. crm node fence NODE is the whole test: do it once before you trust the device."},
			{Name: "topology", Args: "[NODE]", Short: "the levels of devices for the nodes", Max: 1, Complete: completeNodes, Run: runTopology},
			{Name: "confirm", Changes: true, Args: "NODE", Short: "vouch that a node is off, where no device could do it", Min: 1, Max: 1, Complete: completeNodes, Run: runClearState,
				Long: "Only for a node that is certainly off: what it ran is started elsewhere at once. The same as crm node clearstate."},
			{Name: "cleanup", Changes: true, Args: "[NODE]", Short: "forget requests that are done; open ones stay", Max: 1, Complete: completeNodes, Run: runFencingCleanup},
		}}
}

// fences reads the fence devices of the present CIB.
func (s *Session) fences(ctx context.Context) (*tools.Fences, *cib.Snapshot, error) {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return nil, nil, err
	}
	return tools.ReadFences(s.env, snap), snap, nil
}

func runFencingStatus(ctx context.Context, s *Session, _ []string) error {
	f, snap, err := s.fences(ctx)
	if err != nil {
		return err
	}
	protection := fencing.ProtectionOf(snap, s.env.Now(), fencing.Shield{}).Text
	var st *api.Status
	if s.store.Live() {
		if now, err := s.store.API().Status(ctx); err == nil && now.Protection != "" {
			protection, st = now.Protection, &now
		}
	}
	word := "on"
	if !fencing.Enabled(snap, s.env.Now()) {
		word = "OFF (stonith-enabled=false)"
	}
	s.printf("Fencing is %s\nProtected by: %s\n", word, protection)
	for _, node := range clusterNodes(snap) {
		s.printf("Node %s: %s\n", node, s.ways(ctx, f, node))
	}
	events := mon.NewestFirst(fencing.History(snap))
	for _, e := range events {
		if e.Open() {
			s.printf("Open: %s\n", mon.FenceText(e, events, true, false))
		}
	}
	for _, line := range mon.Blocked(mon.Read(snap, st, s.env.Now())) {
		s.printf("%s\n", line)
	}
	return nil
}

// clusterNodes lists the nodes that a device may have to fence.
func clusterNodes(snap *cib.Snapshot) (list []crm.NodeName) {
	for n := range snap.Section(cib.TagNodes).All(cib.TagNode) {
		if t := n.Get("type"); t != "remote" && t != "ping" {
			list = append(list, crm.NodeName(n.Get(cib.AttrUname)))
		}
	}
	return list
}

// ways tells how a node can be fenced, as far as the configuration says it.
func (s *Session) ways(ctx context.Context, f *tools.Fences, node crm.NodeName) string {
	if levels := f.Levels(node); levels != nil {
		return levelText(levels)
	}
	var list []string
	for _, d := range f.Devices {
		switch check := d.Check(f.Agent(ctx, d)); check {
		case fencing.StaticList:
			if d.Names(node) {
				list = append(list, string(d.ID))
			}
		case fencing.NoCheck:
			list = append(list, string(d.ID))
		default:
			list = append(list, string(d.ID)+" (when it says so: "+string(check)+")")
		}
	}
	if len(list) == 0 {
		return "NO DEVICE can fence it"
	}
	return strings.Join(list, ", else ")
}

func levelText(levels [][]crm.ResourceID) string {
	var list []string
	for i, level := range levels {
		var ids []string
		for _, id := range level {
			ids = append(ids, string(id))
		}
		list = append(list, fmt.Sprintf("level %d: %s", i+1, strings.Join(ids, " and ")))
	}
	return strings.Join(list, ", else ")
}

func runFencingHistory(ctx context.Context, s *Session, args []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	all := mon.NewestFirst(fencing.History(snap))
	shown := 0
	for _, e := range all {
		if len(args) == 1 && !strings.EqualFold(args[0], string(e.Target)) {
			continue
		}
		shown++
		line := mon.FenceText(e, all, true, false)
		if e.Device != "" && e.State == fencing.Success && e.Delegate != fencing.Operator {
			line += " with " + e.Device
		}
		s.printf("%s%s\n", line, because(e.Reason))
	}
	if shown == 0 {
		s.printf("nothing is on record\n")
	}
	return nil
}

func runFencingDevices(ctx context.Context, s *Session, _ []string) error {
	f, snap, err := s.fences(ctx)
	if err != nil {
		return err
	}
	if len(f.Devices) == 0 {
		s.printf("no fence device is configured; see: crm ra list stonith\n")
	}
	for _, d := range f.Devices {
		whom := ""
		switch d.Check(f.Agent(ctx, d)) {
		case fencing.StaticList:
			whom = "fences " + strings.Join(d.Named(), ", ")
		case fencing.DynamicList:
			whom = "fences whom its list names"
		case fencing.ByStatus:
			whom = "fences whose status it knows"
		default:
			whom = "is taken to fence every node"
		}
		where := "started nowhere: nobody watches whether it works"
		if active := fencing.ActiveOn(snap, d.ID); len(active) > 0 {
			where = "watched on " + joinNodes(active)
		}
		s.printf("%s (stonith:%s) %s; %s\n", d.ID, d.Agent, whom, where)
	}
	return nil
}

func joinNodes(nodes []crm.NodeName) string {
	var list []string
	for _, n := range nodes {
		list = append(list, string(n))
	}
	return strings.Join(list, ", ")
}

func runWhoCan(ctx context.Context, s *Session, args []string) error {
	f, snap, err := s.fences(ctx)
	if err != nil {
		return err
	}
	node := crm.NodeName(args[0])
	if !slices.Contains(clusterNodes(snap), node) {
		return fmt.Errorf("node %s does not exist", node)
	}
	if levels := f.Levels(node); levels != nil {
		s.printf("%s: %s\n", node, levelText(levels))
	}
	can := 0
	for _, d := range f.Devices {
		ok, why := f.CanFence(ctx, d, node, askTimeout)
		if !ok {
			s.printf("%s cannot: %s\n", d.ID, why)
			continue
		}
		can++
		s.printf("%s can%s%s\n", d.ID, plugText(d, node), delayText(d, node))
	}
	if can == 0 {
		return fmt.Errorf("no device can fence %s: when it is lost, what it ran waits for: crm fencing confirm %s", node, node)
	}
	return nil
}

func plugText(d fencing.Device, node crm.NodeName) string {
	if plug := d.Plug(node); plug != string(node) {
		return ", as " + plug
	}
	return ""
}

func delayText(d fencing.Device, node crm.NodeName) string {
	var parts []string
	for _, name := range []string{"pcmk_delay_base", "pcmk_delay_max"} {
		if v := d.Params[name]; v != "" && d.Delays(node) {
			parts = append(parts, name+"="+v)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", after " + strings.Join(parts, " ")
}

func runFencingTest(ctx context.Context, s *Session, args []string) error {
	f, _, err := s.fences(ctx)
	if err != nil {
		return err
	}
	d, ok := f.Find(args[0])
	if !ok {
		return fmt.Errorf("no fence device is called %s; crm fencing devices lists them", args[0])
	}
	failed := false
	if out := f.Ask(ctx, d, fencing.Monitor, "", askTimeout); out.RC == crm.OK && out.Status == crm.ExecDone {
		s.printf("monitor: well\n")
	} else {
		failed = true
		s.printf("monitor: FAILED: %s\n", cmpText(out.ExitReason, out.RC.String()))
	}
	if f.Agent(ctx, d).Has(fencing.List) {
		if names, err := f.Targets(ctx, d, askTimeout); err != nil {
			s.printf("list: %v\n", err)
		} else {
			s.printf("list: %s\n", strings.Join(names, ", "))
		}
	}
	if len(args) == 2 {
		failed = s.testStatus(ctx, f, d, crm.NodeName(args[1])) || failed
	}
	if failed {
		return fmt.Errorf("device %s does not work from this node", d.ID)
	}
	return nil
}

// testStatus asks a device for the state of a node's power.
func (s *Session) testStatus(ctx context.Context, f *tools.Fences, d fencing.Device, node crm.NodeName) (failed bool) {
	if can, why := f.CanFence(ctx, d, node, askTimeout); !can {
		s.printf("%s: it cannot fence this node: %s\n", node, why)
		return true
	}
	out := f.Ask(ctx, d, fencing.Status, node, askTimeout)
	switch {
	case out.Status == crm.ExecDone && out.RC == crm.OK:
		s.printf("status of %s: on\n", node)
	case out.Status == crm.ExecDone && out.RC == 2:
		s.printf("status of %s: off\n", node)
	default:
		s.printf("status of %s: FAILED: %s\n", node, cmpText(out.ExitReason, out.RC.String()))
		return true
	}
	return false
}

func cmpText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func runTopology(ctx context.Context, s *Session, args []string) error {
	f, snap, err := s.fences(ctx)
	if err != nil {
		return err
	}
	if len(args) == 1 && !slices.Contains(clusterNodes(snap), crm.NodeName(args[0])) {
		return fmt.Errorf("node %s does not exist", args[0])
	}
	shown := false
	for _, node := range clusterNodes(snap) {
		if levels := f.Levels(node); levels != nil && (len(args) == 0 || args[0] == string(node)) {
			shown = true
			s.printf("%s: %s\n", node, levelText(levels))
		}
	}
	if !shown {
		s.printf("no levels are configured: devices are tried one after the other, by their parameter priority\n")
	}
	return nil
}

func runFencingCleanup(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	query := url.Values{}
	if len(args) == 1 {
		query.Set("node", args[0])
	}
	var reply api.FenceCleanup
	if err := s.store.API().Delete(ctx, "/v1/fencing", query, &reply); err != nil {
		return err
	}
	s.infof("forgot %d", reply.Removed)
	if reply.Open > 0 {
		s.warnf("%d open requests stay until they are done, or confirmed by hand", reply.Open)
	}
	return nil
}

func completeDevices(ctx context.Context, s *Session, args []string) []string {
	if len(args) == 1 {
		return completeNodes(ctx, s, nil)
	}
	f, _, err := s.fences(ctx)
	if err != nil {
		return nil
	}
	var ids []string
	for _, d := range f.Devices {
		ids = append(ids, string(d.ID))
	}
	return ids
}
