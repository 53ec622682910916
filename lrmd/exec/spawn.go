package exec

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a child in a process group of its own.
type process struct {
	pid  int
	done chan struct{} // closed at its exit
	ws   unix.WaitStatus
}

// spawner starts children and waits for them.
type spawner struct {
	mu       sync.Mutex // guards all following fields; held over a start, so that no exit is missed
	scored   bool       // this process has an oom_score_adj of its own, which children must not inherit
	reaping  bool       // every child of the whole process is collected, adopted ones too
	children map[int]*process
}

// start runs argv with the environment in dir. It reads input, /dev/null where there is none.
func (s *spawner) start(path string, argv, env []string, dir, input string, stdout, stderr *os.File) (*process, error) {
	stdin, err := openInput(input)
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir: dir, Env: env,
		Files: []uintptr{stdin.Fd(), stdout.Fd(), stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return nil, err
	}
	s.resetScore(pid)
	p := &process{pid: pid, done: make(chan struct{})}
	if s.reaping {
		s.children[pid] = p
	} else {
		go p.wait()
	}
	return p, nil
}

// openInput gives a file that holds input. What a child does not read of it is lost with
// the child: nobody else has the other end.
func openInput(input string) (*os.File, error) {
	if input == "" {
		return os.Open(os.DevNull)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = w.WriteString(input)
		_ = w.Close()
	}()
	return r, nil
}

// resetScore gives a child the system's default towards the out-of-memory killer: the
// daemon's own protection is not for services, which must not be spared at the expense of
// everything else. Raising a score that was lowered takes no right; lowering one that was
// raised takes none down to where it was raised from. Where the kernel forbids it the
// child keeps what it inherited.
func (s *spawner) resetScore(pid int) {
	if s.scored {
		_ = os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), "oom_score_adj"), []byte("0\n"), 0)
	}
}

// scored reports whether this process has an oom_score_adj other than the default.
func scored() bool {
	data, err := os.ReadFile("/proc/self/oom_score_adj")
	return err == nil && strings.TrimSpace(string(data)) != "0"
}

// wait collects one child where no reaper does.
func (p *process) wait() {
	for {
		_, err := unix.Wait4(p.pid, &p.ws, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	close(p.done)
}

// reap collects every child that has ended.
func (s *spawner) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
		if p := s.children[pid]; p != nil && (ws.Exited() || ws.Signaled()) {
			delete(s.children, pid)
			p.ws = ws
			close(p.done)
		}
	}
}

// How long a process group may take to end: after TERM, before KILL is sent; and after
// KILL, before it is given up. Only a process that hangs inside the kernel (a dead disk, a
// network file system) survives KILL.
const (
	killGrace = 500 * time.Millisecond
	deadGrace = 5 * time.Second
)

// end stops the whole process group: TERM, and KILL if it does not go. It returns false
// when the group's leader does not even end then.
func (p *process) end() bool {
	_ = unix.Kill(-p.pid, unix.SIGTERM)
	if p.within(killGrace) {
		_ = unix.Kill(-p.pid, unix.SIGKILL) // its children may be deaf to TERM
		return true
	}
	_ = unix.Kill(-p.pid, unix.SIGKILL)
	return p.within(deadGrace)
}

// within waits for the process's end, for d at most.
func (p *process) within(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}
