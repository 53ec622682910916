package daemon

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

const (
	exportPause = time.Second // between two exports of the CIB
	keptInputs  = 200         // pe-input files, then numbers begin anew
)

// keeper writes what other people's tools read: cib.xml and the inputs of decisions. It
// is never the source of truth, and a full disk stops nothing.
type keeper struct {
	cibDir, inputDir string
	log              *slog.Logger
	wake             chan struct{}

	mu      sync.Mutex // guards all following fields
	replica *Replica
	written *cib.Snapshot
	next    int // number of the next input; -1: not read yet
	inputs  []input
	failed  string
}

// input is a decision's input that is to be written.
type input struct {
	path string
	snap *cib.Snapshot
	next int // number of the input after it
}

func newKeeper(root string, log *slog.Logger) *keeper {
	base := filepath.Join("/", root, "var/lib/pacemaker")
	return &keeper{cibDir: filepath.Join(base, "cib"), inputDir: filepath.Join(base, "pengine"), log: log, wake: make(chan struct{}, 1), next: -1}
}

// touch notes that there is a newer CIB.
func (k *keeper) touch(r *Replica) {
	k.mu.Lock()
	k.replica = r
	k.mu.Unlock()
	k.ring()
}

func (k *keeper) ring() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run exports the CIB after changes, at most once in exportPause.
func (k *keeper) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(exportPause):
		}
		k.mu.Lock()
		r := k.replica
		k.mu.Unlock()
		k.flush(r)
	}
}

// flush exports the CIB now, if its configuration or status changed.
func (k *keeper) flush(r *Replica) {
	k.writeInputs()
	k.mu.Lock()
	defer k.mu.Unlock()
	if r == nil || r.Current() == k.written {
		return
	}
	snap := r.Current()
	k.report("cib.xml", writeFile(filepath.Join(k.cibDir, "cib.xml"), snap.Root().XML()))
	k.written = snap
}

// report logs a failure once until it changes. The lock is held.
func (k *keeper) report(what string, err error) {
	text := ""
	if err != nil {
		text = what + ": " + err.Error()
	}
	if text != "" && text != k.failed {
		k.log.Warn("a file for other tools could not be written; the cluster is not affected", "error", text)
	}
	k.failed = text
}

// saveInput keeps a decision's input and returns the file's path. Nobody waits for the
// disk: the file is written later.
func (k *keeper) saveInput(snap *cib.Snapshot) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next < 0 {
		k.next = readCounter(filepath.Join(k.inputDir, "pe-input.last"))
	}
	path := filepath.Join(k.inputDir, fmt.Sprintf("pe-input-%d.xml.gz", k.next))
	k.next = (k.next + 1) % keptInputs
	k.inputs = append(k.inputs, input{path, snap, k.next})
	k.ring()
	return path
}

// writeInputs writes the inputs that were saved meanwhile.
func (k *keeper) writeInputs() {
	k.mu.Lock()
	inputs := k.inputs
	k.inputs = nil
	k.mu.Unlock()
	for _, in := range inputs {
		err := writeGzip(in.path, in.snap.Root().XML())
		if err == nil {
			err = writeFile(filepath.Join(k.inputDir, "pe-input.last"), []byte(strconv.Itoa(in.next)))
		}
		k.mu.Lock()
		k.report(in.path, err)
		k.mu.Unlock()
	}
}

func readCounter(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || n < 0 || n >= keptInputs {
		return 0
	}
	return n
}

// writeFile replaces a file as a whole; its folder is made when missing.
func writeFile(path string, data []byte) error {
	tmp := path + ".new"
	err := os.WriteFile(tmp, data, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o750); err == nil {
			err = os.WriteFile(tmp, data, 0o640)
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func writeGzip(path string, data []byte) error {
	var b strings.Builder
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return writeFile(path, []byte(b.String()))
}
