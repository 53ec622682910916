package crmd

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// FuzzPeers: whatever another controller, or the executor, sends as JSON, the controller
// goes on: it answers the next sound order, and the cluster comes to rest.
func FuzzPeers(f *testing.F) {
	for _, s := range []string{
		`{"Orders":[{"kind":"run","stamp":{"incarnation":1,"term":1},"key":"1:1:0:x","op":{"resource":"vip","name":"start"}}]}`,
		`{"Orders":[{"kind":"cancel","stamp":{"incarnation":9},"op":{"resource":"vip","name":"monitor","interval":-1}},{"kind":"fence","fence":null,"op":{}},{"kind":"fence","fence":{"target":"n1"}},{}]}`,
		`{"Acked":{"Key":"1:1:0:x","RC":-5}}`,
		`{"Fenced":{"key":"alone-1/1","rc":0,"status":0,"output":"n1\nn2"}}`,
		`{"Result":{"call":-1,"op":{"resource":"vip","name":"monitor","interval":10000000000},"rc":7,"user_data":"1:0:7:seed","recurring":true}}`,
		`{"States":[{"resource":"vip","history":[{"call":3,"op":{"resource":"vip","name":"start"}}],"recurring":[{}],"in_flight":[{"name":"x"}],"restored":true}]}`,
	} {
		f.Add([]byte(s), uint8(1))
		f.Add([]byte(s), uint8(2))
	}
	f.Fuzz(func(t *testing.T, data []byte, to uint8) {
		var sent struct {
			Orders []Order
			Acked  *Acked
			Fenced *FenceResult
			Result *lrmd.Result
			States []lrmd.ResourceState
		}
		if json.Unmarshal(data, &sent) != nil {
			return
		}
		w := newWorld(t, 2)
		w.allSeen()
		w.elect(1)
		w.pass(5 * time.Second)
		m := w.nodes[crm.NodeID(to%2+1)]
		if sent.Orders != nil {
			m.put(OrdersCame{From: 3 - m.peer.ID, Orders: sent.Orders, Token: 99})
		}
		if sent.Acked != nil {
			m.put(*sent.Acked)
		}
		if sent.Fenced != nil {
			m.put(FenceReported{*sent.Fenced})
		}
		if sent.Result != nil {
			m.put(OpResult{*sent.Result})
		}
		if sent.States != nil {
			m.put(LRMUp{States: sent.States})
		}
		w.run() // bounded: it fails when the controllers never come to rest
	})
}
