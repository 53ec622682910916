package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt keeps two meta pages and quietly goes back to the older one when the newer is
// damaged: that would undo the last transaction, which others rely on. So both are
// checked before bbolt sees the file.
// Source: bbolt's internal/common/meta.go, format version 2.
const (
	boltMagic    = 0xED0CDAED
	boltVersion  = 2
	metaOffset   = 16 // behind the page's header
	metaSumAt    = 56 // of the checksum within the meta
	metaPageSize = 8  // of the page size within the meta
)

// checkFile checks metas and pages. It returns nil for a file that does not exist yet.
func checkFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	page, newer := int64(0), []byte(nil)
	for i := range int64(2) {
		buf := make([]byte, metaOffset+metaSumAt+8)
		if _, err := f.ReadAt(buf, i*page); err != nil {
			if errors.Is(err, io.EOF) {
				return &DamagedError{path, "the file is cut short"}
			}
			return err
		}
		m := buf[metaOffset:]
		h := fnv.New64a()
		h.Write(m[:metaSumAt])
		if binary.LittleEndian.Uint32(m) != boltMagic || binary.LittleEndian.Uint32(m[4:]) != boltVersion ||
			binary.LittleEndian.Uint64(m[metaSumAt:]) != h.Sum64() {
			return &DamagedError{path, fmt.Sprintf("meta page %d: checksum differs", i)}
		}
		page = int64(binary.LittleEndian.Uint32(m[metaPageSize:]))
		if page < 512 {
			return &DamagedError{path, fmt.Sprintf("meta page %d: pages of %d bytes", i, page)}
		}
		if newer == nil || binary.LittleEndian.Uint64(m[metaTxAt:]) > binary.LittleEndian.Uint64(newer[metaTxAt:]) {
			newer = m
		}
	}
	return checkPages(path, f, newer, page)
}
