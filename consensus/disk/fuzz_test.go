package disk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tactus-ha/tactus/consensus"
)

// FuzzFile: a raft file with any bytes in any place is read as it was written or refused
// as damaged; it never ends the process.
func FuzzFile(f *testing.F) {
	dir, err := os.MkdirTemp("", "raft")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	d, _, err := Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	if err := d.Save([]consensus.Save{{Reset: true, Identity: identity(), Hard: hard(1, 0, 1), Snapshot: snapshot(1, 1, "start")}}); err != nil {
		f.Fatal(err)
	}
	if err := d.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(d.Path())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte{})
	f.Add(uint32(20), []byte{1})
	f.Add(uint32(4096*2+8), []byte{0xff, 0xff})
	f.Add(uint32(4096*3), []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\xff\xff"))
	f.Add(uint32(len(good)/2), []byte(nil))
	path := filepath.Join(dir, "fuzzed")
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		data := append([]byte(nil), good...)
		offset := int(at) % (len(data) + 1)
		if len(patch) == 0 {
			data = data[:offset] // cut short
		} else {
			copy(data[offset:], patch)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		saved, err := readFile(path)
		var damaged *DamagedError
		switch {
		case err != nil && !errors.As(err, &damaged):
			t.Errorf("error %v, want one that says that the file is damaged", err)
		case err == nil && saved.Identity.Disk != 0 && (saved.Identity.Group != identity().Group || saved.Hard.GetTerm() != 1 || string(saved.Snapshot.GetData()) != "start"):
			t.Errorf("read %+v, which was never written", saved)
		}
	})
}
