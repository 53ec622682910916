package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/api/server"
)

// Socket is where the controller of the machine rooted at root listens.
func Socket(root string) string { return filepath.Join("/", root, "run/tactus/crmd.sock") }

// adminGroup is the group whose members may do everything, as in the field.
const adminGroup = "haclient"

// listener is the api's unix socket.
type listener struct {
	http *http.Server
	path string
}

// serve opens the socket and answers until the listener is closed.
func (d *Daemon) serve(ctx context.Context, owned *sync.WaitGroup) (*listener, error) {
	path := Socket(d.cfg.Root)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("api socket: %w", err)
	}
	if err := unanswered(path); err != nil {
		return nil, err
	}
	l, err := listenFor(path, adminGroup)
	if err != nil {
		return nil, fmt.Errorf("api socket: %w", err)
	}
	s := &http.Server{Handler: server.New(&backend{Daemon: d}), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return server.WithCaller(ctx, callerOf(c)) }}
	owned.Go(func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			d.log.Error("the api ended; tools cannot reach this node", "error", err)
		}
	})
	return &listener{s, path}, nil
}

// listenFor opens a unix socket for its owner and a group; where there is no such group,
// for its owner alone. It gets its name when its rights are set, so that nobody is early.
func listenFor(path, group string) (net.Listener, error) {
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	_ = os.Remove(fresh)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	mode := os.FileMode(0o600)
	if g, err := user.LookupGroup(group); err == nil {
		if gid, err := strconv.Atoi(g.Gid); err == nil && os.Chown(fresh, -1, gid) == nil {
			mode = 0o660
		}
	}
	if err := errors.Join(os.Chmod(fresh, mode), os.Rename(fresh, path)); err != nil {
		_ = os.Remove(fresh)
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// unanswered refuses to go on beside another crmd.
func unanswered(path string) error {
	c, err := net.Dial("unix", path)
	if err != nil {
		return nil
	}
	_ = c.Close()
	return fmt.Errorf("api socket %s: another crmd answers there; stop it first", path)
}

// close ends the api; requests under way have a moment to finish.
func (l *listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if l.http.Shutdown(ctx) != nil {
		_ = l.http.Close()
	}
	_ = os.Remove(l.path)
}

// callerOf finds out who is at the other end of a unix socket.
func callerOf(c net.Conn) server.Caller {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return server.Caller{}
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return server.Caller{}
	}
	var cred *unix.Ucred
	if raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }) != nil || err != nil {
		return server.Caller{}
	}
	return judge(int(cred.Uid), int(cred.Gid))
}

// judge says what a user may do: root and the members of haclient everything, others
// nothing. They cannot connect anyway, unless somebody changed the socket's rights.
func judge(uid, gid int) server.Caller {
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	access := server.Nothing
	if uid == 0 || uid == os.Getuid() || name == "hacluster" {
		access = server.Full
	} else if g, err := user.LookupGroup(adminGroup); err == nil {
		if strconv.Itoa(gid) == g.Gid || memberOf(name, g.Gid) {
			access = server.Full
		}
	}
	return server.Caller{User: name, Access: access}
}

func memberOf(name, gid string) bool {
	u, err := user.Lookup(name)
	if err != nil {
		return false
	}
	groups, err := u.GroupIds()
	return err == nil && slices.Contains(groups, gid)
}
