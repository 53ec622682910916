package membership

import (
	"bytes"
	"unicode/utf8"
)

// MinKeyLength is the shortest key, in bytes, that is accepted as corosync's authkey.
const MinKeyLength = 16

// ParseAuthkey reads corosync's authkey: any bytes, as corosync-keygen or
// `head -c 256 /dev/urandom` make them. A key that is text may end in a newline, which
// does not count.
func ParseAuthkey(file string, data []byte) ([]byte, []Problem) {
	r := Report{File: file}
	if utf8.Valid(data) {
		data = bytes.TrimRight(data, "\r\n")
	}
	const fix = "run: head -c 256 /dev/urandom > authkey; chmod 400 authkey; and copy it to all nodes"
	switch {
	case len(data) == 0:
		r.Errorf(0, fix, "the key file is empty")
		return nil, r.Problems
	case len(data) < MinKeyLength:
		r.Errorf(0, fix, "the key has %d bytes: at least %d are needed", len(data), MinKeyLength)
		return nil, r.Problems
	}
	return bytes.Clone(data), r.Problems
}
