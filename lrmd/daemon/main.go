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
	"github.com/tactus-ha/tactus/lrmd/lease"
	"github.com/tactus-ha/tactus/ocf"
)

// Summary is the program in one line.
const Summary = "the executor daemon of a Tactus node"

// Help is the text of --help and the source of the manual page.
const Help = `lrmd - the executor daemon of a Tactus node

Usage: lrmd [OPTION...]
       lrmd agent NAME ACTION

It runs resource agents for crmd, and goes on with their monitors while crmd is away: what it
runs survives a restart of crmd, and what it knows survives its own. It knows nothing of
clusters, refuses orders that are older than those it has seen, and logs to standard error.

With "agent" it calls one of its native agents by hand: parameters come from the
environment (OCF_RESKEY_NAME), the exit code is the agent's.

Options:
  --root=DIR             Prefix of every path (default: TACTUS_ROOT)
  --max-running=N        Ordered operations at once (default: twice the cores)
  --syslog-facility=F    Where agents log; none: nowhere (default: daemon)
  --agent-log=FILE       File that agents log to
  --version              Print the version and exit
  --man                  Print the manual page and exit
  --help                 This text

Environment:
  TACTUS_ROOT            See --root
  TACTUS_OCF_ROOT        In place of /usr/lib/ocf
  TACTUS_FENCE_PATH      Directories of fence agents (default: /usr/sbin)
  TACTUS_STONITH_PLUGINS In place of /usr/lib/stonith/plugins
  NOTIFY_SOCKET          Told when it serves, and that it goes on (systemd)
  WATCHDOG_USEC          How long systemd waits for the latter before it starts lrmd anew

Files:
  /usr/lib/ocf/resource.d/PROVIDER/TYPE, /etc/init.d/NAME
      Agents, looked for each time anew
  /usr/sbin/fence_NAME, /usr/lib/stonith/plugins/external/NAME
      Fence agents, likewise
  /var/lib/tactus/lrmd/
      What it remembers
  /run/tactus/lrmd.sock
      Where it serves crmd
  /run/tactus/lease
      Until when crmd says that this node may run resources (only without fencing); when
      that time is over what runs is stopped

Signals:
  TERM, INT   End: runs under way are ended, resources stay as they are

Exit codes: 0 told to end; 1 wrong usage, or it could not serve.
`

// Main is the lrmd program: it reads its arguments and serves until ctx is over.
func Main(ctx context.Context, args, environ []string) error {
	getenv := lookup(environ)
	flags := flag.NewFlagSet("lrmd", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), Help) }
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
		Socket: Socket(*root), StateDir: StateDir(*root), Lease: lease.Path(*root), Dirs: exec.DirsFor(*root, getenv),
		Env: ocf.Daemon(environ, *facility, *logfile), MaxRunning: *limit, Reap: true,
		Log:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Ready: func() { _ = Notify(getenv("NOTIFY_SOCKET"), "READY=1") },
		Alive: func() { _ = Notify(getenv("NOTIFY_SOCKET"), "WATCHDOG=1") }, AliveEvery: aliveEvery(getenv("WATCHDOG_USEC")),
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
