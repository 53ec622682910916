package lease

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Path is where the lease of the machine rooted at root is.
func Path(root string) string { return filepath.Join("/", root, "run/tactus/lease") }

// size of the file: the end of the lease, when the node last had a quorum, and since when it
// could have taken part and did not, each in nanoseconds since boot; 0: there is none.
const size = 24

// Lease is the page that crmd and lrmd share.
type Lease struct {
	path     string
	page     []byte
	end      *atomic.Int64
	quorate  *atomic.Int64
	unjoined *atomic.Int64
}

// Open opens the lease, making it when it is not there: then there is none to keep.
func Open(path string) (*Lease, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // whichever daemon comes first
		return nil, fmt.Errorf("lease: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil { // grows it with zeros, or leaves it as it is
		return nil, fmt.Errorf("lease: %w", err)
	}
	page, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("lease: %s: %w", path, err)
	}
	word := func(at int) *atomic.Int64 { return (*atomic.Int64)(unsafe.Pointer(&page[at])) }
	return &Lease{path: path, page: page, end: word(0), quorate: word(8), unjoined: word(16)}, nil
}

// Close lets go of the page; the lease stays as it is.
func (l *Lease) Close() error { return unix.Munmap(l.page) }

// Renew says that the right lasts until then.
func (l *Lease) Renew(until time.Time) {
	l.end.Store(max(1, int64(SinceBoot()+time.Until(until))))
}

// End says that nothing depends on a lease (any more).
func (l *Lease) End() { l.end.Store(0) }

// Quorate notes that this node has a quorum now, for a crmd that is started later.
func (l *Lease) Quorate() { l.quorate.Store(int64(SinceBoot())) }

// Unjoined notes since when this node could take part in the cluster and does not, for a crmd
// that is started later; the zero time: it does, or cannot.
func (l *Lease) Unjoined(since time.Time) {
	if since.IsZero() {
		l.unjoined.Store(0)
		return
	}
	l.unjoined.Store(max(1, int64(SinceBoot()-time.Since(since))))
}

// Parted says that nothing of that matters any more: this node left.
func (l *Lease) Parted() {
	l.quorate.Store(0)
	l.unjoined.Store(0)
}

// SinceQuorum is how long ago there was a quorum; ok is false when that is not known, or was
// before the machine booted.
func (l *Lease) SinceQuorum() (ago time.Duration, ok bool) { return since(l.quorate) }

// SinceUnjoined is for how long the node has not taken part; ok is false when it did.
func (l *Lease) SinceUnjoined() (ago time.Duration, ok bool) { return since(l.unjoined) }

func since(word *atomic.Int64) (ago time.Duration, ok bool) {
	at, now := word.Load(), int64(SinceBoot())
	if at == 0 || at > now {
		return 0, false
	}
	return time.Duration(now - at), true
}

// Left is how long the right lasts from now, zero or less when it is over; ok is false when
// there is no lease to keep.
func (l *Lease) Left() (left time.Duration, ok bool) {
	end := l.end.Load()
	if end == 0 {
		return 0, false
	}
	return time.Duration(end) - SinceBoot(), true
}

// SinceBoot is the machine's time since boot, time in which it was suspended included: the clock
// that crmd and lrmd have in common.
func SinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic("lease: no clock: " + err.Error())
	}
	return time.Duration(t.Nano())
}

// Exempt sets which resources go on when the lease is over: those that the cluster must
// not touch.
func (l *Lease) Exempt(resources []string) error {
	path := l.path + "-exempt"
	if err := os.WriteFile(path+".new", []byte(strings.Join(resources, "\n")), 0o600); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Exempted reads what Exempt wrote. Nothing written exempts nothing.
func (l *Lease) Exempted() ([]string, error) {
	data, err := os.ReadFile(l.path + "-exempt")
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(data)), err
}
