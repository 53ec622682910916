package daemon

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/tactus-ha/tactus/crm"
)

// stampFile keeps the highest stamp seen. It has two slots that are written in turn,
// in place: a torn write leaves the other slot, and a full disk does not matter.
type stampFile struct {
	f    *os.File
	next int64 // the slot to write
}

const slotSize = 64

// openStamp opens or makes the file and gives the highest valid stamp in it. damaged
// is true when the file was there but no slot could be read.
func openStamp(dir string) (s *stampFile, highest crm.Stamp, damaged bool, err error) {
	path := filepath.Join(dir, "stamp")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, crm.Stamp{}, false, err
	}
	s = &stampFile{f: f}
	buf := make([]byte, 2*slotSize)
	n, _ := f.ReadAt(buf, 0)
	valid := 0
	for i := int64(0); i < 2; i++ {
		st, err := decodeSlot(buf[i*slotSize : (i+1)*slotSize])
		if err != nil {
			continue
		}
		valid++
		if !st.Less(highest) {
			highest, s.next = st, 1-i
		}
	}
	if n == 0 {
		// Both slots are written now so that the space is there for ever.
		return s, highest, false, errors.Join(s.write(crm.Stamp{}), s.write(crm.Stamp{}), syncDir(dir))
	}
	return s, highest, valid == 0, nil
}

// write makes st durable before it returns.
func (s *stampFile) write(st crm.Stamp) error {
	if _, err := s.f.WriteAt(encodeSlot(st), s.next*slotSize); err != nil {
		return fmt.Errorf("remembering authority %s: %w", st, err)
	}
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("remembering authority %s: %w", st, err)
	}
	s.next = 1 - s.next
	return nil
}

func (s *stampFile) close() error { return s.f.Close() }

func encodeSlot(st crm.Stamp) []byte {
	text := fmt.Sprintf("%020d %020d ", st.Incarnation, st.Term)
	text += fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text)))
	return fmt.Appendf(nil, "%-*s\n", slotSize-1, text)
}

func decodeSlot(slot []byte) (crm.Stamp, error) {
	var st crm.Stamp
	var sum uint32
	if _, err := fmt.Sscanf(string(slot), "%d %d %x", &st.Incarnation, &st.Term, &sum); err != nil {
		return crm.Stamp{}, err
	}
	if string(encodeSlot(st)) != string(slot) {
		return crm.Stamp{}, errors.New("stamp: checksum does not fit")
	}
	return st, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
