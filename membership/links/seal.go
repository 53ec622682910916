package links

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"sync/atomic"

	"github.com/tactus-ha/tactus/crm"
)

// A packet is a clear header and a sealed rest (AES-256-GCM, header authenticated):
//
//	'T' 'b' version link | cluster uint32 | sender uint32 | boot uint64 | counter uint64
//
// The key is derived anew for each (sender, boot); link and counter are the nonce. So a
// nonce never repeats under a key, without anything to remember over a restart.
const (
	headerSize = 28
	tagSize    = 16
	version    = 1
)

// maxPlain is the largest content of a packet, chosen to fit an Ethernet frame.
const maxPlain = 1472 - headerSize - tagSize - 48

// refusalReason is why a packet is refused: a word for figures, a text for logs.
type refusalReason struct{ word, text string }

func (r *refusalReason) Error() string { return r.text }

// Why packets are refused.
var (
	errGarbage   = &refusalReason{"garbage", "not one of our packets"}
	errVersion   = &refusalReason{"version", "packet of another version of Tactus"}
	errCluster   = &refusalReason{"cluster", "packet of another cluster (check cluster_name)"}
	errStranger  = &refusalReason{"stranger", "packet of a node that is not configured here"}
	errKey       = &refusalReason{"key", "packet sealed with another key (check authkey)"}
	errReplay    = &refusalReason{"replay", "packet seen before"}
	errRetired   = &refusalReason{"retired", "packet of an earlier start of that node, or two machines use its name"}
	errOversized = &refusalReason{"oversized", "oversized packet"}
	errSelf      = &refusalReason{"self", "packet in this node's own name: another machine uses its id"}
)

// sealer seals what this boot of this node sends.
type sealer struct {
	header  [headerSize]byte
	aead    cipher.AEAD
	counter atomic.Uint64
}

func newSealer(key []byte, cluster string, id crm.NodeID, boot uint64) (*sealer, error) {
	s := &sealer{}
	aead, err := sessionCipher(key, id, boot)
	if err != nil {
		return nil, err
	}
	s.aead = aead
	s.header[0], s.header[1], s.header[2] = 'T', 'b', version
	binary.BigEndian.PutUint32(s.header[4:], clusterTag(cluster))
	binary.BigEndian.PutUint32(s.header[8:], uint32(id))
	binary.BigEndian.PutUint64(s.header[12:], boot)
	return s, nil
}

// rekey changes the key. The counter goes on, so that what receivers have seen stays seen.
func (s *sealer) rekey(key []byte) error {
	aead, err := sessionCipher(key, crm.NodeID(binary.BigEndian.Uint32(s.header[8:])), binary.BigEndian.Uint64(s.header[12:]))
	if err == nil {
		s.aead = aead
	}
	return err
}

// seal appends the packet that carries plain on that link to dst.
func (s *sealer) seal(dst []byte, link int, plain []byte) []byte {
	start := len(dst)
	dst = append(dst, s.header[:]...)
	h := dst[start:]
	h[3] = byte(link)
	binary.BigEndian.PutUint64(h[20:], s.counter.Add(1))
	var nonce [12]byte
	nonce[0] = byte(link)
	copy(nonce[4:], h[20:28])
	return s.aead.Seal(dst, nonce[:], plain, h[:headerSize])
}

func sessionCipher(key []byte, id crm.NodeID, boot uint64) (cipher.AEAD, error) {
	var info [12]byte
	binary.BigEndian.PutUint32(info[:], uint32(id))
	binary.BigEndian.PutUint64(info[4:], boot)
	session, err := hkdf.Key(sha256.New, key, nil, "session"+string(info[:]), 32)
	if err != nil {
		return nil, fmt.Errorf("packet key: %w", err)
	}
	block, err := aes.NewCipher(session)
	if err != nil {
		return nil, fmt.Errorf("packet key: %w", err)
	}
	return cipher.NewGCM(block)
}

// clusterTag lets a packet of another cluster be told from one with another key.
func clusterTag(cluster string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(cluster))
	return h.Sum32()
}

// opened is an authentic packet.
type opened struct {
	from  crm.NodeID
	boot  uint64
	link  int
	plain []byte // valid until the next open
}

// opener checks and opens what arrives. Not for concurrent use.
type opener struct {
	keys    [][]byte
	cluster uint32
	self    crm.NodeID
	boot    uint64
	senders map[crm.NodeID]*sender
	plain   []byte
}

// sender is what is known of one peer's boots. Only a boot that has answered us is
// current; until then it is a candidate, of which the newest few are kept.
type sender struct {
	current    *session
	candidates []*session
	retired    []uint64 // boots that were current once; the last few
}

type session struct {
	boot    uint64
	aead    cipher.AEAD
	windows [256]*window // by link
}

const (
	maxCandidates = 4
	maxRetired    = 64
)

