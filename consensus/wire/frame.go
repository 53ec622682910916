package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// MaxFrame is the largest frame that is accepted: a snapshot of a very large CIB fits.
const MaxFrame = 128 << 20

type frameType byte

const (
	framePing frameType = iota + 1
	framePong
	frameMessage
	frameRequest
	frameResponse
)

// appendFrame appends a frame whose body is the concatenation of parts.
func appendFrame(b []byte, t frameType, parts ...[]byte) []byte {
	n := 1
	for _, p := range parts {
		n += len(p)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, byte(t))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// readFrame reads one frame. Memory grows with what really arrives, not with what the
// length promises.
func readFrame(r *bufio.Reader) (frameType, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 1 || n > MaxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes: the limit is %d", n, MaxFrame)
	}
	t := frameType(head[4])
	if t < framePing || t > frameResponse {
		return 0, nil, fmt.Errorf("frame of unknown type %d", t)
	}
	rest := int(n) - 1
	body := make([]byte, 0, min(rest, 1<<20))
	for len(body) < rest {
		step := min(rest-len(body), 1<<20)
		at := len(body)
		body = append(body, make([]byte, step)...)
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return 0, nil, err
		}
	}
	return t, body, nil
}

// A request is its id (8 bytes), the length of its kind (1 byte), kind and payload; a
// response is the id, 0 for success or 1 for an error's text, and the payload.
func requestBody(id uint64, kind string, payload []byte) [][]byte {
	return [][]byte{binary.BigEndian.AppendUint64(nil, id), {byte(len(kind))}, []byte(kind), payload}
}

func parseRequest(b []byte) (id uint64, kind string, payload []byte, ok bool) {
	if len(b) < 9 || len(b) < 9+int(b[8]) {
		return 0, "", nil, false
	}
	k := 9 + int(b[8])
	return binary.BigEndian.Uint64(b), string(b[9:k]), b[k:], true
}

func responseBody(id uint64, payload []byte, err error) [][]byte {
	status := []byte{0}
	if err != nil {
		status[0], payload = 1, []byte(err.Error())
	}
	return [][]byte{binary.BigEndian.AppendUint64(nil, id), status, payload}
}

func parseResponse(b []byte) (id uint64, payload []byte, err error, ok bool) {
	if len(b) < 9 {
		return 0, nil, nil, false
	}
	id = binary.BigEndian.Uint64(b)
	if b[8] != 0 {
		return id, nil, &RemoteError{string(b[9:])}, true
	}
	return id, b[9:], nil, true
}

// RemoteError is an error that a peer's handler returned.
type RemoteError struct{ Msg string }

func (e *RemoteError) Error() string { return e.Msg }
