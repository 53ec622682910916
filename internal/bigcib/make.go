package bigcib

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/pengine"
)

// Mode says what the cluster is doing.
type Mode string

// The modes; see the package's comment.
const (
	Cold   Mode = "cold"
	Probed Mode = "probed"
	Steady Mode = "steady"
)

// Now is the time that the CIBs carry as their execution-date.
func Now() time.Time { return time.Unix(1750000000, 0) }

// XML makes the text of a CIB.
func XML(s Size, m Mode) []byte {
	c := newCluster(s)
	switch m {
	case Cold:
		return c.document(nil)
	case Probed:
		return c.document(map[place]string{})
	}
	return c.document(c.settle())
}

// Snapshot makes a CIB as the engine takes it.
func Snapshot(s Size, m Mode) *cib.Snapshot {
	snap, err := cib.ParseSnapshot(XML(s, m))
	if err != nil {
		panic("bigcib: " + err.Error()) // our own text
	}
	return snap
}

// place is a primitive on a node; roles maps it to what it does there.
type place struct{ node, primitive string }

// settle asks the policy engine what it would start where.
func (c *cluster) settle() map[place]string {
	snap, err := cib.ParseSnapshot(c.document(map[place]string{}))
	if err != nil {
		panic("bigcib: " + err.Error())
	}
	promotable := map[string]bool{}
	for _, p := range c.primitives() {
		promotable[p.id] = p.promotable
	}
	roles := map[place]string{}
	for _, s := range pengine.Schedule(pengine.Input{CIB: snap, Now: Now(), Sanitized: true}).Graph.Synapses {
		a := &s.Action
		at := place{string(a.Node), string(a.Resource.ID)}
		switch {
		case a.Operation == "promote":
			roles[at] = "Promoted"
		case a.Operation == "start" && promotable[at.primitive]:
			if roles[at] == "" {
				roles[at] = "Unpromoted"
			}
		case a.Operation == "start":
			roles[at] = "Started"
		}
	}
	return roles
}

// document prints the CIB; with nil, nothing is known of any resource.
func (c *cluster) document(roles map[place]string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<cib crm_feature_set="3.20.0" validate-with="pacemaker-3.9" epoch="1" num_updates="1" admin_epoch="0" have-quorum="1" dc-uuid="1" execution-date="%d">`+"\n", Now().Unix())
	c.configuration(&b)
	b.WriteString("<status>\n")
	prims := c.primitives()
	digests := make([][2]string, len(prims))
	for i, p := range prims {
		params := map[string]string{"state": "/run/" + p.id}
		digests[i][0] = ocf.DigestParams(params)
		params["CRM_meta_timeout"] = "20000"
		digests[i][1] = ocf.DigestParams(params)
	}
	for i, node := range c.nodes {
		fmt.Fprintf(&b, `<node_state id="%d" uname="%s" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="%d"><lrm_resources>`, i+1, node, i+1)
		h := historian{b: &b, node: node}
		for k, p := range prims {
			if roles != nil {
				h.resource(p, roles[place{node, p.id}], digests[k])
			}
		}
		b.WriteString("</lrm_resources></lrm></node_state>\n")
	}
	b.WriteString("</status></cib>\n")
	return []byte(b.String())
}

// historian prints what one node remembers.
type historian struct {
	b    *strings.Builder
	node string
	call int
}

func (h *historian) resource(p primitive, role string, digests [2]string) {
	fmt.Fprintf(h.b, `<lrm_resource id="%s" class="ocf" provider="pacemaker" type="%s">`, p.id, p.agent())
	switch role {
	case "":
		h.op(p.id, "last_0", "monitor", 0, 7, digests[0])
	case "Promoted":
		h.op(p.id, "last_0", "promote", 0, 0, digests[0])
		h.op(p.id, "monitor_10000", "monitor", 10000, 8, digests[1])
	case "Unpromoted":
		h.op(p.id, "last_0", "start", 0, 0, digests[0])
		h.op(p.id, "monitor_11000", "monitor", 11000, 0, digests[1])
	default:
		h.op(p.id, "last_0", "start", 0, 0, digests[0])
		h.op(p.id, "monitor_10000", "monitor", 10000, 0, digests[1])
	}
	h.b.WriteString("</lrm_resource>\n")
}

func (h *historian) op(rsc, suffix, name string, interval, rc int, digest string) {
	h.call++
	key := strconv.Itoa(h.call) + ":1:" + strconv.Itoa(rc) + ":b1de9b8c-0000-4000-8000-000000000001"
	fmt.Fprintf(h.b, `<lrm_rsc_op id="%s_%s" operation_key="%s_%s_%d" operation="%s" crm-debug-origin="x" crm_feature_set="3.20.0" transition-key="%s" transition-magic="0:%d;%s" exit-reason="" on_node="%s" call-id="%d" rc-code="%d" op-status="0" interval="%d" last-rc-change="%d" exec-time="10" queue-time="0" op-digest="%s"/>`,
		rsc, suffix, rsc, name, interval, name, key, rc, key, h.node, h.call, rc, interval, Now().Unix()-3600, digest)
}
