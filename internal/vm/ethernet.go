package vm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/internal/vm/guest"
)

// ether is the switch that joins the machines. It runs in the test: it sees every frame,
// also those of a machine that is cut off, on the test's own clock.
type ether struct {
	beat func(at time.Time, from string, heard bool, text string) // a frame of the beating service

	mu    sync.Mutex // guards all following fields
	ports []*etherPort
}

// etherPort is one machine's plug.
type etherPort struct {
	name   string
	conn   net.Conn
	frames chan []byte
	cut    bool
}

// maxFrame bounds what a machine may send at once; ethernet needs 1514.
const maxFrame = 1 << 16

// listen waits for the emulator's connections at a socket; each is the machine's cable.
func (e *ether) listen(name, socket string) (io.Closer, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("switch: %w", err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			e.plug(name, conn)
		}
	}()
	return l, nil
}

func (e *ether) plug(name string, conn net.Conn) {
	p := &etherPort{name: name, conn: conn, frames: make(chan []byte, 512)}
	e.mu.Lock()
	for _, old := range e.ports {
		if old.name == name {
			p.cut = old.cut
		}
	}
	e.ports = append(slices.DeleteFunc(e.ports, func(o *etherPort) bool { return o.name == name }), p)
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.receive(p)
	}()
	go func() {
		for {
			select {
			case f := <-p.frames:
				if _, err := conn.Write(f); err != nil {
					return
				}
			case <-done:
				return
			}
		}
	}()
}

// receive takes frames from one machine and hands them on until the machine is gone.
// The emulator puts four bytes of length before each frame.
func (e *ether) receive(p *etherPort) {
	defer p.conn.Close()
	in := bufio.NewReaderSize(p.conn, maxFrame)
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		size := binary.BigEndian.Uint32(head[:])
		if size > maxFrame {
			return
		}
		frame := make([]byte, 4+size)
		copy(frame, head[:])
		if _, err := io.ReadFull(in, frame[4:]); err != nil {
			return
		}
		e.forward(p, frame)
	}
}

// forward hands a frame to every other machine; one that does not keep up loses it.
func (e *ether) forward(from *etherPort, frame []byte) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if text, ok := beatText(frame[4:]); ok && e.beat != nil {
		e.beat(now, from.name, !from.cut, text)
	}
	if from.cut {
		return
	}
	for _, p := range e.ports {
		if p == from || p.cut {
			continue
		}
		select {
		case p.frames <- frame:
		default:
		}
	}
}

// setCut takes a machine's cable out, or puts it in again; it reports whether that
// changed anything.
func (e *ether) setCut(name string, cut bool) (changed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.ports {
		if p.name == name {
			p.cut, changed = cut, p.cut != cut
		}
	}
	return changed
}

// beatText returns what the beating service of a machine says in this frame: a UDP
// datagram of IPv4 to guest.BeatPort.
func beatText(frame []byte) (string, bool) {
	const ethernet, udp = 14, 8
	if len(frame) < ethernet+20+udp || binary.BigEndian.Uint16(frame[12:]) != 0x0800 || frame[ethernet]>>4 != 4 {
		return "", false
	}
	ip := frame[ethernet:]
	head := int(ip[0]&15) * 4
	if ip[9] != 17 || len(ip) < head+udp || binary.BigEndian.Uint16(ip[head+2:]) != guest.BeatPort {
		return "", false
	}
	end := min(len(ip), int(binary.BigEndian.Uint16(ip[2:])))
	if end < head+udp {
		return "", false
	}
	return strings.TrimSpace(string(ip[head+udp : end])), true
}
