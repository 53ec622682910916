package wire

import (
	"net"
	"sync"
)

// strangers counts, by address, the connections that have not yet proved who they are.
type strangers struct {
	mu    sync.Mutex // guards count
	count map[string]int
}

func newStrangers() *strangers { return &strangers{count: map[string]int{}} }

// enter reports whether one more may come from there.
func (s *strangers) enter(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count[host] >= maxStrangers {
		return false
	}
	s.count[host]++
	return true
}

func (s *strangers) leave(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count[host]--; s.count[host] <= 0 {
		delete(s.count, host)
	}
}

func hostOf(conn net.Conn) string {
	host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	return host
}
