package store

import (
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

// File is a CIB in a file: CIB_file or a shadow copy. Changes replace the file at once
// or not at all.
type File struct {
	Path   string
	Shadow string // name of the shadow copy; "" for CIB_file

	now  func() time.Time
	read *cib.Snapshot // of a pipe, which can be read only once
}

// CIB reads the file. Files that end in .bz2 are unpacked; pipes may be read again.
func (f *File) CIB(ctx context.Context) (*cib.Snapshot, error) {
	if f.read != nil {
		return f.read, nil
	}
	data, err := ReadXML(f.Path)
	if err != nil {
		return nil, err
	}
	s, err := cib.ParseSnapshot(data)
	if err != nil {
		return nil, &api.RemoteError{ExitCode: cib.ExitConfig, Message: fmt.Sprintf("%s: %v", f.Path, err)}
	}
	if info, err := os.Stat(f.Path); err == nil && !info.Mode().IsRegular() {
		f.read = s
	}
	return s, nil
}

// ReadXML reads a file, unpacking .bz2.
func ReadXML(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".bz2") {
		if data, err = io.ReadAll(bzip2.NewReader(bytes.NewReader(data))); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return data, nil
}

// Change applies the request to the file, under a lock. An invalid result is refused
// with 78 and the file stays as it was.
func (f *File) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	unlock, err := f.lock()
	if err != nil {
		return api.CIBReply{ExitCode: ExitCode(err), Error: err.Error()}, err
	}
	defer unlock()
	reply, err := f.change(ctx, req)
	return told(reply, err)
}

func (f *File) change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	s, err := f.CIB(ctx)
	if err != nil {
		return api.CIBReply{}, err
	}
	next, reply, err := workOut(s, req)
	if err != nil || next == nil || req.DryRun {
		return reply, err
	}
	return reply, WriteAtomically(f.Path, next.XML())
}

// lock keeps other tools from changing the file at the same time; it is released when
// this process ends, however it ends.
func (f *File) lock() (func(), error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file, cannot be changed", f.Path)
	}
	dir, err := os.Open(filepath.Dir(f.Path))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		dir.Close()
		return nil, fmt.Errorf("%s: lock: %w", f.Path, err)
	}
	return func() { dir.Close() }, nil
}

// WriteAtomically replaces a file: readers see the old or the new text, also after a
// crash. Owner and mode of a file that is there are kept. What is no regular file, a
// device or a pipe, is written to and never replaced.
func WriteAtomically(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, data, 0)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	mode := os.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			_ = tmp.Chown(int(st.Uid), int(st.Gid)) // only root may; then the file is ours anyway
		}
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Live is false.
func (f *File) Live() bool { return false }

// API is nil: there is no cluster.
func (f *File) API() *api.Client { return nil }
