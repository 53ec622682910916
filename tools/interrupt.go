package tools

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interruptGrace is how long a tool that was told to stop may take to end in order, as a
// terminal view does to restore the screen.
const interruptGrace = time.Second

// UntilInterrupted returns a context that ends at SIGINT or SIGTERM. A tool that does not
// look at it, because it is computing, is ended a second later with exit code 128 plus the
// signal's number, as a shell tells of a program that a signal has ended.
func UntilInterrupted() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		sig := <-told
		cancel()
		time.Sleep(interruptGrace)
		code := 128
		if n, ok := sig.(syscall.Signal); ok {
			code += int(n)
		}
		os.Exit(code)
	}()
	return ctx
}
