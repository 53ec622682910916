package native

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

var cloneNumber = regexp.MustCompile(`:[0-9]+$`)

// stateFile is where an agent keeps whether it runs: parameter state, else a file named
// after the agent and the resource, without the instance number of an anonymous clone.
func (r Request) stateFile() string {
	if p := r.param("state", ""); p != "" {
		return p
	}
	id := string(r.Resource)
	if r.Params["CRM_meta_globally_unique"] == "false" {
		id = cloneNumber.ReplaceAllString(id, "")
	}
	name := r.Agent + "-" + strings.ReplaceAll(id, "/", "_") + ".state"
	// ocf:heartbeat:Dummy, whose work may be taken over, keeps its file elsewhere.
	if other := filepath.Join(r.StateDir, name); r.StateDir != "" {
		if _, err := os.Stat(other); err == nil {
			return other
		}
	}
	return filepath.Join(r.RunDir, name)
}

// readState gives the content of the state file; found is false when there is none.
func (r Request) readState() (content string, found bool, err error) {
	data, err := os.ReadFile(r.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return strings.TrimSpace(string(data)), err == nil, err
}

func (r Request) writeState(content string) error {
	path := r.stateFile()
	err := os.WriteFile(path, []byte(content), 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		err = os.WriteFile(path, []byte(content), 0o640)
	}
	return err
}

func (r Request) removeState() error {
	err := os.Remove(r.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// checkStateDir is what validate-all with OCF_CHECK_LEVEL=10 asks.
func (r Request) checkStateDir() Response {
	if r.Params[ocf.CheckLevel] != "10" {
		return Response{}
	}
	dir := filepath.Dir(r.stateFile())
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return fail(crm.InvalidParam, "state directory %s does not exist", dir)
	}
	return Response{}
}

// sleep waits for d, or until ctx is over; then it gives false.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// seconds reads a parameter that counts seconds.
func (r Request) seconds(name string) (time.Duration, bool) {
	text := r.param(name, "0")
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 1e6 {
		return 0, false
	}
	return time.Duration(n * float64(time.Second)), true
}
