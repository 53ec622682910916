package testcluster

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Ignore makes the node lose every packet that these nodes send it, on all links or on
// the given ones, without a trace for the sender: loss in one direction. It stays so over a
// loss of power. It replaces what an earlier call said; without nodes it ends.
func (n *Node) Ignore(nodes []*Node, links ...int) error {
	var from []netip.Addr
	for _, other := range nodes {
		for link, a := range other.Addrs {
			if len(links) == 0 || links[0] == link || len(links) > 1 && links[1] == link {
				from = append(from, a)
			}
		}
	}
	n.power.Lock() // no boot may set up the node meanwhile
	defer n.power.Unlock()
	n.mu.Lock()
	n.deaf = from
	n.mu.Unlock()
	if !n.Up() {
		return nil
	}
	_, err := n.ask(request{Verb: "ignore", From: from})
	return err
}

// Priorities of routing rules: what is ignored comes before the table of local addresses.
const (
	ignoreRule = 5
	localRule  = 10
)

// ignore runs in the node's init. A rule that throws away by source address counts for
// packets that arrive too, as long as no socket takes them before the routing (early
// demultiplexing).
func ignore(from []netip.Addr) error {
	for _, what := range []string{"ip_early_demux", "tcp_early_demux", "udp_early_demux"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+what, []byte("0"), 0o644); err != nil {
			return err
		}
	}
	rules, err := netlink.RuleList(unix.AF_INET)
	if err != nil {
		return fmt.Errorf("routing rules: %w", err)
	}
	moved := false
	for _, r := range rules {
		if r.Priority == ignoreRule {
			if err := netlink.RuleDel(&r); err != nil {
				return fmt.Errorf("routing rule: %w", err)
			}
		}
		moved = moved || r.Priority == localRule
	}
	if !moved {
		if err := moveLocalTable(); err != nil {
			return err
		}
	}
	for _, a := range from {
		r := netlink.NewRule()
		r.Priority, r.Family, r.Type = ignoreRule, unix.AF_INET, unix.RTN_BLACKHOLE
		r.Src = &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(32, 32)}
		if err := netlink.RuleAdd(r); err != nil {
			return fmt.Errorf("routing rule: %w", err)
		}
	}
	return nil
}

// moveLocalTable makes room before the table of local addresses.
func moveLocalTable() error {
	add := netlink.NewRule()
	add.Priority, add.Family, add.Table = localRule, unix.AF_INET, unix.RT_TABLE_LOCAL
	if err := netlink.RuleAdd(add); err != nil {
		return fmt.Errorf("routing rule: %w", err)
	}
	del := netlink.NewRule()
	del.Priority, del.Family, del.Table = 0, unix.AF_INET, unix.RT_TABLE_LOCAL
	if err := netlink.RuleDel(del); err != nil {
		return fmt.Errorf("routing rule: %w", err)
	}
	return nil
}
