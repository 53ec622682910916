package vm

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// neededModules is what Debian's cloud kernel does not have built in and a machine needs.
var neededModules = []string{"virtio_pci", "virtio_net", "virtio_blk", "virtio_console", "softdog", "af_packet"}

// moduleFiles reads modules and those that they need, in the order in which they must
// be loaded. The modules themselves say what they need; a name that is no module is
// built into the kernel.
func moduleFiles(k Kernel, names []string) ([]File, error) {
	where, err := findModules(k)
	if err != nil {
		return nil, err
	}
	l := &moduleLoader{where: where, seen: map[string]bool{}}
	for _, n := range names {
		if err := l.add(n); err != nil {
			return nil, err
		}
	}
	return l.files, nil
}

func findModules(k Kernel) (map[string]string, error) {
	where := map[string]string{}
	err := filepath.WalkDir(k.Modules, func(file string, d fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(filepath.Base(file), ".ko"); ok && err == nil {
			where[strings.ReplaceAll(name, "-", "_")] = file
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("modules of the kernel: %w", err)
	}
	return where, nil
}

type moduleLoader struct {
	where map[string]string // name to file
	seen  map[string]bool
	files []File
}

func (l *moduleLoader) add(name string) error {
	file, ok := l.where[name]
	if !ok || l.seen[name] {
		return nil
	}
	l.seen[name] = true
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	needs, err := moduleNeeds(data)
	if err != nil {
		return fmt.Errorf("module %s: %w", file, err)
	}
	for _, n := range needs {
		if err := l.add(n); err != nil {
			return err
		}
	}
	l.files = append(l.files, File{Name: fmt.Sprintf("lib/modules/%02d-%s.ko", len(l.files), name), Data: data})
	return nil
}

// moduleNeeds reads the names after "depends=" in a module's section .modinfo.
func moduleNeeds(data []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, nil
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(string(info), "\x00") {
		if list, ok := strings.CutPrefix(line, "depends="); ok && list != "" {
			return strings.Split(strings.ReplaceAll(list, "-", "_"), ","), nil
		}
	}
	return nil, nil
}