func newOpener(keys [][]byte, cluster string, self crm.NodeID, boot uint64, peers []crm.NodeID) *opener {
	o := &opener{keys: keys, cluster: clusterTag(cluster), self: self, boot: boot, senders: map[crm.NodeID]*sender{}}
	for _, p := range peers {
		o.senders[p] = &sender{}
	}
	return o
}

// open returns the content of a packet, nil for our own packet come back, or why it is
// refused.
func (o *opener) open(packet []byte) (*opened, error) {
	if len(packet) < headerSize+tagSize || packet[0] != 'T' || packet[1] != 'b' {
		return nil, errGarbage
	}
	if packet[2] != version {
		return nil, errVersion
	}
	if binary.BigEndian.Uint32(packet[4:]) != o.cluster {
		return nil, errCluster
	}
	from := crm.NodeID(binary.BigEndian.Uint32(packet[8:]))
	boot := binary.BigEndian.Uint64(packet[12:])
	if from == o.self {
		if boot == o.boot {
			return nil, nil // multicast and broadcast come back
		}
		return nil, errSelf
	}
	s := o.senders[from]
	if s == nil {
		return nil, errStranger
	}
	if slices.Contains(s.retired, boot) {
		return nil, errRetired
	}
	ses, fresh := s.find(boot), false
	if ses == nil {
		ses, fresh = &session{boot: boot}, true
	}
	if err := o.decrypt(ses, from, packet); err != nil {
		return nil, err
	}
	if fresh {
		s.candidates = append(s.candidates, ses)
		if len(s.candidates) > maxCandidates {
			s.candidates = slices.Delete(s.candidates, 0, 1)
		}
	}
	link := packet[3]
	if ses.windows[link] == nil {
		ses.windows[link] = &window{}
	}
	if !ses.windows[link].accept(binary.BigEndian.Uint64(packet[20:])) {
		return nil, errReplay
	}
	return &opened{from, boot, int(link), o.plain}, nil
}

// rekey changes the keys that are accepted. Sessions find theirs anew; what they have
// seen stays seen.
func (o *opener) rekey(keys [][]byte) {
	o.keys = keys
	for _, s := range o.senders {
		if s.current != nil {
			s.current.aead = nil
		}
		for _, c := range s.candidates {
			c.aead = nil
		}
	}
}

// decrypt opens the packet into o.plain. It finds the session's key on the first packet,
// and when the sender changed it.
func (o *opener) decrypt(ses *session, from crm.NodeID, packet []byte) error {
	var nonce [12]byte
	nonce[0] = packet[3]
	copy(nonce[4:], packet[20:28])
	if ses.aead != nil {
		if plain, err := ses.aead.Open(o.plain[:0], nonce[:], packet[headerSize:], packet[:headerSize]); err == nil {
			o.plain = plain
			return nil
		}
		if len(o.keys) == 1 {
			return errKey
		}
	}
	for _, key := range o.keys {
		aead, err := sessionCipher(key, from, ses.boot)
		if err != nil {
			return err
		}
		if plain, err := aead.Open(o.plain[:0], nonce[:], packet[headerSize:], packet[:headerSize]); err == nil {
			ses.aead, o.plain = aead, plain
			return nil
		}
	}
	return errKey
}

func (s *sender) find(boot uint64) *session {
	if s.current != nil && s.current.boot == boot {
		return s.current
	}
	for _, c := range s.candidates {
		if c.boot == boot {
			return c
		}
	}
	return nil
}

// confirmed reports whether that boot of the peer has answered us.
func (o *opener) confirmed(from crm.NodeID, boot uint64) bool {
	s := o.senders[from]
	return s != nil && s.current != nil && s.current.boot == boot
}

// confirm makes a candidate the current boot and retires the one before.
func (o *opener) confirm(from crm.NodeID, boot uint64) {
	s := o.senders[from]
	ses := s.find(boot)
	if ses == nil || ses == s.current {
		return
	}
	if s.current != nil {
		s.retired = append(s.retired, s.current.boot)
		if len(s.retired) > maxRetired {
			s.retired = slices.Delete(s.retired, 0, 1)
		}
	}
	s.current = ses
	s.candidates = slices.DeleteFunc(s.candidates, func(c *session) bool { return c == ses })
}

// window accepts each counter once; counters older than its size count as seen.
type window struct {
	top  uint64
	bits [16]uint64
}

const windowSize = 16 * 64

func (w *window) accept(n uint64) bool {
	switch {
	case n == 0:
		return false
	case n > w.top:
		if n-w.top >= windowSize {
			w.bits = [16]uint64{}
		} else {
			for i := w.top + 1; i <= n; i++ {
				w.bits[i%windowSize/64] &^= 1 << (i % 64)
			}
		}
		w.top = n
	case w.top-n >= windowSize:
		return false
	case w.bits[n%windowSize/64]&(1<<(n%64)) != 0:
		return false
	}
	w.bits[n%windowSize/64] |= 1 << (n % 64)
	return true
}
