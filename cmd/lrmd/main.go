// Command lrmd is the executor daemon: it runs resource agents for crmd.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/tactus-ha/tactus/lrmd/daemon"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
)

func main() {
	root := flag.String("root", os.Getenv("TACTUS_ROOT"), "prefix of every path")
	limit := flag.Int("max-running", 0, "ordered operations at once (0: twice the cores)")
	facility := flag.String("syslog-facility", "daemon", "where agents log; none: nowhere")
	logfile := flag.String("agent-log", "", "file that agents log to")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "lrmd: error: unexpected argument %q\n", flag.Arg(0))
		os.Exit(64)
	}
	syscall.Umask(0o026)
	debug.SetGCPercent(50)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := daemon.Run(ctx, daemon.Config{
		Socket: daemon.Socket(*root), StateDir: daemon.StateDir(*root), Dirs: exec.DirsFor(*root, os.Getenv),
		Env: ocf.Daemon(os.Environ(), *facility, *logfile), MaxRunning: *limit, Reap: true,
		Log:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Ready: func() { _ = daemon.Notify(os.Getenv("NOTIFY_SOCKET"), "READY=1") },
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "lrmd: error: %v\n", err)
		os.Exit(1)
	}
}
