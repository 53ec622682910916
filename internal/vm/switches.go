package vm

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// serveSwitch answers a machine's fence agents: lines "ID ACTION MACHINE" on the
// serial port guest.SwitchPort, each answered by ID and "ok", "on", "off" or "error: WHY".
func (c *Cluster) serveSwitch(from *Machine, conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		id, order, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if _, err := fmt.Fprintln(conn, id, c.switchPower(from, order)); err != nil {
			return
		}
	}
}

func (c *Cluster) switchPower(from *Machine, line string) string {
	action, name, _ := strings.Cut(line, " ")
	if action == "list" {
		var names []string
		for _, m := range c.Machines {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	var target *Machine
	for _, m := range c.Machines {
		if m.Name == name {
			target = m
		}
	}
	if target == nil {
		return fmt.Sprintf("error: no machine %q", name)
	}
	if action != "status" {
		c.Timeline.Add(from.Name, "its fence agent asks the power switch: %s %s", action, name)
	}
	if err := c.act(action, target); err != nil {
		return "error: " + err.Error()
	}
	if action == "status" && !target.Powered() {
		return "off"
	} else if action == "status" {
		return "on"
	}
	return "ok"
}

func (c *Cluster) act(action string, target *Machine) error {
	switch action {
	case "status":
		return nil
	case "reboot":
		if target.Powered() {
			return target.Reset()
		}
		return c.powerOn(target)
	case "off":
		target.PowerOff()
		return nil
	case "on":
		if target.Powered() {
			return nil
		}
		return c.powerOn(target)
	}
	return fmt.Errorf("unknown action %q (want on, off, reboot, status or list)", action)
}

func (c *Cluster) powerOn(m *Machine) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return m.PowerOn(ctx)
}
