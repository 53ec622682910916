package daemon

import (
	"bufio"
	"encoding/json"
	"net"
	"os/user"
	"strconv"
	"sync"
	"time"

	"os"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/lrmd"
)

// conn is one client. Its reader runs in accept's goroutines, its writer in one of its own.
type conn struct {
	net    net.Conn
	may    bool // give orders
	uid    int
	closed chan struct{}

	mu    sync.Mutex // guards all following fields
	queue []lrmd.Message
	ended bool
	wake  chan struct{}
}

// maxBacklog is how many messages may wait for a client that does not read; beyond it
// the client is disconnected.
const maxBacklog = 5_000

// maxClients is how many clients may be connected; those that may give orders always may.
const maxClients = 256

// accept serves clients until the listener is closed.
func (d *daemon) accept(l net.Listener) {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		nc, err := l.Accept()
		if err != nil {
			select {
			case <-d.over:
				return
			case <-time.After(50 * time.Millisecond): // out of descriptors: try again
			}
			continue
		}
		c := &conn{net: nc, closed: make(chan struct{}), wake: make(chan struct{}, 1)}
		c.uid, c.may = d.rights(nc)
		d.mu.Lock()
		full := len(d.conns) >= maxClients && !c.may
		if !full {
			d.conns[c] = struct{}{}
		}
		d.mu.Unlock()
		if full {
			_ = nc.Close()
			continue
		}
		clients.Go(func() { c.write() })
		clients.Go(func() { d.serve(c) })
	}
}

// rights asks the kernel who is at the other end.
func (d *daemon) rights(nc net.Conn) (uid int, may bool) {
	raw, err := nc.(*net.UnixConn).SyscallConn()
	if err != nil {
		return -1, false
	}
	uid = -1
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = int(cred.Uid)
		}
	})
	return uid, uid == 0 || uid == os.Geteuid() || uid >= 0 && uid == clusterUser()
}

// clusterUser is the user id of hacluster, or -1.
func clusterUser() int {
	u, err := user.Lookup("hacluster")
	if err != nil {
		return -1
	}
	id, err := strconv.Atoi(u.Uid)
	if err != nil {
		return -1
	}
	return id
}

// serve reads requests until the client goes or sends something else than requests.
func (d *daemon) serve(c *conn) {
	defer d.drop(c)
	in := bufio.NewScanner(c.net)
	in.Buffer(make([]byte, 0, 4096), lrmd.MaxMessage)
	for in.Scan() {
		var req lrmd.Request
		if err := json.Unmarshal(in.Bytes(), &req); err != nil || req.ID == 0 {
			d.garbage(c, "not a request")
			return
		}
		d.answer(c, req)
	}
	if in.Err() == bufio.ErrTooLong {
		d.garbage(c, "line too long")
	}
}

func (d *daemon) garbage(c *conn, what string) {
	d.do(func() { d.stats.Garbage++ })
	d.log.Warn("client disconnected for what it sent", "what", what, "uid", c.uid)
}

// drop ends a client and gives back the events it did not get.
func (d *daemon) drop(c *conn) {
	unsent := c.end()
	d.mu.Lock()
	delete(d.conns, c)
	d.mu.Unlock()
	d.do(func() { d.unsubscribe(c, unsent) })
}

func (d *daemon) closeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		_ = c.net.Close()
	}
}

// send queues a message; false when the client is gone.
func (c *conn) send(m lrmd.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	if len(c.queue) >= maxBacklog {
		_ = c.net.Close() // its reader notices and ends it
		return false
	}
	c.queue = append(c.queue, m)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return true
}

// write sends what is queued until the client ends. A message leaves the queue only
// after it was written.
func (c *conn) write() {
	for {
		select {
		case <-c.wake:
		case <-c.closed:
			return
		}
		for {
			c.mu.Lock()
			batch := c.queue[:len(c.queue):len(c.queue)]
			c.mu.Unlock()
			if len(batch) == 0 {
				break
			}
			n, err := c.writeBatch(batch)
			c.mu.Lock()
			c.queue = c.queue[n:]
			c.mu.Unlock()
			if err != nil {
				_ = c.net.Close()
				return
			}
		}
	}
}

// writeBatch writes messages in few system calls; n is how many have surely left.
func (c *conn) writeBatch(batch []lrmd.Message) (n int, err error) {
	var buf []byte
	for len(batch) > 0 {
		buf = buf[:0]
		k := 0
		for k < len(batch) && len(buf) < 32<<10 {
			line, err := json.Marshal(batch[k])
			if err != nil {
				return n, err
			}
			buf = append(append(buf, line...), '\n')
			k++
		}
		if _, err := c.net.Write(buf); err != nil {
			return n, err
		}
		n, batch = n+k, batch[k:]
	}
	return n, nil
}

// end closes the connection once and gives the events that were not written.
func (c *conn) end() []lrmd.Message {
	_ = c.net.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	c.ended = true
	close(c.closed)
	var events []lrmd.Message
	for _, m := range c.queue {
		if m.ID == 0 {
			events = append(events, m)
		}
	}
	return events
}
