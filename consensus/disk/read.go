package disk

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"os"
	"runtime/debug"
	"syscall"

	bolt "go.etcd.io/bbolt"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/tactus-ha/tactus/consensus"
)

// DamagedError says that a file is not what was written to it.
type DamagedError struct {
	File, Reason string
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%s: damaged: %s", e.File, e.Reason) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal prefixes data by a checksum (of everything, and of the place it is meant for) and
// the log's running digest.
func seal(index, chain uint64, data []byte) []byte {
	b := make([]byte, 12, 12+len(data))
	binary.BigEndian.PutUint64(b[4:], chain)
	b = append(b, data...)
	binary.BigEndian.PutUint32(b, sum(index, b[4:]))
	return b
}

func unseal(index uint64, b []byte) (chain uint64, data []byte, err error) {
	if len(b) < 12 || binary.BigEndian.Uint32(b) != sum(index, b[4:]) {
		return 0, nil, errors.New("checksum differs")
	}
	return binary.BigEndian.Uint64(b[4:]), b[12:], nil
}

func sum(index uint64, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(key(index), castagnoli), castagnoli, b)
}

// digest continues the log's running digest.
func digest(chain uint64, data []byte) uint64 {
	h := fnv.New64a()
	h.Write(key(chain))
	h.Write(data)
	return h.Sum64()
}

// onFault turns what a damaged file does to bbolt (which maps it into memory and
// asserts) into a *DamagedError. Use: defer onFault(path, &err)().
func onFault(path string, err *error) func() {
	old := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(old)
		if r := recover(); r != nil {
			*err = &DamagedError{path, fmt.Sprint(r)}
		}
	}
}

// closeQuietly closes a file that may be damaged.
func closeQuietly(db *bolt.DB) (err error) {
	defer onFault(db.Path(), &err)()
	return db.Close()
}

func (d *Disk) read(tx *bolt.Tx, saved *consensus.Saved) error {
	bad := func(what string, err error) error { return &DamagedError{d.path, what + ": " + err.Error()} }
	meta := tx.Bucket(metaBucket)
	if meta == nil || tx.Bucket(logBucket) == nil {
		return bad("file", errors.New("its parts are missing"))
	}
	get := func(name []byte, into func([]byte) error) error {
		b := meta.Get(name)
		if b == nil {
			return nil
		}
		_, data, err := unseal(0, b)
		if err == nil {
			err = into(append([]byte{}, data...))
		}
		if err != nil {
			return bad(string(name), err)
		}
		return nil
	}
	err := errors.Join(
		get(identityKey, func(b []byte) error { return json.Unmarshal(b, &saved.Identity) }),
		get(tailKey, func(b []byte) error { return json.Unmarshal(b, &d.tail) }),
		get(hardKey, func(b []byte) error { saved.Hard = &pb.HardState{}; return proto.Unmarshal(b, saved.Hard) }),
		get(snapshotKey, func(b []byte) error { saved.Snapshot = &pb.Snapshot{}; return proto.Unmarshal(b, saved.Snapshot) }),
	)
	if err != nil {
		return err
	}
	if err := checkParts(meta); err != nil {
		return bad("parts", err)
	}
	if err := d.readLog(tx, saved); err != nil {
		return bad("log", err)
	}
	// Whoever has a log or a snapshot has a term, and knows whom he voted for.
	if saved.Hard == nil && (saved.Snapshot != nil || len(saved.Entries) > 0) {
		return bad("hard state", errors.New("missing"))
	}
	if saved.Identity.Disk == 0 && (saved.Hard != nil || saved.Snapshot != nil || d.tail.Last != 0 || len(saved.Entries) > 0) {
		return bad("identity", errors.New("missing"))
	}
	if saved.Identity.Group.Owner == 0 && !saved.Identity.Group.Zero() && len(saved.Identity.Founders) > 0 && saved.Snapshot == nil {
		return bad("snapshot", errors.New("missing"))
	}
	return nil
}

// readLog reads the entries and checks that none is missing, changed or out of place.
func (d *Disk) readLog(tx *bolt.Tx, saved *consensus.Saved) error {
	next, chain := uint64(0), uint64(0)
	if saved.Snapshot != nil {
		next = saved.Snapshot.GetMetadata().GetIndex() + 1
	}
	first := true
	err := tx.Bucket(logBucket).ForEach(func(k, v []byte) error {
		if len(k) != 8 {
			return errors.New("a key that is no index")
		}
		index := binary.BigEndian.Uint64(k)
		c, data, err := unseal(index, v)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		switch {
		case next != 0 && index != next:
			return fmt.Errorf("entry %d is missing", next)
		case !first && c != digest(chain, data):
			return fmt.Errorf("entry %d: does not follow the one before", index)
		}
		e := &pb.Entry{}
		if err := proto.Unmarshal(append([]byte{}, data...), e); err != nil || e.GetIndex() != index {
			return fmt.Errorf("entry %d: unreadable", index)
		}
		saved.Entries = append(saved.Entries, e)
		next, chain, first = index+1, c, false
		return nil
	})
	if err != nil {
		return err
	}
	if last := len(saved.Entries); last == 0 && d.tail.Last != 0 || last > 0 && d.tail != (tail{saved.Entries[last-1].GetIndex(), chain}) {
		return fmt.Errorf("it should end at entry %d", d.tail.Last)
	}
	return nil
}

// SetAside renames a damaged file in dir and returns its new name. The next Open begins
// with an empty disk.
func SetAside(path string) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		return name, os.Rename(path, name)
	}
}

func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
