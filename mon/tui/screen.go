package tui

import (
	"context"
	"io"
	"os"
	"strings"
	"time"
)

// Screen is a terminal that shows a text which changes.
type Screen struct {
	In       io.Reader
	Out      io.Writer
	Interval time.Duration                             // between redraws when nothing happens
	Events   func(ctx context.Context) <-chan struct{} // nil: none
}

// help is shown by '?'.
const help = `Display options (press a key to change them):

  c  tickets                 n  group resources by node
  f  fail counts             r  inactive resources
  o  operations              t  operations with timing
  A  node attributes         L  negative location constraints
  R  details                 b  brief
  D  headers                 j  pending operations
  m  fence history

  q  quit                    any other key: redraw
`

// Run shows what draw returns until ctx ends or q is pressed. key is asked about every
// other key; it reports whether the key changed something.
func (s *Screen) Run(ctx context.Context, draw func(context.Context) string, key func(byte) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	restore, err := raw(s.In)
	if err != nil {
		return err
	}
	defer restore()
	io.WriteString(s.Out, "\x1b[?1049h\x1b[?25l")
	defer io.WriteString(s.Out, "\x1b[?25h\x1b[?1049l")
	keys := s.keys(ctx)
	var events <-chan struct{}
	if s.Events != nil {
		events = s.Events(ctx)
	}
	tick := time.NewTicker(s.Interval)
	defer tick.Stop()
	showHelp := false
	for {
		text := help
		if !showHelp {
			text = draw(ctx)
		}
		s.show(text)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-events:
			settle(ctx, events)
		case c, ok := <-keys:
			if !ok || c == 'q' || c == 3 {
				return nil
			}
			showHelp = c == '?' && !showHelp
			key(c)
		}
	}
}

// settle lets a burst of events pass, so that it costs one redraw.
func settle(ctx context.Context, events <-chan struct{}) {
	quiet := time.NewTimer(50 * time.Millisecond)
	defer quiet.Stop()
	for {
		select {
		case <-events:
		case <-quiet.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// keys reads keys until ctx ends. The reader itself ends with the program: a terminal
// cannot be told to stop.
func (s *Screen) keys(ctx context.Context) <-chan byte {
	ch := make(chan byte)
	go func() {
		defer close(ch)
		var buf [1]byte
		for {
			if n, err := s.In.Read(buf[:]); err != nil || n == 0 {
				return
			}
			select {
			case ch <- buf[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ch
}

// show draws the text from the top, as much as fits.
func (s *Screen) show(text string) {
	rows, cols := size(s.Out)
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if rows > 1 && len(lines) > rows-1 {
		lines = append(lines[:rows-2], "... more: make the window higher, or press b for a brief view")
	}
	var b strings.Builder
	b.WriteString("\x1b[H")
	for _, l := range lines {
		if r := []rune(strings.ReplaceAll(l, "\t", " ")); cols > 0 && len(r) > cols {
			l = string(r[:cols])
		} else {
			l = string(r)
		}
		b.WriteString(l + "\x1b[K\r\n")
	}
	b.WriteString("\x1b[J")
	io.WriteString(s.Out, b.String())
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && isTTY(f)
}
