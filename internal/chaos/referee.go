package chaos

import (
	"bufio"
	"cmp"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// referee listens to the services and knows which was active where and when.
type referee struct {
	listener net.Listener
	working  sync.WaitGroup

	mu      sync.Mutex // guards all following fields
	reigns  map[string][]*reign
	holders map[string]map[string]int // service -> node -> connections that are open
	conns   map[net.Conn]bool
}

// reign is a time in which a service was active on a node without standing still, in
// nanoseconds of the monotonic clock.
type reign struct {
	node        string
	first, last int64
	woke        bool // it had stood still for pausedFor before
}

// twice is a time in which a service was active on two nodes.
type twice struct {
	service    string
	a, b       string // nodes; b began later
	at, length time.Duration
	woken      bool // one of the two had stood still and had just woken
}

func (t twice) String() string {
	s := fmt.Sprintf("%s was active on %s and on %s at once, for %v", t.service, t.a, t.b, t.length.Round(time.Millisecond))
	if t.woken {
		s += " (after a pause)"
	}
	return s
}

func newReferee(socket string) (*referee, error) {
	_ = os.Remove(socket)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	r := &referee{listener: l, reigns: map[string][]*reign{}, holders: map[string]map[string]int{}, conns: map[net.Conn]bool{}}
	r.working.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns[conn] = true
			r.mu.Unlock()
			r.working.Go(func() { r.listen(conn) })
		}
	})
	return r, nil
}

func (r *referee) close() {
	_ = r.listener.Close()
	r.mu.Lock()
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	r.working.Wait()
}

func (r *referee) listen(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		r.mu.Lock()
		delete(r.conns, conn)
		r.mu.Unlock()
	}()
	lines := bufio.NewScanner(conn)
	if !lines.Scan() {
		return
	}
	service, node, ok := strings.Cut(lines.Text(), " ")
	if !ok {
		return
	}
	r.hold(service, node, 1)
	defer r.hold(service, node, -1)
	var current *reign
	for lines.Scan() {
		t, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return
		}
		first := current == nil
		current = r.note(current, service, node, t)
		if first {
			if _, err := fmt.Fprintln(conn, "ok"); err != nil {
				return
			}
		}
	}
}

func (r *referee) hold(service, node string, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holders[service] == nil {
		r.holders[service] = map[string]int{}
	}
	r.holders[service][node] += by
}

// note takes a beat into the reign it belongs to.
func (r *referee) note(current *reign, service, node string, t int64) *reign {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current != nil && t-current.last <= int64(stillAfter) {
		current.last = t
		return current
	}
	next := &reign{node: node, first: t, last: t, woke: current != nil && t-current.last >= int64(pausedFor)}
	r.reigns[service] = append(r.reigns[service], next)
	return next
}

// active names the nodes whose services of that name are connected.
func (r *referee) active(service string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var nodes []string
	for node, n := range r.holders[service] {
		for range n {
			nodes = append(nodes, node)
		}
	}
	slices.Sort(nodes)
	return nodes
}

// twices returns what was active twice since a moment of the monotonic clock, and forgets
// reigns that ended before it.
func (r *referee) twices(since int64) []twice {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []twice
	for service, reigns := range r.reigns {
		reigns = slices.DeleteFunc(reigns, func(g *reign) bool { return g.last < since })
		slices.SortFunc(reigns, func(a, b *reign) int { return cmp.Compare(a.first, b.first) })
		r.reigns[service] = reigns
		for i, a := range reigns {
			for _, b := range reigns[i+1:] {
				if b.first > a.last || b.node == a.node {
					continue
				}
				out = append(out, twice{service: service, a: a.node, b: b.node, at: time.Duration(b.first), length: time.Duration(min(a.last, b.last) - b.first), woken: a.woke || b.woke})
			}
		}
	}
	slices.SortFunc(out, func(a, b twice) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.service, b.service))
	})
	return out
}
