package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// programs are the binaries of every machine: crmd, lrmd, the tools, and the guest's own.
type programs struct {
	dir   string // with crmd, lrmd, tactus
	guest string
}

var buildOnce = sync.OnceValues(build)

// build compiles what the machines need, once a process. TACTUS_BIN names ready daemons.
func build() (programs, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return programs{}, fmt.Errorf("building the programs: go env GOMOD: %w", err)
	}
	dir, err := os.MkdirTemp("", "tactus-vm-bin")
	if err != nil {
		return programs{}, err
	}
	p := programs{dir: os.Getenv("TACTUS_BIN"), guest: filepath.Join(dir, "vmguest")}
	packages := []string{"./cmd/vmguest"}
	if p.dir == "" {
		p.dir = dir
		packages = append(packages, "./cmd/crmd", "./cmd/lrmd", "./cmd/tactus")
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", dir + "/"}, packages...)...)
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return programs{}, fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return p, nil
}

// toolNames are the names under which the machines' tools are called.
var toolNames = []string{"crm", "crm_mon", "crm_resource", "crm_node", "cibadmin", "stonith_admin"}

// image writes the first file system of a cluster's machines: programs, modules, agents
// and configuration. All machines of a cluster have the same; the kernel's command line
// tells them apart.
func image(to string, k Kernel, p programs, more []File) error {
	files, err := moduleFiles(k, neededModules)
	if err != nil {
		return err
	}
	for _, f := range []struct{ from, to string }{
		{p.guest, "init"}, {busybox, "bin/busybox"},
		{filepath.Join(p.dir, "crmd"), "usr/sbin/crmd"}, {filepath.Join(p.dir, "lrmd"), "usr/sbin/lrmd"}, {filepath.Join(p.dir, "tactus"), "usr/sbin/tactus"},
	} {
		data, err := os.ReadFile(f.from)
		if err != nil {
			return fmt.Errorf("image of the machines: %w", err)
		}
		files = append(files, File{Name: f.to, Mode: 0o755, Data: data})
	}
	for _, name := range toolNames {
		files = append(files, File{Name: "usr/sbin/" + name, Link: "tactus"})
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if err := WriteArchive(out, append(files, more...)); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// newDisk makes a disk with an empty ext4 file system.
func newDisk(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := f.Truncate(diskSize); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if out, err := exec.Command(mke2fs, "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1", file).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", mke2fs, err, out)
	}
	return nil
}

// diskSize is the size of a machine's disk; the file is sparse.
const diskSize = 96 << 20
