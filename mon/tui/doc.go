// Package tui answers "what does it look like now?": a text that is redrawn on a terminal
// whenever something happens, a key is pressed, or an interval has passed.
//
// It needs no library of the terminal's: the alternate screen and a cursor movement.
package tui
