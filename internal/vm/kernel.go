package vm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// CacheVar names the folder into which internal/setup.sh unpacks Debian's cloud kernel.
const CacheVar = "TACTUS_VM_CACHE"

// defaultCache is where root's setup puts it; others read it there too.
const defaultCache = "/var/cache/tactus-vm"

// Kernel is a kernel to boot and the folder of its modules.
type Kernel struct {
	Image   string
	Modules string
}

// FindKernel finds Debian's cloud kernel: unpacked in the cache, else installed. Of
// several it takes the one that sorts last.
func FindKernel() (Kernel, error) {
	cache := os.Getenv(CacheVar)
	if cache == "" {
		cache = defaultCache
	}
	for _, root := range []string{cache, "/"} {
		images, _ := filepath.Glob(filepath.Join(root, "boot", "vmlinuz-*-cloud-amd64"))
		slices.Sort(images)
		for _, image := range slices.Backward(images) {
			release := filepath.Base(image)[len("vmlinuz-"):]
			k := Kernel{Image: image, Modules: filepath.Join(root, "lib", "modules", release)}
			if _, err := os.Stat(filepath.Join(k.Modules, "kernel")); err == nil && readable(image) {
				return k, nil
			}
		}
	}
	return Kernel{}, fmt.Errorf("no kernel: neither %s nor / has boot/vmlinuz-*-cloud-amd64 with its modules (as root, internal/setup.sh fetches it)", cache)
}

func readable(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// errMissing is why no virtual machine can be made here.
var errMissing = errors.New("missing")

// Missing returns why virtual machines cannot be made here, or nil.
func Missing() error {
	for _, need := range []struct{ file, pkg string }{
		{qemu, "qemu-system-x86"}, {busybox, "busybox-static"}, {mke2fs, "e2fsprogs"},
	} {
		if _, err := os.Stat(need.file); err != nil {
			return fmt.Errorf("%w: %s (package %s; as root, internal/setup.sh installs it)", errMissing, need.file, need.pkg)
		}
	}
	if _, err := FindKernel(); err != nil {
		return err
	}
	return nil
}

// Programs of the machine that makes the virtual ones.
const (
	qemu    = "/usr/bin/qemu-system-x86_64"
	busybox = "/bin/busybox"
	mke2fs  = "/sbin/mke2fs"
)
