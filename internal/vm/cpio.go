package vm

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// File is one entry of a machine's first file system.
type File struct {
	Name string // without a leading slash
	Mode uint32 // permissions; 0 means 0644
	Data []byte
	Link string // makes it a symbolic link to this
}

// Kinds of entries, as in stat(2).
const (
	kindDir     = 0o040000
	kindRegular = 0o100000
	kindLink    = 0o120000
)

// WriteArchive writes files as a cpio archive of the "newc" kind, which the kernel
// unpacks into its first file system. Folders that the files need are made, with mode
// 0755. Entries are sorted: the same files give the same bytes.
func WriteArchive(w io.Writer, files []File) error {
	a := &archive{w: bufio.NewWriterSize(w, 1<<20), made: map[string]bool{".": true}}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(x, y File) int { return strings.Compare(x.Name, y.Name) })
	for i, f := range sorted {
		if f.Name == "" || strings.HasPrefix(f.Name, "/") || path.Clean(f.Name) != f.Name {
			return fmt.Errorf("archive: %q is no name of a file below the root", f.Name)
		}
		if i > 0 && sorted[i-1].Name == f.Name {
			return fmt.Errorf("archive: %s is there twice", f.Name)
		}
		a.folders(path.Dir(f.Name))
		switch {
		case f.Link != "":
			a.entry(f.Name, kindLink|0o777, []byte(f.Link))
		case f.Mode == 0:
			a.entry(f.Name, kindRegular|0o644, f.Data)
		default:
			a.entry(f.Name, kindRegular|f.Mode, f.Data)
		}
	}
	a.entry("TRAILER!!!", 0, nil)
	if a.err != nil {
		return a.err
	}
	return a.w.Flush()
}

type archive struct {
	w     *bufio.Writer
	made  map[string]bool // folders that have their entry
	inode int
	err   error
}

func (a *archive) folders(dir string) {
	if a.made[dir] {
		return
	}
	a.folders(path.Dir(dir))
	a.made[dir] = true
	a.entry(dir, kindDir|0o755, nil)
}

// entry writes a header of 110 characters, the name and the data; name and data each
// end at a multiple of four.
func (a *archive) entry(name string, mode uint32, data []byte) {
	if a.err != nil {
		return
	}
	a.inode++
	links := 1
	if mode&kindDir != 0 && mode&kindRegular == 0 {
		links = 2
	}
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name)
	a.write([]byte(head))
	a.write(make([]byte, -len(head)&3))
	a.write(data)
	a.write(make([]byte, -len(data)&3))
}

func (a *archive) write(data []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(data)
	}
}
