package daemon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/tactus-ha/tactus/lrmd"
)

// remembered is the memory file: best effort, never fsynced. It is worth nothing after
// the machine was booted, as the resources it speaks of are gone then.
type remembered struct {
	BootID string      `json:"boot_id"`
	Memory lrmd.Memory `json:"memory"`
}

func memoryPath(dir string) string { return filepath.Join(dir, "memory.json") }

// loadMemory reads the memory back; ok is false when there is none of this boot.
func loadMemory(dir, bootID string) (m lrmd.Memory, ok bool, err error) {
	data, err := os.ReadFile(memoryPath(dir))
	if os.IsNotExist(err) {
		return lrmd.Memory{}, false, nil
	}
	if err != nil {
		return lrmd.Memory{}, false, err
	}
	var r remembered
	if err := json.Unmarshal(data, &r); err != nil {
		return lrmd.Memory{}, false, err
	}
	if r.BootID != bootID {
		return lrmd.Memory{LastCall: r.Memory.LastCall}, true, nil
	}
	return r.Memory, true, nil
}

// saveMemory replaces the memory file in one step.
func saveMemory(dir, bootID string, m lrmd.Memory) error {
	data, err := json.Marshal(remembered{bootID, m})
	if err != nil {
		return err
	}
	tmp := memoryPath(dir) + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, memoryPath(dir))
}

// bootID tells one boot of the machine from another; "" where the kernel does not say.
func bootID() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
}
