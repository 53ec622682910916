package native

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

func (s ldapServer) slapd() string   { return s.req.param("slapd", "/usr/sbin/slapd") }
func (s ldapServer) config() string  { return s.req.param("config", "/etc/ldap/slapd.d") }
func (s ldapServer) pidfile() string { return s.req.param("pidfile", "/run/slapd/slapd.pid") }

// installed checks what launch needs, without changing anything.
func (s ldapServer) installed() Response {
	if st, err := os.Stat(s.slapd()); err != nil || st.IsDir() || st.Mode()&0o111 == 0 {
		return fail(crm.NotInstalled, "%s is not an executable program; install slapd or set parameter slapd", s.slapd())
	}
	if _, err := os.Stat(s.config()); err != nil {
		return fail(crm.NotInstalled, "configuration: %v", err)
	}
	return Response{}
}

// launch runs slapd unless it runs already. slapd puts itself into the background when
// it has read its configuration and opened its sockets.
func (s ldapServer) launch(ctx context.Context) Response {
	if _, alive := s.pid(); alive {
		return Response{}
	}
	if res := s.installed(); res.RC != crm.OK {
		return res
	}
	args := []string{"-h", s.req.param("services", "ldap:/// ldapi:///")}
	if st, err := os.Stat(s.config()); err == nil && st.IsDir() {
		args = append(args, "-F", s.config())
	} else {
		args = append(args, "-f", s.config())
	}
	for _, o := range []struct{ option, name, def string }{{"-u", "user", "openldap"}, {"-g", "group", "openldap"}} {
		value, set := s.req.Params[o.name]
		if !set {
			value = o.def
		}
		if value != "" && os.Geteuid() == 0 {
			args = append(args, o.option, value)
		}
	}
	args = append(args, strings.Fields(s.req.Params["parameters"])...)
	code, output, err := s.req.command(ctx, s.slapd(), args...)
	switch {
	case err != nil:
		return fail(crm.GenericError, "%s: %v", s.slapd(), err)
	case code != 0:
		return fail(crm.GenericError, "%s ended with exit code %d: %s", s.slapd(), code, lastLineOf(output))
	}
	return Response{}
}

func lastLineOf(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "it printed nothing; see its log"
	}
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// terminate ends slapd: TERM, and KILL when most of the time is over.
func (s ldapServer) terminate(ctx context.Context) Response {
	pid, alive := s.pid()
	if !alive {
		return Response{}
	}
	patience := 10 * time.Second
	if d, ok := ctx.Deadline(); ok {
		patience = time.Until(d) * 3 / 4
	}
	if err := unix.Kill(pid, unix.SIGTERM); err != nil {
		return fail(crm.GenericError, "ending slapd (process %d): %v", pid, err)
	}
	if s.gone(ctx, pid, patience) {
		return Response{}
	}
	s.req.log("slapd (process %d) did not end within %s: killed", pid, patience.Round(time.Millisecond))
	_ = unix.Kill(pid, unix.SIGKILL)
	if s.gone(ctx, pid, time.Minute) {
		return Response{}
	}
	return fail(crm.GenericError, "slapd (process %d) does not end even when killed", pid)
}

func (s ldapServer) gone(ctx context.Context, pid int, patience time.Duration) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if !s.isSlapd(pid) {
			return true
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return false
		}
	}
	return !s.isSlapd(pid)
}

// pid reads the process id that slapd wrote; alive is false when no such slapd runs.
func (s ldapServer) pid() (pid int, alive bool) {
	data, err := os.ReadFile(s.pidfile())
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
	return pid, err == nil && pid > 1 && s.isSlapd(pid)
}

// isSlapd reports whether the process is a living slapd, not another that got its number.
func (s ldapServer) isSlapd(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	// PID (COMM) STATE ...
	_, rest, _ := strings.Cut(string(stat), "(")
	end := strings.LastIndexByte(rest, ')')
	if end < 0 || end+2 >= len(rest) {
		return false
	}
	name := filepath.Base(s.slapd())
	return rest[:end] == name[:min(15, len(name))] && rest[end+2] != 'Z' && rest[end+2] != 'X'
}
