package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tactus-ha/tactus/membership"
)

// maxFile bounds what is read of any configuration file.
const maxFile = 1 << 20

// readKey reads a file that nobody but its owner may read.
func readKey(path string, r *membership.Report) []byte {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Errorf(0, fmt.Sprintf("copy it from another node, or run: head -c 256 /dev/urandom > %[1]s && chmod 400 %[1]s", path), "the key file is missing")
		return nil
	case err != nil:
		r.Errorf(0, "", "the key file cannot be read: %v", plain(err))
		return nil
	case !info.Mode().IsRegular():
		r.Errorf(0, "", "the key file is not a regular file")
		return nil
	case info.Mode().Perm()&0o077 != 0:
		r.Errorf(0, "run: chmod 600 "+path, "the key file can be accessed by others (mode %04o)", info.Mode().Perm())
		return nil
	}
	if uid := owner(info); uid != 0 && uid != os.Geteuid() {
		r.Errorf(0, "run: chown root "+path, "the key file belongs to user %d", uid)
		return nil
	}
	if dir, err := os.Stat(filepath.Dir(path)); err == nil && dir.Mode().Perm()&0o002 != 0 && dir.Mode()&fs.ModeSticky == 0 {
		r.Errorf(0, "run: chmod o-w "+filepath.Dir(path), "anybody may replace the key file: its directory can be written by all")
		return nil
	}
	return readFile(path, r)
}

// readFile reads a file of a sensible size, or reports why it cannot.
func readFile(path string, r *membership.Report) []byte {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		r.Errorf(0, "", "the file has %d bytes, more than %d", info.Size(), maxFile)
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		r.Errorf(0, "", "cannot be read: %v", plain(err))
		return nil
	}
	return data
}

// plain is an error without the path that the message already has.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
