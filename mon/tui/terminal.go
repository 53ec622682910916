package tui

import (
	"os"

	"golang.org/x/sys/unix"
)

// raw turns off line editing and echo; restore turns them on again. What is no terminal
// stays as it is.
func raw(in any) (restore func(), err error) {
	f, ok := in.(*os.File)
	if !ok || !isTTY(f) {
		return func() {}, nil
	}
	fd := int(f.Fd())
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	t := *old
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &t); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, old) }, nil
}

func isTTY(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// size gives the terminal's rows and columns; zero when it has none.
func size(out any) (rows, cols int) {
	f, ok := out.(*os.File)
	if !ok {
		return 0, 0
	}
	w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(w.Row), int(w.Col)
}
