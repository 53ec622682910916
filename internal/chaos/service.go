package chaos

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/internal/selfagent"
)

// beat is how often a service says that it is at work; stillAfter is how long after its
// last beat it counts as standing still; pausedFor is how long it must have done so to be
// taken for paused, and not for slow: shorter than the dead time, after which others act.
const (
	beat       = 20 * time.Millisecond
	stillAfter = 250 * time.Millisecond
	pausedFor  = 900 * time.Millisecond
)

// Services with a part of their own: front answers clients at the virtual address, lead
// runs where its promotable resource is promoted.
const (
	frontName = "front"
	frontPort = ":8081"
	leadName  = "lead"
)

// Service is at work until it is killed: it tells the referee so at every beat. It says on
// standard output when it has begun.
func Service(name string) error {
	conn, err := net.Dial("unix", os.Getenv(refereeVar))
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if err := (agent{name: name}).service().Note(); err != nil {
		return err
	}
	if name == frontName {
		l, err := net.Listen("tcp", frontPort)
		if err != nil {
			return err
		}
		go func() {
			_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, host) }))
		}()
	}
	if _, err := fmt.Fprintf(conn, "%s %s\n", name, host); err != nil {
		return err
	}
	// The first beat is acknowledged before anybody is told that the service runs.
	if _, err := fmt.Fprintln(conn, monotonic()); err != nil {
		return err
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		return err
	}
	selfagent.Ready()
	for {
		time.Sleep(beat)
		if _, err := fmt.Fprintln(conn, monotonic()); err != nil {
			return errors.New("the referee is gone")
		}
	}
}

// monotonic is the kernel's monotonic time in nanoseconds: one clock for all nodes.
func monotonic() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}
