package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/agents/native"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/lrmd/lease"
)

// Config is what an lrmd needs to know.
type Config struct {
	Socket   string // path of the unix socket
	StateDir string // its own files
	Lease    string // path of the lease that crmd renews; "": none is kept
	Dirs     exec.Dirs
	Env      []string // what agents inherit; see ocf.Daemon
	// MaxRunning is how many ordered operations run at once; zero means twice the
	// number of cores. Native agents do not count.
	MaxRunning int
	// Reap makes the process the parent of all that agents leave behind. Only a
	// process of its own sets it: it takes every child's exit.
	Reap bool
	Log  *slog.Logger
	// Ready is called once, when orders are taken. May be nil.
	Ready func()
	// Alive is called every AliveEvery while the daemon's loop moves on; zero: never.
	Alive      func()
	AliveEvery time.Duration
}

// Socket is where the executor of the machine rooted at root listens.
func Socket(root string) string { return filepath.Join("/", root, "run/tactus/lrmd.sock") }

// StateDir is where that executor keeps its files.
func StateDir(root string) string { return filepath.Join("/", root, "var/lib/tactus/lrmd") }

// Run is the executor daemon. It serves until ctx is over, then ends the runs under way
// (resources stay as they are) and returns nil; an error means it could not serve.
func Run(ctx context.Context, cfg Config) error {
	d, listener, err := start(cfg)
	if err != nil {
		return err
	}
	// Children are collected until the last run has ended, longer than ctx lasts.
	reaping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var owned sync.WaitGroup
	if cfg.Reap {
		if err := d.runner.Adopt(); err != nil {
			d.log.Warn("children that agents leave behind are not collected", "error", err)
		}
	}
	owned.Go(func() { d.runner.Reap(reaping) })
	owned.Go(func() { d.accept(listener) })
	owned.Go(func() { d.vigil(ctx) })
	d.log.Info("lrmd is up", "socket", cfg.Socket, "limit", d.cfg.MaxRunning, "stamp", d.executor.Stamp().String(), "instance", d.instance)
	if cfg.Ready != nil {
		cfg.Ready()
	}
	d.loop(ctx)
	_ = listener.Close()
	d.closeAll()
	cancel()
	owned.Wait()
	return errors.Join(d.stamp.close(), d.lock.Close())
}

// Daemon is a running lrmd.
type daemon struct {
	cfg    Config
	log    *slog.Logger
	runner *exec.Runner
	stamp  *stampFile
	lock   *os.File
	bootID string
	// instance names this life: rand.Text at each start.
	instance string

	calls    chan func()   // work for the loop
	finished chan finished // outcomes of runs
	over     chan struct{} // closed when the loop has ended

	// The loop's own; nobody else touches them.
	executor *lrmd.Executor
	running  map[int]context.CancelFunc
	heard    hearing
	stats    lrmd.Stats
	dirty    bool      // the memory file is behind
	saveAt   time.Time // when it is written
	ending   bool      // no more orders are taken
	lease    *lease.Lease
	lapsed   bool // the lease is over and what ran here was stopped

	mu    sync.Mutex // guards conns
	conns map[*conn]struct{}
}

type finished struct {
	run int
	out lrmd.Outcome
}

// start takes the lock, reads back what was remembered and opens the socket.
func start(cfg Config) (*daemon, net.Listener, error) {
	if cfg.MaxRunning <= 0 {
		cfg.MaxRunning = 2 * runtime.NumCPU()
	}
	d := &daemon{
		cfg: cfg, log: cfg.Log, bootID: bootID(), instance: rand.Text(), calls: make(chan func()), finished: make(chan finished, 64),
		over: make(chan struct{}), running: map[int]context.CancelFunc{}, conns: map[*conn]struct{}{},
	}
	d.runner = &exec.Runner{Dirs: cfg.Dirs, Env: cfg.Env, RunsDir: filepath.Join(filepath.Dir(cfg.Socket), "lrmd-runs"), Hooks: native.Hooks{SetPromotionScore: d.promotionScore, Log: d.agentLog}}
	if err := os.MkdirAll(cfg.StateDir, 0o750); err != nil {
		return nil, nil, err
	}
	// The sockets have rights of their own; agents keep notes for everybody here.
	if err := os.MkdirAll(filepath.Dir(cfg.Socket), 0o755); err != nil {
		return nil, nil, err
	}
	if err := cfg.Dirs.Prepare(); err != nil {
		d.log.Warn("agents may miss a directory", "error", err)
	}
	if cfg.Lease != "" {
		var err error
		if d.lease, err = lease.Open(cfg.Lease); err != nil {
			d.log.Error("what runs here cannot be stopped by itself when this node is cut off and crmd hangs", "error", err)
		}
	}
	var err error
	if d.lock, err = lockDir(cfg.StateDir); err != nil {
		return nil, nil, err
	}
	switch n, err := d.runner.EndLeftovers(); {
	case err != nil:
		d.log.Error("the last lrmd left something behind; check it by hand", "error", err)
	case n > 0:
		d.log.Warn("ended what the last lrmd had under way", "runs", n)
	}
	listener, err := d.open()
	if err != nil {
		_ = d.lock.Close()
		return nil, nil, err
	}
	return d, listener, nil
}

