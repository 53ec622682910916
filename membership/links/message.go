package links

import (
	"encoding/binary"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// What a packet carries, by its first byte.
const (
	kindHeartbeat = 1
	kindPacket    = 2
)

// heartbeat says "I live, and this is when I heard you".
type heartbeat struct {
	leaving bool
	sent    time.Duration // the sender's own clock
	number  uint32        // counts this link's heartbeats to this peer, for loss
	digest  [8]byte       // of the sender's configuration
	echoes  []echo
}

// echo answers a heartbeat: the receiver gets round-trip times from it, and the
// certainty that it is heard by that very boot.
type echo struct {
	to    crm.NodeID
	boot  uint64        // of the answered node
	sent  time.Duration // from its last heartbeat on this link
	delay time.Duration // since that came
}

const (
	heartbeatHead = 1 + 1 + 8 + 4 + 8 + 1
	echoSize      = 4 + 8 + 8 + 4
	maxEchoes     = (maxPlain - heartbeatHead) / echoSize
)

func appendHeartbeat(dst []byte, h *heartbeat) []byte {
	flags := byte(0)
	if h.leaving {
		flags = 1
	}
	dst = append(dst, kindHeartbeat, flags)
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.sent))
	dst = binary.BigEndian.AppendUint32(dst, h.number)
	dst = append(dst, h.digest[:]...)
	echoes := h.echoes[:min(len(h.echoes), maxEchoes)]
	dst = append(dst, byte(len(echoes)))
	for _, e := range echoes {
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.to))
		dst = binary.BigEndian.AppendUint64(dst, e.boot)
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.sent))
		dst = binary.BigEndian.AppendUint32(dst, uint32(min(e.delay.Microseconds(), 1<<32-1)))
	}
	return dst
}

// parseHeartbeat reads a heartbeat and, of its echoes, the one for self (nil when there
// is none).
func parseHeartbeat(b []byte, self crm.NodeID) (heartbeat, *echo, bool) {
	if len(b) < heartbeatHead || b[0] != kindHeartbeat || len(b) < heartbeatHead+int(b[heartbeatHead-1])*echoSize {
		return heartbeat{}, nil, false
	}
	h := heartbeat{leaving: b[1]&1 != 0, sent: time.Duration(binary.BigEndian.Uint64(b[2:])), number: binary.BigEndian.Uint32(b[10:])}
	copy(h.digest[:], b[14:])
	n := int(b[heartbeatHead-1])
	for b = b[heartbeatHead:]; n > 0; n-- {
		if crm.NodeID(binary.BigEndian.Uint32(b)) == self {
			return h, &echo{
				to: self, boot: binary.BigEndian.Uint64(b[4:]),
				sent:  time.Duration(binary.BigEndian.Uint64(b[12:])),
				delay: time.Duration(binary.BigEndian.Uint32(b[20:])) * time.Microsecond,
			}, true
		}
		b = b[echoSize:]
	}
	return h, nil, true
}

const packetHead = 1 + 4 + 8

// MaxPacket is the largest payload that Send takes.
const MaxPacket = maxPlain - packetHead

func appendPacket(dst []byte, to crm.NodeID, number uint64, payload []byte) []byte {
	dst = append(dst, kindPacket)
	dst = binary.BigEndian.AppendUint32(dst, uint32(to))
	dst = binary.BigEndian.AppendUint64(dst, number)
	return append(dst, payload...)
}

func parsePacket(b []byte) (to crm.NodeID, number uint64, payload []byte, ok bool) {
	if len(b) < packetHead || b[0] != kindPacket {
		return 0, 0, nil, false
	}
	return crm.NodeID(binary.BigEndian.Uint32(b[1:])), binary.BigEndian.Uint64(b[5:]), b[packetHead:], true
}
