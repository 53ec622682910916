package watchdog

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Device is an open watchdog: it resets the machine unless it is fed within its timeout.
// A path that is no watchdog (a file, a FIFO) is fed the same way: tests watch it.
type Device struct {
	file    *os.File
	timeout time.Duration
}

// Open arms the watchdog at path. A device that cannot keep the timeout takes the nearest
// that it can; Timeout tells it.
func Open(path string, timeout time.Duration) (*Device, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EBUSY):
		return nil, fmt.Errorf("watchdog %s: in use by another program (sbd, systemd's RuntimeWatchdogSec, another crmd?)", path)
	case err != nil:
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	d := &Device{file: f, timeout: timeout}
	seconds := int((timeout + time.Second - 1) / time.Second)
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.WDIOC_SETTIMEOUT, seconds); err == nil {
		if real, err := unix.IoctlGetInt(int(f.Fd()), unix.WDIOC_GETTIMEOUT); err == nil {
			d.timeout = time.Duration(real) * time.Second
		}
	} else if real, err := unix.IoctlGetInt(int(f.Fd()), unix.WDIOC_GETTIMEOUT); err == nil {
		d.timeout = time.Duration(real) * time.Second // fixed in hardware
	}
	return d, d.Feed()
}

// Timeout is after how long without food the machine is reset.
func (d *Device) Timeout() time.Duration { return d.timeout }

// Feed begins the timeout anew.
func (d *Device) Feed() error {
	if _, err := d.file.Write([]byte{'\n'}); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	return nil
}

// Disarm ends the watch and closes the device: this machine may live on without us.
// Source: Documentation/watchdog/watchdog-api.rst, "magic close".
func (d *Device) Disarm() error {
	_, err := d.file.Write([]byte{'V'})
	return errors.Join(err, d.file.Close())
}

// Abandon closes the device and leaves it armed: the machine is reset unless somebody
// opens and feeds it in time.
func (d *Device) Abandon() error { return d.file.Close() }
