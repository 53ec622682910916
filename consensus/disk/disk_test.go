package disk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/tactus-ha/tactus/consensus"
)

func entry(index, term uint64, data string) *pb.Entry {
	return &pb.Entry{Index: new(index), Term: new(term), Data: []byte(data)}
}

func snapshot(index, term uint64, data string) *pb.Snapshot {
	return &pb.Snapshot{Data: []byte(data), Metadata: &pb.SnapshotMetadata{Index: new(index), Term: new(term), ConfState: &pb.ConfState{Voters: []uint64{1}}}}
}

func hard(term, vote, commit uint64) *pb.HardState {
	return &pb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)}
}

func open(t *testing.T, dir string) (*Disk, consensus.Saved) {
	t.Helper()
	d, saved, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, saved
}

func save(t *testing.T, d *Disk, s ...consensus.Save) {
	t.Helper()
	if err := d.Save(s); err != nil {
		t.Fatal(err)
	}
}

func identity() *consensus.Identity {
	return &consensus.Identity{ClusterName: "c", Node: 1, Disk: 9, Group: consensus.Group{Cluster: 5, Incarnation: 1}, Seen: 1}
}

// fill writes a small history and returns the file's name.
func fill(t *testing.T, dir string, entries int) string {
	t.Helper()
	d, _ := open(t, dir)
	save(t, d, consensus.Save{Reset: true, Identity: identity(), Hard: hard(1, 0, 1), Snapshot: snapshot(1, 1, "start")})
	for i := range uint64(entries) {
		save(t, d, consensus.Save{Entries: []*pb.Entry{entry(2+i, 1, "some command that is long enough to be found")}})
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return d.Path()
}

func TestSaveAndOpen(t *testing.T) {
	dir := t.TempDir()
	d, saved := open(t, dir)
	if saved.Identity.Disk != 0 || saved.Hard != nil || saved.Snapshot != nil || saved.Entries != nil {
		t.Errorf("new disk: %+v, want nothing", saved)
	}
	save(t, d,
		consensus.Save{Reset: true, Identity: identity(), Hard: hard(1, 0, 1), Snapshot: snapshot(1, 1, "start")},
		consensus.Save{Entries: []*pb.Entry{entry(2, 1, "a"), entry(3, 1, "b"), entry(4, 1, "c")}})
	save(t, d, consensus.Save{Hard: hard(2, 7, 3), Entries: []*pb.Entry{entry(4, 2, "C"), entry(5, 2, "d")}})
	save(t, d, consensus.Save{Snapshot: snapshot(3, 1, "ab")})
	_ = d.Close()
	d, saved = open(t, dir)
	var got string
	for _, e := range saved.Entries {
		got += string(e.GetData())
	}
	if got != "Cd" || saved.Entries[0].GetIndex() != 4 || string(saved.Snapshot.GetData()) != "ab" || !proto.Equal(saved.Hard, hard(2, 7, 3)) || saved.Identity.Disk != 9 {
		t.Errorf("after reopening: entries %q, %+v", got, saved)
	}
	save(t, d, consensus.Save{Snapshot: snapshot(90, 3, "far"), DropLog: true, Entries: []*pb.Entry{entry(91, 3, "x")}})
	_ = d.Close()
	d, saved = open(t, dir)
	if len(saved.Entries) != 1 || saved.Entries[0].GetIndex() != 91 {
		t.Errorf("after the leader's snapshot: %v", saved.Entries)
	}
	save(t, d, consensus.Save{Reset: true})
	_ = d.Close()
	if _, saved = open(t, dir); saved.Entries != nil || saved.Hard != nil || saved.Snapshot != nil || saved.Identity.Disk != 9 {
		t.Errorf("after reset: %+v", saved)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	_, _, err := Open(dir)
	var damaged *DamagedError
	if err == nil || errors.As(err, &damaged) {
		t.Errorf("got %v, want an error that says that the file is in use", err)
	}
}

// TestWhatTheSystemRefusesIsNoDamage: a file that is taken for damaged is set aside.
func TestWhatTheSystemRefusesIsNoDamage(t *testing.T) {
	for _, tc := range []struct {
		name   string
		refuse func(path string) error
	}{
		{"the fresh copy cannot be written", func(path string) error { return os.MkdirAll(path+".new/full", 0o755) }},
		{"the file cannot be reached", func(path string) error {
			return errors.Join(os.Rename(path, path+".good"), os.Symlink(path, path))
		}},
		{"the file is none", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }},
	} {
		dir := t.TempDir()
		if err := tc.refuse(fill(t, dir, 3)); err != nil {
			t.Fatal(err)
		}
		_, _, err := Open(dir)
		var damaged *DamagedError
		if err == nil || errors.As(err, &damaged) {
			t.Errorf("%s: got %v, want an error that does not speak of damage", tc.name, err)
		}
	}
}

// TestEveryFlippedByteIsHarmlessOrNoticed flips bytes all over the file: either the same
// history is read, or the damage is named. It must never read another history.
func TestEveryFlippedByteIsHarmlessOrNoticed(t *testing.T) {
	dir := t.TempDir()
	path := fill(t, dir, 40)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for at := 0; at < len(good); at += 157 {
		bad := append([]byte{}, good...)
		bad[at] ^= 0x41
		if !check(t, bad, at, 40) {
			noticed++
		}
	}
	if noticed == 0 {
		t.Error("no flipped byte was noticed")
	}
	t.Logf("%d of %d flipped bytes noticed", noticed, len(good)/157+1)
}

func TestTruncatedFileIsNoticed(t *testing.T) {
	path := fill(t, t.TempDir(), 200)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 0; size < len(good); size += 4096 {
		check(t, good[:size], size, 200)
	}
	if check(t, good[:0], 0, 200) || check(t, good[:8192], 8192, 200) {
		t.Error("a file without its data was accepted")
	}
}

// check reports whether the bytes are read as the history of fill.
func check(t *testing.T, b []byte, at, entries int) bool {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, FileName), b, 0o600); err != nil {
		t.Fatal(err)
	}
	d, saved, err := Open(dir)
	if err != nil {
		var damaged *DamagedError
		if !errors.As(err, &damaged) {
			t.Errorf("at %d: %v is no *DamagedError", at, err)
		}
		return false
	}
	if closeErr := closeQuietly(d.db); closeErr != nil {
		t.Errorf("at %d: %v", at, closeErr)
	}
	if len(saved.Entries) != entries || saved.Identity.Disk != 9 || string(saved.Snapshot.GetData()) != "start" {
		t.Errorf("at %d: read another history without noticing: %d entries, %+v", at, len(saved.Entries), saved.Identity)
	}
	return true
}

func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	path := fill(t, dir, 3)
	for _, want := range []string{".damaged-1", ".damaged-2"} {
		name, err := SetAside(path)
		if err != nil || name != path+want {
			t.Errorf("got %q, %v; want %q", name, err, path+want)
		}
		if _, saved := open(t, dir); saved.Identity.Disk != 0 {
			t.Errorf("after setting aside: %+v", saved)
		}
	}
}
