package watchdog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// initialPIDNamespace is the inode of the PID namespace in which a machine boots.
// Source: PROC_PID_INIT_INO in Linux' include/linux/proc_ns.h.
const initialPIDNamespace = 0xEFFFFFFC

// Machine is the machine that this node is on.
type Machine struct {
	Root string // prefix of every path; a node with one shares its machine with others
	// Now is the wall clock, for the note. Nil means time.Now.
	Now func() time.Time
}

// NoteFile is where the reason of the last reset is kept.
func NoteFile(root string) string { return filepath.Join("/", root, "var/lib/tactus/last-reset") }

// noteTime is the longest that a reset waits for its note: the disk may be what is wrong.
const noteTime = 50 * time.Millisecond

// Reset ends the machine at once and does not return, unless that is impossible: then the
// error says why. The reason is noted on disk first, if that does not take long. Inside a
// PID namespace (a container) it ends that namespace and nothing else.
func (m Machine) Reset(reason string) error {
	if err := m.resettable(); err != nil {
		return err
	}
	m.note(reason)
	return errors.Join(reboot(), m.sysrq())
}

// resettable says why this node must not end its machine: several nodes on one machine,
// each below a root of its own, are told apart by their PID namespaces.
func (m Machine) resettable() error {
	if root := filepath.Join("/", m.Root); root != "/" && inInitialNamespace() {
		return fmt.Errorf("this node lives below %s and shares its machine with others: it must not reset it", root)
	}
	return nil
}

// note writes the reason to disk, in at most noteTime.
func (m Machine) note(reason string) {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = writeNote(NoteFile(m.Root), Note{At: now(), Reason: reason})
	}()
	select {
	case <-done:
	case <-time.After(noteTime):
	}
}

// reboot asks the kernel. It returns only if that was refused.
func reboot() error {
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil {
		return fmt.Errorf("reboot: %w", err)
	}
	return nil
}

// sysrq is the second way. The trigger belongs to the whole machine, whichever namespace
// the writer is in: only the machine's own node may use it.
func (m Machine) sysrq() error {
	if !inInitialNamespace() {
		return nil
	}
	if err := os.WriteFile("/proc/sysrq-trigger", []byte("b"), 0); err != nil {
		return fmt.Errorf("sysrq: %w", err)
	}
	return nil
}

// inInitialNamespace reports whether this process is where the machine booted. When that
// cannot be found out the answer is yes: then less is allowed.
func inInitialNamespace() bool {
	info, err := os.Stat("/proc/self/ns/pid")
	if err != nil {
		return true
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Ino == initialPIDNamespace
}

// Note is what is left of a reset.
type Note struct {
	At     time.Time
	Reason string
}

// TakeNote reads the note of the last reset and removes it; ok is false when there is
// none. A note that cannot be read is told as such: the machine was reset all the same.
func TakeNote(root string) (n Note, ok bool) {
	path := NoteFile(root)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return n, false
	}
	if err == nil {
		n, err = parseNote(string(data))
	}
	if err != nil {
		n.Reason = "its note cannot be read: " + err.Error()
	}
	_ = os.Rename(path, path+".seen")
	return n, true
}

func parseNote(text string) (n Note, err error) {
	at, reason, _ := strings.Cut(text, "\n")
	n.Reason = strings.TrimSpace(reason)
	n.At, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(at))
	return n, err
}

// writeNote writes a note and returns when it is on disk.
func writeNote(path string, n Note) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.WriteString(n.At.Format(time.RFC3339Nano) + "\n" + n.Reason + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// String is the note as a sentence.
func (n Note) String() string {
	when := "at a time unknown"
	if !n.At.IsZero() {
		when = "at " + n.At.Format(time.DateTime)
	}
	return "this node reset itself " + when + ", because " + n.Reason
}
