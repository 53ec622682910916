package testcluster

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// clockVar names the file that holds the error of a node's wall clock, in seconds, for
// programs built by BuildWithClocks.
const clockVar = "TACTUS_TESTCLUSTER_CLOCK"

var buildClocksOnce = sync.OnceValues(buildWithClocks)

// BuildWithClocks is Build for clusters whose wall clocks jump (Node.SetClock). Kernels
// have one wall clock for all namespaces, and static programs cannot be given another by
// preloading a library; so the same sources are compiled with another time.Now: the
// compiler lays a changed copy of that one file of Go's own library over the original. The
// programs know nothing of it. Monotonic time, which all timers use, stays true. It takes a
// minute the first time. TACTUS_BIN_CLOCKS names ready ones instead.
func BuildWithClocks() (string, error) { return buildClocksOnce() }

// The change in time.Now, and the file that is added to Go's package time.
const (
	nowBefore = "sec, nsec, mono := runtimeNow()\n\tif mono == 0 {"
	nowAfter  = "sec, nsec, mono := runtimeNow()\n\tsec += wallError.Load()\n\tif mono == 0 {"

	wallErrorFile = `package time

import (
	"sync/atomic"
	"syscall"
)

var wallError atomic.Int64

func init() {
	name, ok := syscall.Getenv("` + clockVar + `")
	if !ok {
		return
	}
	readWallError(name)
	go func() {
		for {
			Sleep(20 * Millisecond)
			readWallError(name)
		}
	}()
}

func readWallError(name string) {
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	var buf [32]byte
	n, err := syscall.Read(fd, buf[:])
	if err != nil || n == 0 {
		return
	}
	sign, value := int64(1), int64(0)
	for _, c := range buf[:n] {
		switch {
		case c == '-':
			sign = -1
		case '0' <= c && c <= '9':
			value = 10*value + int64(c-'0')
		}
	}
	wallError.Store(sign * value)
}
`
)

func buildWithClocks() (string, error) {
	if dir := os.Getenv("TACTUS_BIN_CLOCKS"); dir != "" {
		return dir, nil
	}
	env, err := exec.Command("go", "env", "GOROOT", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("building the programs with clocks: go env: %w", err)
	}
	root, mod, _ := strings.Cut(strings.TrimSpace(string(env)), "\n")
	original := filepath.Join(root, "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if strings.Count(string(source), nowBefore) != 1 {
		return "", fmt.Errorf("building the programs with clocks: this Go's time.Now is not the one that is known here")
	}
	dir, err := os.MkdirTemp("", "tactus-bin")
	if err != nil {
		return "", err
	}
	changed, added := filepath.Join(dir, "time.go"), filepath.Join(dir, "wallerror.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed, filepath.Join(root, "src", "time", "wallerror.go"): added}})
	if err != nil {
		return "", err
	}
	for file, text := range map[string]string{changed: strings.Replace(string(source), nowBefore, nowAfter, 1), added: wallErrorFile, filepath.Join(dir, "overlay.json"): string(overlay)} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", dir+"/", "./cmd/crmd", "./cmd/lrmd", "./cmd/tactus")
	cmd.Dir = filepath.Dir(mod)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the programs with clocks: %w\n%s", err, out)
	}
	return dir, nil
}

// SetClock makes the node's wall clock wrong by so much (whole seconds), at once and for
// every program of BuildWithClocks that runs there, until it is set again.
func (n *Node) SetClock(wrong time.Duration) error {
	if err := os.MkdirAll(n.Root, 0o755); err != nil {
		return err
	}
	next := n.Path("clock.next")
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(wrong/time.Second), 10)), 0o644); err != nil {
		return err
	}
	return os.Rename(next, n.Path("clock"))
}
