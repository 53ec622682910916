package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"

	"golang.org/x/sys/unix"
)

const fresh = `<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>`

func fileStore(t *testing.T) (*File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(path, []byte(fresh), 0o640); err != nil {
		t.Fatal(err)
	}
	return &File{Path: path}, path
}

func create(i int) api.CIBRequest {
	return api.CIBRequest{Ops: []api.CIBOp{{Kind: "create", Scope: "resources", XML: fmt.Sprintf(`<primitive id="p%d" class="lsb" type="x"/>`, i)}}}
}

func TestConcurrentChangesAreAllKept(t *testing.T) {
	_, path := fileStore(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := (&File{Path: path}).Change(context.Background(), create(i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := (&File{Path: path}).CIB(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Section("resources").Children); got != 20 || s.Version().Epoch != 21 {
		t.Errorf("%d resources at epoch %d, want 20 at 21", got, s.Version().Epoch)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v (%v), want 0640 as before", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".new-*"); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestDryRunAndRefusalsChangeNothing(t *testing.T) {
	f, path := fileStore(t)
	dry := create(1)
	dry.DryRun = true
	stale := create(1)
	stale.IfVersion = "0.0.0"
	for _, tt := range []struct {
		name string
		req  api.CIBRequest
		code int
	}{
		{"dry run", dry, 0}, {"stale", stale, cib.ExitOld},
		{"invalid", api.CIBRequest{Ops: []api.CIBOp{{Kind: "create", Scope: "resources", XML: `<primitive id="p"/>`}}}, cib.ExitConfig},
		{"malformed", api.CIBRequest{Ops: []api.CIBOp{{Kind: "create", Scope: "resources", XML: `<primitive`}}}, cib.ExitDataErr},
		{"second of two", api.CIBRequest{Ops: append(create(1).Ops, api.CIBOp{Kind: "replace", XML: `<primitive id="none"/>`})}, cib.ExitNoSuch},
	} {
		reply, err := f.Change(context.Background(), tt.req)
		if ExitCode(err) != tt.code || reply.ExitCode != tt.code {
			t.Errorf("%s: exit code %d (%v), reply %d; want %d", tt.name, ExitCode(err), err, reply.ExitCode, tt.code)
		}
		if data, _ := os.ReadFile(path); string(data) != fresh {
			t.Errorf("%s: the file has changed", tt.name)
		}
	}
}

func TestPipesAreReadTwiceAndNeverReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = w.WriteString(fresh)
			w.Close()
		}
	}()
	f := &File{Path: path}
	for range 2 {
		if _, err := f.CIB(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Change(context.Background(), create(1)); err == nil {
		t.Error("a pipe was changed")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() {
		t.Errorf("the pipe was replaced (%v)", err)
	}
}

func TestWriteAtomicallyKeepsDevices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "device")
	if err := os.Symlink(terminal(t), path); err != nil {
		t.Fatal(err)
	}
	if err := WriteAtomically(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the device was replaced by a file (%v)", err)
	}
}

func TestOpenChooses(t *testing.T) {
	env := func(set map[string]string) Env { return Env{Getenv: func(k string) string { return set[k] }} }
	if s := Open(env(map[string]string{"CIB_shadow": "x", "CIB_shadow_dir": "/d", "CIB_file": "/f"})).(*File); s.Path != "/d/shadow.x" || s.Live() {
		t.Errorf("shadow: %+v", s)
	}
	if s := Open(env(map[string]string{"CIB_file": "/f"})).(*File); s.Path != "/f" {
		t.Errorf("file: %+v", s)
	}
	s := Open(env(map[string]string{"TACTUS_ROOT": t.TempDir()}))
	if _, err := s.CIB(context.Background()); !s.Live() || !errors.Is(err, api.ErrNotConnected) || ExitCode(err) != cib.ExitDisconnect {
		t.Errorf("live: %v (exit code %d), want not connected", err, ExitCode(err))
	}
}

// terminal makes a device of the test's own: any user may, and a mistake harms nobody.
func terminal(t *testing.T) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/dev/pts/%d", n)
}
