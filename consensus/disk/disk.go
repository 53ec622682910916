package disk

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"

	"github.com/tactus-ha/tactus/consensus"
)

// FileName is the name of the file in the node's state directory.
const FileName = "raft.db"

var (
	metaBucket  = []byte("meta")
	logBucket   = []byte("log")
	identityKey = []byte("identity")
	hardKey     = []byte("hard")
	snapshotKey = []byte("snapshot")
	tailKey     = []byte("tail")
)

// Disk is an open file. It is not safe for concurrent use.
type Disk struct {
	db   *bolt.DB
	path string
	tail tail
}

// tail is where the log ends.
type tail struct {
	Last  uint64 `json:"last"`  // index of the last entry; 0 when there is none
	Chain uint64 `json:"chain"` // running digest up to it
}

// Open opens (and makes, when there is none) the file in dir and reads all of it. The
// error is a *DamagedError when the file is not what was written.
func Open(dir string) (*Disk, consensus.Saved, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, consensus.Saved{}, fmt.Errorf("state directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	d := &Disk{path: path}
	saved, err := d.open()
	if err != nil {
		if d.db != nil {
			_ = closeQuietly(d.db)
		}
		return nil, consensus.Saved{}, err
	}
	return d, saved, nil
}

// open reads the file first, without a chance to write to it, and then goes on with a
// fresh copy: bbolt walks a file that it may write to in a goroutine of its own, where a
// damaged page would end the process.
func (d *Disk) open() (saved consensus.Saved, err error) {
	if saved, err = readFile(d.path); err != nil {
		return saved, err
	}
	if saved.Identity.Disk != 0 {
		if err := rewrite(d.path, saved); err != nil && !isNoSpace(err) {
			return saved, err
		}
	}
	return saved, d.openForWriting(d.path, &saved)
}

// readFile reads and checks a whole file; one that does not exist is empty.
func readFile(path string) (saved consensus.Saved, err error) {
	defer onFault(path, &err)()
	if err := checkFile(path); err != nil {
		return saved, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return saved, nil
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return saved, openError(path, err)
	}
	defer closeQuietly(db)
	d := Disk{db: db, path: path}
	err = db.View(func(tx *bolt.Tx) error { return d.read(tx, &saved) })
	return saved, err
}

// rewrite replaces the file by one with the same content.
func rewrite(path string, saved consensus.Saved) error {
	fresh := path + ".new"
	_ = os.Remove(fresh)
	d := &Disk{path: fresh}
	if err := d.openForWriting(fresh, &consensus.Saved{}); err != nil {
		return err
	}
	err := d.Save([]consensus.Save{{Identity: &saved.Identity, Hard: saved.Hard, Snapshot: saved.Snapshot, DropLog: true, Entries: saved.Entries}})
	if err = errors.Join(err, d.Close()); err != nil {
		_ = os.Remove(fresh)
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

const lockTimeout = 3 * time.Second

func (d *Disk) openForWriting(path string, saved *consensus.Saved) (err error) {
	d.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return openError(path, err)
	}
	if err := d.db.Update(makeBuckets); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	*saved = consensus.Saved{}
	return d.db.View(func(tx *bolt.Tx) error { return d.read(tx, saved) })
}

// openError says what is wrong with a file that does not open. What the system refuses (no
// right, no space, a read-only disk, too many open files) is no damage: a damaged file is
// set aside, and with it what was promised.
func openError(path string, err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: in use by another process: is crmd running already?", path)
	case errors.As(err, &system):
		return fmt.Errorf("%s: %w", path, err)
	}
	return &DamagedError{path, err.Error()}
}

func makeBuckets(tx *bolt.Tx) error {
	for _, name := range [][]byte{metaBucket, logBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// Path returns the file's name.
func (d *Disk) Path() string { return d.path }

// Save stores all changes, or none: they are durable when it returns nil. After an error
// (a full disk) the same call may be repeated.
func (d *Disk) Save(saves []consensus.Save) error {
	was := d.tail
	err := d.db.Update(func(tx *bolt.Tx) error {
		for i := range saves {
			if err := d.saveOne(tx, &saves[i]); err != nil {
				return err
			}
		}
		return putParts(tx.Bucket(metaBucket))
	})
	if err != nil {
		d.tail = was
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return nil
}

func (d *Disk) saveOne(tx *bolt.Tx, s *consensus.Save) error {
	meta := tx.Bucket(metaBucket)
	if s.Reset {
		for _, k := range [][]byte{hardKey, snapshotKey} {
			if err := meta.Delete(k); err != nil {
				return err
			}
		}
		if err := d.dropLog(tx); err != nil {
			return err
		}
	}
	if s.Identity != nil {
		b, err := json.Marshal(s.Identity)
		if err != nil {
			return err
		}
		if err := meta.Put(identityKey, seal(0, 0, b)); err != nil {
			return err
		}
	}
	if s.Hard != nil {
		if err := putProto(meta, hardKey, s.Hard); err != nil {
			return err
		}
	}
	if s.Snapshot != nil {
		if err := putProto(meta, snapshotKey, s.Snapshot); err != nil {
			return err
		}
		if err := d.trim(tx, s.Snapshot.GetMetadata().GetIndex(), s.DropLog); err != nil {
			return err
		}
	}
	return d.appendEntries(tx, s)
}

func putProto(b *bolt.Bucket, key []byte, m proto.Message) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return b.Put(key, seal(0, 0, data))
}

func (d *Disk) dropLog(tx *bolt.Tx) error {
	if err := tx.DeleteBucket(logBucket); err != nil {
		return err
	}
	if _, err := tx.CreateBucket(logBucket); err != nil {
		return err
	}
	return d.putTail(tx, tail{})
}

// trim drops the entries that a snapshot covers, or all.
func (d *Disk) trim(tx *bolt.Tx, upTo uint64, all bool) error {
	if all || d.tail.Last <= upTo {
		return d.dropLog(tx)
	}
	c := tx.Bucket(logBucket).Cursor()
	for k, _ := c.First(); k != nil && binary.BigEndian.Uint64(k) <= upTo; k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disk) appendEntries(tx *bolt.Tx, s *consensus.Save) error {
	if len(s.Entries) == 0 {
		return nil
	}
	log := tx.Bucket(logBucket)
	log.FillPercent = 0.95 // entries come in order
	first := s.Entries[0].GetIndex()
	for i := d.tail.Last; i >= first && i > 0; i-- {
		if err := log.Delete(key(i)); err != nil {
			return err
		}
	}
	t := tail{}
	if before := log.Get(key(first - 1)); before != nil {
		chain, _, err := unseal(first-1, before)
		if err != nil {
			return err
		}
		t.Chain = chain
	}
	for _, e := range s.Entries {
		data, err := proto.Marshal(e)
		if err != nil {
			return err
		}
		t = tail{e.GetIndex(), digest(t.Chain, data)}
		if err := log.Put(key(t.Last), seal(t.Last, t.Chain, data)); err != nil {
			return err
		}
	}
	return d.putTail(tx, t)
}

func (d *Disk) putTail(tx *bolt.Tx, t tail) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	d.tail = t
	return tx.Bucket(metaBucket).Put(tailKey, seal(0, 0, b))
}

// Close closes the file.
func (d *Disk) Close() error { return d.db.Close() }

func key(index uint64) []byte { return binary.BigEndian.AppendUint64(nil, index) }
