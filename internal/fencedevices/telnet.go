package fencedevices

import (
	"bufio"
	"io"
	"net"
	"sync"
)

// Telnet serves a device's dialog to whoever logs in, until close is called.
func Telnet(addr string, device Device, user, password string) (port int, closeAll func(), err error) {
	return serve(addr, func(conn net.Conn) {
		line := &telnetLine{Conn: conn, in: bufio.NewReader(conn)}
		// The device echoes and takes characters as they come.
		_, _ = conn.Write([]byte{iac, will, 1, iac, will, 3})
		c := newConsole(line)
		if c.logIn(device, user, password) == nil {
			device.Serve(c)
		}
	})
}

// serve accepts connections and gives each to talk. closeAll ends them all.
func serve(addr string, talk func(net.Conn)) (port int, closeAll func(), err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return 0, nil, err
	}
	var mu sync.Mutex // guards open and over
	open, over := map[net.Conn]bool{}, false
	var owned sync.WaitGroup
	owned.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			if over {
				_ = conn.Close()
			}
			mu.Unlock()
			owned.Go(func() {
				talk(conn)
				_ = conn.Close()
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	return l.Addr().(*net.TCPAddr).Port, func() {
		_ = l.Close()
		mu.Lock()
		over = true
		for conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		owned.Wait()
	}, nil
}

// Telnet's commands. Source: RFC 854.
const (
	iac  = 255
	dont = 254
	will = 251
	sb   = 250
	se   = 240
)

// telnetLine takes the negotiation out of what the user sends.
type telnetLine struct {
	net.Conn
	in *bufio.Reader
}

func (t *telnetLine) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		b, err := t.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != iac {
			p[0] = b
			return 1, nil
		}
		if err := t.negotiation(); err != nil {
			return 0, err
		}
	}
}

// negotiation reads one command and forgets it.
func (t *telnetLine) negotiation() error {
	b, err := t.in.ReadByte()
	switch {
	case err != nil:
		return err
	case b >= will && b <= dont:
		_, err = t.in.ReadByte()
		return err
	case b != sb:
		return nil
	}
	for last := byte(0); ; last = b {
		if b, err = t.in.ReadByte(); err != nil {
			return err
		}
		if last == iac && b == se {
			return nil
		}
	}
}

var _ io.ReadWriter = (*telnetLine)(nil)
