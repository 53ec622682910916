package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

// bbolt follows the page numbers and lengths that it finds in the file: a damaged one may
// lead it round in circles for ever, or out of the file. So the tree is walked here first.
// Source: bbolt's internal/common (page.go, bucket.go), format version 2.
const (
	pageHead     = 16 // id u64, flags u16, count u16, overflow u32
	elementSize  = 16
	branchPage   = 0x01
	leafPage     = 0x02
	bucketLeaf   = 0x01
	bucketHead   = 16 // root u64, sequence u64
	metaRootAt   = 16
	metaHighAt   = 40 // of the number after the last page
	metaTxAt     = 48
	maxTreeDepth = 64
)

// walker reads the pages of a file's tree, each once.
type walker struct {
	file     *os.File
	pageSize int64
	size     int64  // of the file
	high     uint64 // no page has this number or more
	seen     map[uint64]bool
}

// checkPages walks the tree that the newer of two sound metas leads to.
func checkPages(path string, f *os.File, newer []byte, page int64) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	w := &walker{file: f, pageSize: page, size: st.Size(), high: binary.LittleEndian.Uint64(newer[metaHighAt:]), seen: map[uint64]bool{0: true, 1: true}}
	if err := w.page(binary.LittleEndian.Uint64(newer[metaRootAt:]), 0); err != nil {
		return &DamagedError{path, err.Error()}
	}
	return nil
}

// page checks one page and all below it.
func (w *walker) page(id uint64, depth int) error {
	if id >= w.high || w.seen[id] || depth > maxTreeDepth || int64(id) > w.size/w.pageSize-1 {
		return fmt.Errorf("page %d: it cannot be where the tree says", id)
	}
	data := make([]byte, w.pageSize)
	if _, err := w.file.ReadAt(data, int64(id)*w.pageSize); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	more := uint64(binary.LittleEndian.Uint32(data[12:]))
	if binary.LittleEndian.Uint64(data) != id || id+more >= w.high || int64(id+more) > w.size/w.pageSize-1 {
		return fmt.Errorf("page %d: its head is damaged", id)
	}
	for i := range more + 1 {
		w.seen[id+i] = true
	}
	if more > 0 {
		data = make([]byte, int64(more+1)*w.pageSize)
		if _, err := w.file.ReadAt(data, int64(id)*w.pageSize); err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
	}
	if err := w.elements(data, depth); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements checks what a page holds: every element within it, keys in their order.
func (w *walker) elements(data []byte, depth int) error {
	flags, count := binary.LittleEndian.Uint16(data[8:]), int(binary.LittleEndian.Uint16(data[10:]))
	if (flags != branchPage && flags != leafPage) || pageHead+count*elementSize > len(data) {
		return fmt.Errorf("it is no page of a tree")
	}
	if flags == branchPage && count == 0 {
		return fmt.Errorf("it leads nowhere")
	}
	var before []byte
	for i := range count {
		at := pageHead + i*elementSize
		e := data[at : at+elementSize]
		key, rest, ok := within(data[at:], e, flags)
		if !ok || (i > 0 && bytes.Compare(before, key) >= 0) {
			return fmt.Errorf("element %d is damaged", i)
		}
		before = key
		var err error
		switch {
		case flags == branchPage:
			err = w.page(binary.LittleEndian.Uint64(e[8:]), depth+1)
		case binary.LittleEndian.Uint32(e)&bucketLeaf != 0:
			err = w.bucket(rest, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// within gives an element's key and value; positions count from the element itself.
func within(from, e []byte, flags uint16) (key, value []byte, ok bool) {
	pos, keySize, valueSize := uint64(binary.LittleEndian.Uint32(e[4:])), uint64(binary.LittleEndian.Uint32(e[8:])), uint64(binary.LittleEndian.Uint32(e[12:]))
	if flags == branchPage {
		pos, keySize, valueSize = uint64(binary.LittleEndian.Uint32(e)), uint64(binary.LittleEndian.Uint32(e[4:])), 0
	}
	if pos < elementSize || pos+keySize+valueSize > uint64(len(from)) {
		return nil, nil, false
	}
	return from[pos : pos+keySize], from[pos+keySize : pos+keySize+valueSize], true
}

// bucket checks a nested tree: a page of its own, or one within the value.
func (w *walker) bucket(value []byte, depth int) error {
	if len(value) < bucketHead {
		return fmt.Errorf("a part is cut short")
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return w.page(root, depth+1)
	}
	if len(value) < bucketHead+pageHead || depth > maxTreeDepth || binary.LittleEndian.Uint16(value[bucketHead+8:]) != leafPage {
		return fmt.Errorf("a part is damaged")
	}
	return w.elements(value[bucketHead:], depth+1)
}
