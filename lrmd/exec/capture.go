package exec

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// How much of what an agent writes is kept, in bytes: the beginning of standard output
// (meta-data fits), the end of standard error (the exit reason is there).
const (
	maxOutput = 1 << 20
	maxErrors = 16 << 10
)

// capture reads one output of an agent: the first or the last max bytes are kept, the
// rest is read and dropped so that the agent never blocks.
type capture struct {
	r    *os.File
	max  int
	tail bool
	buf  []byte
	done chan struct{}
}

// startCapture gives the write end for the agent; the caller closes it after the start.
func startCapture(max int, tail bool) (*capture, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	c := &capture{r: r, max: max, tail: tail, done: make(chan struct{})}
	go c.read()
	return c, w, nil
}

func (c *capture) read() {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := c.r.Read(buf)
		c.keep(buf[:n])
		if err != nil {
			return
		}
	}
}

func (c *capture) keep(b []byte) {
	if !c.tail {
		c.buf = append(c.buf, b[:min(len(b), c.max-len(c.buf))]...)
		return
	}
	c.buf = append(c.buf, b...)
	if len(c.buf) > 2*c.max {
		c.buf = append(c.buf[:0], c.buf[len(c.buf)-c.max:]...)
	}
}

// finish takes what is in the pipe after the agent's exit and closes it. It does not wait
// for the end of the stream: a service the agent left behind may hold the other end.
func (c *capture) finish() string {
	_ = c.r.SetReadDeadline(time.Unix(1, 0))
	<-c.done
	_ = c.r.SetReadDeadline(time.Time{})
	if raw, err := c.r.SyscallConn(); err == nil {
		_ = raw.Read(func(fd uintptr) bool {
			c.drain(int(fd))
			return true
		})
	}
	_ = c.r.Close()
	if c.tail && len(c.buf) > c.max {
		c.buf = c.buf[len(c.buf)-c.max:]
	}
	return string(c.buf)
}

// drain reads what is there now; a writer that never stops is cut off after one more
// pipe's worth.
func (c *capture) drain(fd int) {
	buf := make([]byte, 4096)
	for total := 0; total < 1<<16; {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
		c.keep(buf[:n])
		total += n
	}
}
