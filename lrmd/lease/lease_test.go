package lease

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func open(t *testing.T, path string) *Lease {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestTheOtherSideSees: what one process writes the other one reads, at once, and a restart
// of either changes nothing.
func TestTheOtherSideSees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	crmd, lrmd := open(t, path), open(t, path)
	if left, ok := lrmd.Left(); ok {
		t.Errorf("Left of a new lease = %v, want none", left)
	}
	crmd.Renew(time.Now().Add(time.Hour))
	for name, l := range map[string]*Lease{"lrmd": lrmd, "lrmd after a restart": open(t, path), "crmd after a restart": open(t, path)} {
		if left, ok := l.Left(); !ok || left > time.Hour || left < 50*time.Minute {
			t.Errorf("%s: Left = %v, %v; want about an hour", name, left, ok)
		}
	}
	crmd.Renew(time.Now().Add(-time.Second))
	if left, ok := lrmd.Left(); !ok || left > 0 {
		t.Errorf("Left of a lease that is over = %v, %v; want less than nothing", left, ok)
	}
	crmd.End()
	if left, ok := lrmd.Left(); ok {
		t.Errorf("Left after the end = %v, want none", left)
	}
}

// TestTheNextControllerKnowsWhenThereWasAQuorum: crmd is started anew, and knows since when
// the node has been without the others; one that left in order, or that booted, has no past.
func TestTheNextControllerKnowsWhenThereWasAQuorum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	first := open(t, path)
	if ago, ok := first.SinceQuorum(); ok {
		t.Errorf("SinceQuorum of a new lease = %v, want none", ago)
	}
	first.Quorate()
	first.Renew(time.Now().Add(time.Hour))
	first.End() // the lease's end is another matter
	if ago, ok := open(t, path).SinceQuorum(); !ok || ago < 0 || ago > time.Hour {
		t.Errorf("SinceQuorum after a restart = %v, %v; want a moment", ago, ok)
	}
	first.quorate.Store(int64(SinceBoot() + time.Hour)) // of the boot before this one
	if ago, ok := first.SinceQuorum(); ok {
		t.Errorf("SinceQuorum of an earlier boot = %v, want none", ago)
	}
	first.Quorate()
	first.Parted()
	if ago, ok := first.SinceQuorum(); ok {
		t.Errorf("SinceQuorum after leaving = %v, want none", ago)
	}
}

// TestTheNextControllerKnowsSinceWhenItDidNotTakePart is the same for a node that hears the
// others and cannot join.
func TestTheNextControllerKnowsSinceWhenItDidNotTakePart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	first := open(t, path)
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"a new lease", func() {}, false},
		{"it has not joined", func() { first.Unjoined(time.Now().Add(-time.Minute)) }, true},
		{"it joined", func() { first.Unjoined(time.Time{}) }, false},
		{"it has not, again", func() { first.Unjoined(time.Now().Add(-time.Minute)) }, true},
		{"it left", first.Parted, false},
	} {
		step.do()
		if ago, ok := open(t, path).SinceUnjoined(); ok != step.want || ok && (ago < time.Minute || ago > time.Hour) {
			t.Errorf("%s: SinceUnjoined after a restart = %v, %v; want a minute: %v", step.name, ago, ok, step.want)
		}
	}
}

func TestExemptions(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "lease"))
	for _, want := range [][]string{nil, {"db", "web:0"}, {"vip"}, nil} {
		if want != nil {
			if err := l.Exempt(want); err != nil {
				t.Fatal(err)
			}
		} else if err := l.Exempt(nil); err != nil {
			t.Fatal(err)
		}
		if got, err := l.Exempted(); err != nil || !slices.Equal(got, want) {
			t.Errorf("Exempted = %v, %v; want %v", got, err, want)
		}
	}
}

// TestTheFirstDaemonMakesTheFolder: after a boot there is no /run/tactus, and either daemon
// may come first. A lease that could not be opened would never run out.
func TestTheFirstDaemonMakesTheFolder(t *testing.T) {
	l, err := Open(Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
