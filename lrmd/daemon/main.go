package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
)

const usage = `usage: lrmd [--root DIR] [options]
       lrmd agent NAME ACTION
       lrmd --version

The executor daemon: runs resource agents for crmd, and goes on with their monitors
while crmd is away.

  --root DIR             prefix of every path (TACTUS_ROOT)
  --max-running N        ordered operations at once; default: twice the cores
  --syslog-facility F    where agents log; none: nowhere (default daemon)
  --agent-log FILE       file that agents log to

Environment: TACTUS_ROOT, TACTUS_OCF_ROOT (in place of /usr/lib/ocf), NOTIFY_SOCKET.
Exit codes: 0 told to end, 1 could not serve.
`

// Main is the lrmd program: it reads its arguments and serves until ctx is over.
func Main(ctx context.Context, args, environ []string) error {
	getenv := lookup(environ)
	flags := flag.NewFlagSet("lrmd", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage) }
	root := flags.String("root", getenv("TACTUS_ROOT"), "")
	limit := flags.Int("max-running", 0, "")
	facility := flags.String("syslog-facility", "daemon", "")
	logfile := flags.String("agent-log", "", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	unix.Umask(0o026)      // agents inherit it
	debug.SetGCPercent(50) // memory is dearer than the little work there is
	return Run(ctx, Config{
		Socket: Socket(*root), StateDir: StateDir(*root), Dirs: exec.DirsFor(*root, getenv),
		Env: ocf.Daemon(environ, *facility, *logfile), MaxRunning: *limit, Reap: true,
		Log:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Ready: func() { _ = Notify(getenv("NOTIFY_SOCKET"), "READY=1") },
	})
}

func lookup(environ []string) func(string) string {
	return func(name string) string {
		for _, kv := range environ {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	}
}
