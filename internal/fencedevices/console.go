package fencedevices

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Device is the dialog of a device with somebody who has logged in. It returns when he
// logs out or is gone.
type Device interface {
	// Prompts are what the device asks on a telnet line before it lets somebody in.
	Prompts() (user, password string)
	Serve(c *Console)
}

// Console is the line between a device and its user.
type Console struct {
	in   *bufio.Reader
	out  io.Writer
	skip bool // a line feed that belongs to the last carriage return
}

func newConsole(conn io.ReadWriter) *Console {
	return &Console{in: bufio.NewReader(conn), out: conn}
}

// interrupt is what ReadLine gives for control-C.
const interrupt = "\x03"

var errGone = errors.New("the user is gone")

// Print writes text, with the line ends of a terminal.
func (c *Console) Print(format string, args ...any) {
	_, _ = io.WriteString(c.out, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n"))
}

// ReadLine reads a line, or control-C, and shows what was typed.
func (c *Console) ReadLine() (string, error) { return c.readLine(true) }

func (c *Console) readLine(echo bool) (string, error) {
	var line []byte
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			return "", errGone
		}
		follows := c.skip
		c.skip = false
		switch {
		case follows && (b == '\n' || b == 0):
		case b == 3:
			return interrupt, nil
		case b == '\r' || b == '\n':
			c.skip = b == '\r'
			c.Print("\n")
			return string(line), nil
		case b >= ' ':
			line = append(line, b)
			if echo {
				_, _ = c.out.Write([]byte{b})
			}
		}
	}
}

// logIn asks for a name and a password until both are right.
func (c *Console) logIn(device Device, user, password string) error {
	askUser, askPassword := device.Prompts()
	for {
		c.Print("\n%s", askUser)
		gotUser, err := c.ReadLine()
		if err != nil {
			return err
		}
		c.Print("%s", askPassword)
		gotPassword, err := c.readLine(false)
		switch {
		case err != nil:
			return err
		case gotUser == user && gotPassword == password:
			return nil
		}
		c.Print("Login incorrect\n")
	}
}
