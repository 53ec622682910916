package links

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// FuzzContent: whatever a node that has the key puts into its packets is taken or
// refused; the same packet is taken once only.
func FuzzContent(f *testing.F) {
	f.Add(appendHeartbeat(nil, &heartbeat{number: 1, sent: time.Second, echoes: []echo{{2, 200, time.Millisecond, time.Millisecond}}}), uint8(0))
	f.Add(appendHeartbeat(nil, &heartbeat{leaving: true}), uint8(0))
	f.Add(appendPacket(nil, 2, 1, []byte("gossip")), uint8(0))
	f.Add([]byte{kindHeartbeat, 0, 255}, uint8(1))
	f.Add([]byte{}, uint8(0))
	key := bytes.Repeat([]byte{1}, 32)
	f.Fuzz(func(t *testing.T, plain []byte, number uint8) {
		if len(plain) > maxPlain {
			plain = plain[:maxPlain]
		}
		s := &Set{self: 2, start: time.Now(), peers: map[crm.NodeID][]*path{1: {{}}}, seen: map[crm.NodeID]*window{1: {}}, differs: map[crm.NodeID]bool{},
			opener: newOpener([][]byte{key}, "c", 2, 200, []crm.NodeID{1})}
		s.cfg.Boot, s.cfg.Cluster.Timing = 200, membership.TimingFromToken(time.Second, 0, "test")
		s.sealer, _ = newSealer(key, "c", 2, 200)
		taken := 0
		s.cfg.OnHeartbeat = func(time.Time, crm.NodeID, int, uint64, time.Time) { taken++ }
		s.cfg.OnPacket = func(time.Time, crm.NodeID, []byte) { taken++ }
		l := &link{cfg: membership.LinkConfig{Kind: membership.Multicast}}
		peer, _ := newSealer(key, "c", 1, 100)
		packet := peer.seal(nil, int(number%2), plain)
		from := netip.MustParseAddrPort("192.0.2.1:5405")
		s.deliver(l, packet, from)
		once := taken
		s.deliver(l, packet, from)
		if taken != once {
			t.Errorf("the same packet is taken twice")
		}
		if s.refused.total == 0 {
			t.Errorf("the repeated packet is not counted as refused")
		}
	})
}
