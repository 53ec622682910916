package testcluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

var buildOnce = sync.OnceValues(build)

// Build compiles the programs once a process and returns their folder. TACTUS_BIN
// names ready ones instead.
func Build() (string, error) { return buildOnce() }

func build() (string, error) {
	if dir := os.Getenv("TACTUS_BIN"); dir != "" {
		return dir, nil
	}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("building the programs: go env GOMOD: %w", err)
	}
	dir, err := os.MkdirTemp("", "tactus-bin")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", dir+"/", "./cmd/crmd", "./cmd/lrmd", "./cmd/tactus")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return dir, nil
}
