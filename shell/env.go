package shell

import (
	"io"
	"time"
)

// Env is what a command sees of the world.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
}

// The exit codes of crm.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)
