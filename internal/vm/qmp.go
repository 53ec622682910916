package vm

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// monitor is a connection to the emulator's own control socket (QMP): it resets the
// machine, and tells when the machine was reset and by whom.
type monitor struct {
	conn  net.Conn
	event func(at time.Time, name string, byGuest bool)

	mu      sync.Mutex // one command at a time
	replies chan qmpMessage
}

// qmpMessage is any line that the emulator sends.
type qmpMessage struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Desc string `json:"desc"`
	} `json:"error"`
	Event string `json:"event"`
	Data  struct {
		Guest bool `json:"guest"`
	} `json:"data"`
	Timestamp struct {
		Seconds      int64 `json:"seconds"`
		Microseconds int64 `json:"microseconds"`
	} `json:"timestamp"`
}

// newMonitor takes up a connection. Every event is given to event, at the time that the
// emulator names: its clock is the test's.
func newMonitor(conn net.Conn, event func(at time.Time, name string, byGuest bool)) (*monitor, error) {
	m := &monitor{conn: conn, event: event, replies: make(chan qmpMessage, 1)}
	go m.read()
	if _, err := m.command("qmp_capabilities"); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *monitor) read() {
	defer close(m.replies)
	lines := bufio.NewScanner(m.conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var msg qmpMessage
		if json.Unmarshal(lines.Bytes(), &msg) != nil {
			continue
		}
		switch {
		case msg.Event != "":
			m.event(time.Unix(msg.Timestamp.Seconds, msg.Timestamp.Microseconds*1000), msg.Event, msg.Data.Guest)
		case msg.Return != nil || msg.Error != nil:
			m.replies <- msg
		}
	}
}

// command gives a command without arguments and waits for its answer.
func (m *monitor) command(name string) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := fmt.Fprintf(m.conn, `{"execute":%q}`+"\n", name); err != nil {
		return nil, fmt.Errorf("emulator's monitor: %s: %w", name, err)
	}
	reply, ok := <-m.replies
	switch {
	case !ok:
		return nil, fmt.Errorf("emulator's monitor: %s: the emulator is gone", name)
	case reply.Error != nil:
		return nil, fmt.Errorf("emulator's monitor: %s: %s", name, reply.Error.Desc)
	}
	return reply.Return, nil
}
