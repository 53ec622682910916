package fencedevices

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/internal/testcluster"
	lrmdexec "github.com/tactus-ha/tactus/lrmd/exec"
)

// home is root's home directory inside the tests' namespaces: ssh looks there for keys,
// and notes there whom it knows.
var home string

func TestMain(m *testing.M) {
	testcluster.EnterWithRun()
	lrmdexec.TakeHangups()
	code := 1
	if err := moveIn(); err != nil {
		fmt.Fprintln(os.Stderr, "fencedevices:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// moveIn gives root a home of its own, and the machine n2 an address.
func moveIn() error {
	var err error
	if home, err = os.MkdirTemp("", "fencedevices"); err != nil {
		return err
	}
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return err
	}
	moved := regexp.MustCompile(`(?m)^(root:[^:]*:0:0:[^:]*:)[^:]*:`).ReplaceAll(passwd, []byte("${1}"+home+":"))
	if err := over("/etc/passwd", moved); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		return err
	}
	return over("/etc/hosts", []byte("127.0.0.1 localhost\n"+sshHostAddr+" n2\n"))
}

// over lays a file with other contents over one of the machine's, in this mount namespace.
func over(path string, data []byte) error {
	file := filepath.Join(home, filepath.Base(path))
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	return unix.Mount(file, path, "", unix.MS_BIND, "")
}

// needs skips a test for which a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed (internal/setup.sh installs what the tests need)", p)
		}
	}
}
