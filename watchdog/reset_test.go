package watchdog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNotesSurvive: what a reset notes is told once, after the boot.
func TestNotesSurvive(t *testing.T) {
	root := t.TempDir()
	if n, ok := TakeNote(root); ok {
		t.Fatalf("a note without a reset: %v", n)
	}
	if err := os.MkdirAll(filepath.Dir(NoteFile(root)), 0o755); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 3, 14, 15, 0, time.UTC)
	Machine{Root: root, Now: func() time.Time { return at }}.note("the stop of db did not end")
	n, ok := TakeNote(root)
	if want := "this node reset itself at 2026-11-21 03:14:15, because the stop of db did not end"; !ok || n.String() != want {
		t.Errorf("note = %q, %v; want %q", n, ok, want)
	}
	if n, ok := TakeNote(root); ok {
		t.Errorf("the note is told twice: %v", n)
	}
}

// TestTornNotes: a reset in the middle of writing its note is still told.
func TestTornNotes(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "half a time": "2026-11-21T03:", "binary": "\x00\xff\n\x01"} {
		root := t.TempDir()
		if err := os.MkdirAll(filepath.Dir(NoteFile(root)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(NoteFile(root), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n, ok := TakeNote(root)
		if !ok || !strings.Contains(n.String(), "cannot be read") {
			t.Errorf("%s: note = %q, %v; want one that says that it cannot be read", name, n, ok)
		}
	}
}

// TestNodesOfOneMachineDoNotResetIt: below a root of its own, outside a namespace, a node
// refuses. (Nothing here may call Reset for a node that is allowed to.)
func TestNodesOfOneMachineDoNotResetIt(t *testing.T) {
	err := Machine{Root: "/srv/node1"}.resettable()
	if inInitialNamespace() != (err != nil) {
		t.Errorf("resettable below a root = %v in the machine's own namespace: %v", err, inInitialNamespace())
	}
	if err := (Machine{}).resettable(); err != nil {
		t.Errorf("resettable of the machine's own node = %v, want nil", err)
	}
}
