package shell

import (
	"context"
	"os"
	"os/signal"
)

// interrupts turns Ctrl-C into the end of the command that runs, not of the shell.
type interrupts chan os.Signal

// catchInterrupts begins that; from now on Ctrl-C means nothing else to this process.
func catchInterrupts() interrupts {
	told := make(interrupts, 1)
	signal.Reset(os.Interrupt)
	signal.Notify(told, os.Interrupt)
	return told
}

// during returns a context for one command; done must be called when it is over.
func (told interrupts) during(ctx context.Context) (command context.Context, done func()) {
	select {
	case <-told: // typed while nothing ran
	default:
	}
	command, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-told:
			cancel()
		case <-command.Done():
		}
	}()
	return command, cancel
}
