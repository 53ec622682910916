package consensus

import (
	"encoding/binary"

	"github.com/tactus-ha/tactus/crm"
)

// A log entry is its proposer's mark (node and key, to find who waits for the answer)
// and the command.
const markSize = 4 + 8

func encodeEntry(origin crm.NodeID, key uint64, command []byte) []byte {
	b := make([]byte, markSize, markSize+len(command))
	binary.BigEndian.PutUint32(b, uint32(origin))
	binary.BigEndian.PutUint64(b[4:], key)
	return append(b, command...)
}

func decodeEntry(b []byte) (origin crm.NodeID, key uint64, command []byte, ok bool) {
	if len(b) < markSize {
		return 0, 0, nil, false // the empty entry with which a leader begins its term
	}
	return crm.NodeID(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint64(b[4:]), b[markSize:], true
}
