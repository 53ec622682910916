package vm

import (
	"bytes"
	"strings"
	"sync"
)

// console takes what a machine writes to its first serial port, line by line. The
// machine's own words go to the timeline, all others are kept for when a test fails.
type console struct {
	machine *Machine

	mu   sync.Mutex // guards rest
	rest []byte
}

func (c *console) Write(data []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = append(c.rest, data...)
	for {
		line, rest, ok := bytes.Cut(c.rest, []byte("\n"))
		if !ok {
			return len(data), nil
		}
		c.rest = rest
		text := strings.TrimSpace(string(line))
		if own, ok := strings.CutPrefix(text, "vm: "); ok {
			c.machine.cluster.Timeline.Add(c.machine.Name, "%s", own)
		} else if text != "" {
			c.machine.cluster.keep(c.machine.Name, text)
		}
	}
}
