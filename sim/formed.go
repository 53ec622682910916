package sim

import (
	"fmt"
	"strings"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

// Config is what the CIB of a whole cluster says.
type Config struct {
	Properties [][2]string
	Watchdogs  bool // what is cut off resets itself by its watchdog, and there is no power switch
	Data       bool // a promotable clone, disk, and fs, which runs where that is promoted
}

// noQuorumPolicy is what a node does that lost the others.
func (c Config) noQuorumPolicy() string {
	for _, p := range c.Properties {
		if p[0] == "no-quorum-policy" {
			return p[1]
		}
	}
	return "stop"
}

// resources are those that something may be wrong with.
func (c Config) resources() []crm.ResourceID {
	if c.Data {
		return []crm.ResourceID{"db", "web", "vip", "ping", "disk", "fs"}
	}
	return []crm.ResourceID{"db", "web", "vip", "ping"}
}

// formedDisks are the disks of a cluster that was formed and then shut down: every node
// has the CIB and nothing has happened since.
func formedDisks(peers []consensus.Peer, config Config) []*Disk {
	m := &cib.Machine{}
	if err := m.Restore(append([]byte(`{"tactus_cib":1,"applied":1,"recent":[]}`+"\n"), config.xml()...)); err != nil {
		panic("sim: " + err.Error())
	}
	data := m.Snapshot()
	id := consensus.Identity{ClusterName: "sim", Group: consensus.Group{Cluster: 7, Incarnation: 1}, Seen: 1}
	conf := &pb.ConfState{}
	for _, p := range peers {
		seat := consensus.Seat{Node: p.ID, Disk: uint32(1000 + p.ID)}
		id.Founders = append(id.Founders, seat)
		conf.Voters = append(conf.Voters, uint64(seat.Node)<<32|uint64(seat.Disk))
	}
	one := uint64(1)
	var disks []*Disk
	for _, seat := range id.Founders {
		mine := id
		mine.Node, mine.Disk = seat.Node, seat.Disk
		disks = append(disks, &Disk{saved: consensus.Saved{Identity: mine, Hard: &pb.HardState{Term: &one, Commit: &one},
			Snapshot: &pb.Snapshot{Data: data, Metadata: &pb.SnapshotMetadata{Index: &one, Term: &one, ConfState: conf}}}})
	}
	return disks
}

// xml is the CIB: a database, a web server with its address, a clone, and what the
// configuration adds.
func (c Config) xml() string {
	var b strings.Builder
	b.WriteString(`<cib crm_feature_set="3.19.0" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config><cluster_property_set id="cib-bootstrap-options">`)
	for _, p := range append([][2]string{{"start-failure-is-fatal", "false"}, {"cluster-delay", "10s"}}, c.Properties...) {
		fmt.Fprintf(&b, `<nvpair id="o-%s" name="%s" value="%s"/>`, p[0], p[0], p[1])
	}
	b.WriteString(`</cluster_property_set></crm_config><nodes/><resources>`)
	b.WriteString(primitive("db") + `<group id="site">` + primitive("web") + primitive("vip") + `</group><clone id="pings">` + primitive("ping") + `</clone>`)
	if c.fences() && !c.Watchdogs {
		b.WriteString(`<primitive id="switch" class="stonith" type="fence_sim"><instance_attributes id="switch-params"><nvpair id="switch-hosts" name="pcmk_host_list" value="n1 n2 n3 n4 n5"/><nvpair id="switch-timeout" name="pcmk_reboot_timeout" value="4s"/></instance_attributes>` +
			`<operations><op id="switch-monitor" name="monitor" interval="10s" timeout="3s"/></operations></primitive>`)
	}
	if c.Data {
		b.WriteString(`<clone id="data"><meta_attributes id="data-meta"><nvpair id="data-promotable" name="promotable" value="true"/></meta_attributes>` + primitive("disk", "promote", "demote") + `</clone>` + primitive("fs"))
	}
	b.WriteString(`</resources><constraints><rsc_order id="db-first" first="db" then="site"/>`)
	if c.Data {
		b.WriteString(`<rsc_location id="anywhere" rsc="data"><rule id="anywhere-rule" role="Promoted" score="10"><expression id="anywhere-if" attribute="#uname" operation="defined"/></rule></rsc_location>` +
			`<rsc_colocation id="fs-with-data" rsc="fs" with-rsc="data" with-rsc-role="Promoted" score="INFINITY"/><rsc_order id="data-first" first="data" first-action="promote" then="fs" then-action="start"/>`)
	}
	b.WriteString(`</constraints></configuration><status/></cib>`)
	return b.String()
}

// primitive is a service of the model, with a monitor every two seconds; one that can do more
// than start and stop is monitored as promoted, too.
func primitive(id string, more ...string) string {
	extra := ""
	for _, op := range more {
		extra += fmt.Sprintf(`<op id="%s-%s" name="%s" interval="0" timeout="3s"/>`, id, op, op)
	}
	if more != nil {
		extra += fmt.Sprintf(`<op id="%s-monitor-promoted" name="monitor" role="Promoted" interval="1900ms" timeout="3s"/>`, id)
	}
	return fmt.Sprintf(`<primitive id="%[1]s" class="ocf" provider="sim" type="Service"><operations>`+
		`<op id="%[1]s-start" name="start" interval="0" timeout="3s"/><op id="%[1]s-stop" name="stop" interval="0" timeout="3s"/>`+
		`<op id="%[1]s-monitor" name="monitor" interval="2s" timeout="3s"/>%[2]s</operations></primitive>`, id, extra)
}
