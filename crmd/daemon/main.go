package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/files"
)

// Summary is the program in one line.
const Summary = "the controller daemon of a Tactus node"

// Help is the text of --help and the source of the manual page.
const Help = `crmd - the controller daemon of a Tactus node

Usage: crmd [OPTION...]

It reads who the members are, joins the cluster, takes part in the agreement on the CIB,
and tells lrmd what to run. While this node is the DC it also decides for all. It stays in
the foreground and logs to standard error.

Options:
  --root=DIR            Prefix of every path (default: TACTUS_ROOT)
  --node=NAME           This node's name (default: TACTUS_NODE, else the node that has one of
                        this machine's addresses, else the host name)
  --log-level=LEVEL     debug, info (default), warn or error
  --log-format=FORMAT   text (default) or json
  --witness             This machine only votes: it needs no lrmd and runs nothing. Its node entry
                        in corosync.conf must say "witness: yes", as on all other nodes; in
                        ha.cf the line is "witness NAME" (what they say counts without this
                        option, too)
  --check               Read the configuration, say what is wrong, and exit
  --foreground          Accepted: crmd never goes into the background
  --version             Print the version and exit
  --man                 Print the manual page and exit
  --help                This text

Environment:
  TACTUS_ROOT, TACTUS_NODE   See --root and --node
  TACTUS_WATCHDOG            The watchdog that resets this machine when crmd hangs or must not go
                             on, e.g. /dev/watchdog (default: what sbd's file says, else none)
  TACTUS_WATCHDOG_TIMEOUT    Seconds after which it does so when it is not fed (default: 5)
  NOTIFY_SOCKET              Told when it serves (systemd)

Files:
  /etc/corosync/corosync.conf, /etc/corosync/authkey
      The members and the key, or
  /etc/ha.d/ha.cf, /etc/ha.d/authkeys
      the same in Heartbeat's words
  /var/lib/tactus/
      Log and snapshots of the agreement
  /var/lib/pacemaker/cib/cib.xml, /var/lib/pacemaker/pengine/
      Copies for other programs; crmd never reads them
  /etc/default/sbd, /etc/sysconfig/sbd
      SBD_WATCHDOG_DEV and SBD_WATCHDOG_TIMEOUT
  /run/tactus/crmd.sock
      Where it serves; group haclient

Signals:
  TERM, INT   Stop in order: the resources of this node move first
  HUP         Read the configuration again and log what is wrong with it. New keys are used at
              once, everything else from the next start on

Exit codes: 0 stopped in order, or --check found no error; 1 it could not serve;
64 wrong usage; 78 the configuration has errors.
`

// Exit codes of crmd.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 64
	exitConfig  = 78
)

// Options are the command line's.
type Options struct {
	Root, Node          string
	LogLevel, LogFormat string
	Check, Witness      bool
	Reload              <-chan os.Signal // SIGHUP; may be nil
	Version             string
	ShowVersion, Manual bool // only print these
}

// Define declares the options of the command line; Help explains them.
func (o *Options) Define(flags *flag.FlagSet) {
	flags.StringVar(&o.Root, "root", os.Getenv("TACTUS_ROOT"), "")
	flags.StringVar(&o.Node, "node", os.Getenv("TACTUS_NODE"), "")
	flags.StringVar(&o.LogLevel, "log-level", "info", "")
	flags.StringVar(&o.LogFormat, "log-format", "text", "")
	flags.BoolVar(&o.Check, "check", false, "")
	flags.BoolVar(&o.Witness, "witness", false, "")
	flags.Bool("foreground", true, "")
	flags.BoolVar(&o.ShowVersion, "version", false, "")
	flags.BoolVar(&o.Manual, "man", false, "")
}

// Main is the program: it runs until the node has left in order, and returns the exit code.
func Main(ctx context.Context, o Options, args []string) int {
	fail := func(code int, err error) int {
		fmt.Fprintf(os.Stderr, "crmd: error: %v\n", err)
		return code
	}
	if len(args) > 0 {
		return fail(exitUsage, fmt.Errorf("unexpected argument %q", args[0]))
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.LogLevel)); err != nil {
		return fail(exitUsage, fmt.Errorf("log level %q: want debug, info, warn or error", o.LogLevel))
	}
	log, err := NewLog(o.LogFormat, level)
	if err != nil {
		return fail(exitUsage, err)
	}
	cluster, problems, err := files.Load(ctx, files.Paths{Root: o.Root, Node: crm.NodeName(o.Node)})
	for _, p := range problems {
		if p.Level == membership.Warning {
			fmt.Fprintln(os.Stderr, p)
		}
	}
	if err != nil {
		var list membership.ProblemsError
		if errors.As(err, &list) {
			fmt.Fprintln(os.Stderr, list)
			return exitConfig
		}
		return fail(exitConfig, err)
	}
	self := cluster.LocalNode()
	if o.Witness && !self.Witness {
		return fail(exitConfig, fmt.Errorf("--witness: node %s may run resources according to %s; add witness: yes to its entry there (ha.cf: witness %s), on all nodes, or leave the option out", self.Name, cluster.Source, self.Name))
	}
	if o.Check {
		what := "node"
		if self.Witness {
			what = "witness"
		}
		fmt.Printf("%s: no errors; this is %s %s of cluster %q\n", cluster.Source, what, cluster.Local, cluster.ClusterName)
		return exitOK
	}
	defer paceCollector()()
	fresh := make(chan membership.Config)
	cfg := Config{Reload: fresh, Cluster: cluster, Self: crmd.Peer{ID: self.ID, Name: self.Name}, Root: o.Root, Version: o.Version, Log: log, Witness: self.Witness,
		Ready: func() { _ = Notify(os.Getenv("NOTIFY_SOCKET"), "READY=1") }}
	go func() {
		for range o.Reload {
			if c, ok := reread(ctx, o, log); ok {
				select {
				case fresh <- c:
				case <-ctx.Done():
				}
			}
		}
	}()
	err = Run(ctx, cfg, Connect(cfg))
	_ = Notify(os.Getenv("NOTIFY_SOCKET"), "STOPPING=1")
	if err != nil {
		log.Error("crmd cannot serve", "error", err)
		return exitFailure
	}
	return exitOK
}

// reread reads the configuration again. One with errors is refused: the old one stays.
func reread(ctx context.Context, o Options, log *slog.Logger) (cluster membership.Config, ok bool) {
	cluster, problems, err := files.Load(ctx, files.Paths{Root: o.Root, Node: crm.NodeName(o.Node)})
	for _, p := range problems {
		log.Warn("configuration: " + p.String())
	}
	if err != nil {
		log.Error("the configuration has errors: correct it before crmd is started again", "error", err)
		return cluster, false
	}
	return cluster, true
}