func (d *daemon) open() (net.Listener, error) {
	stamp, highest, damaged, err := openStamp(d.cfg.StateDir)
	if err != nil {
		return nil, fmt.Errorf("stamp file: %w", err)
	}
	if damaged {
		d.log.Error("stamp file damaged: the newest authority is unknown until the next order", "file", stamp.f.Name())
	}
	d.stamp = stamp
	d.executor = lrmd.New(lrmd.Config{MaxRunning: d.cfg.MaxRunning, Light: d.cfg.Dirs.IsNative, Slack: 50 * time.Millisecond}, highest)
	memory, ok, err := loadMemory(d.cfg.StateDir, d.bootID)
	switch {
	case err != nil:
		d.log.Warn("results of the last run are lost", "error", err)
	case ok:
		effects := d.executor.Restore(time.Now(), memory)
		d.log.Info("results of the last run read back", "results", len(memory.Results), "lost", len(memory.Started))
		d.carryOut(context.Background(), effects)
	}
	return listen(d.cfg.Socket)
}

// loop owns the executor until ctx is over.
func (d *daemon) loop(ctx context.Context) {
	defer close(d.over)
	runs, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		d.arm(timer)
		select {
		case call := <-d.calls:
			d.keepLease(runs)
			call()
		case f := <-d.finished:
			d.finish(runs, f)
		case <-timer.C:
			d.carryOut(runs, d.executor.Tick(time.Now()))
			d.keepLease(runs)
		case <-ctx.Done():
			d.end()
			return
		}
		d.startWaiting(runs)
		if d.dirty && !time.Now().Before(d.saveAt) {
			d.save()
		}
	}
}

// startWaiting starts what was ordered by a call, which has no context of its own.
func (d *daemon) startWaiting(ctx context.Context) {
	for len(d.heard.toStart) > 0 {
		effects := d.heard.toStart
		d.heard.toStart = nil
		d.carryOut(ctx, effects)
	}
}

// arm sets the timer to the next thing on the timetable.
func (d *daemon) arm(timer *time.Timer) {
	at, ok := d.executor.Next()
	if d.dirty && (!ok || d.saveAt.Before(at)) {
		at, ok = d.saveAt, true
	}
	if end, kept := d.leaseEnds(); kept && (!ok || end.Before(at)) {
		at, ok = end, true
	}
	if !ok {
		timer.Stop()
		return
	}
	timer.Reset(max(0, time.Until(at)))
}

// carryOut does what the executor says.
func (d *daemon) carryOut(ctx context.Context, effects []lrmd.Effect) {
	for _, e := range effects {
		switch {
		case e.Run != nil:
			d.run(ctx, *e.Run)
		case e.Report != nil:
			d.report(*e.Report)
		case e.Kill != 0:
			if cancel := d.running[e.Kill]; cancel != nil {
				cancel()
			}
		case e.Forget != "":
			d.changed()
		}
	}
}

// run starts one run; its end comes back through d.finished.
func (d *daemon) run(ctx context.Context, run lrmd.Run) {
	ctx, cancel := context.WithCancel(ctx)
	d.running[run.ID] = cancel
	d.stats.Runs++
	if run.Order.Op.Interval == 0 {
		d.changed()
	}
	go func() {
		out := d.runner.Run(ctx, run.Order)
		select {
		case d.finished <- finished{run.ID, out}:
		case <-d.over:
		}
	}()
}

func (d *daemon) finish(ctx context.Context, f finished) {
	if cancel := d.running[f.run]; cancel != nil {
		cancel()
		delete(d.running, f.run)
	}
	if f.out.Status == crm.ExecTimeout {
		d.stats.Timeouts++
	}
	d.carryOut(ctx, d.executor.Finished(time.Now(), f.run, f.out))
}

// end writes the memory and then ends the runs under way, so that they are known as lost.
func (d *daemon) end() {
	d.ending = true
	d.save()
	for _, cancel := range d.running {
		cancel()
	}
	deadline := time.After(5 * time.Second)
	for len(d.running) > 0 {
		select {
		case f := <-d.finished:
			delete(d.running, f.run)
		case call := <-d.calls:
			call()
		case <-deadline:
			d.log.Warn("runs that do not end are left behind", "runs", len(d.running))
			return
		}
	}
}

// saveDelay is how long results are collected before the memory file is written.
const saveDelay = 250 * time.Millisecond

func (d *daemon) changed() {
	if !d.dirty {
		d.dirty, d.saveAt = true, time.Now().Add(saveDelay)
	}
}

func (d *daemon) save() {
	d.dirty = false
	if err := saveMemory(d.cfg.StateDir, d.bootID, d.executor.Remember()); err != nil {
		d.log.Warn("results not written to disk: a restarted lrmd would not know them", "error", err)
	}
}

func (d *daemon) agentLog(resource crm.ResourceID, text string) {
	d.log.Warn(text, "resource", resource)
}
