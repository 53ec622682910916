package watchdog

import "testing"

// FuzzNote: a note is what a dying machine wrote; any bytes give a sentence.
func FuzzNote(f *testing.F) {
	f.Add("2026-11-21T03:14:15Z\nthe stop of db did not end\n")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNote(text)
		if err == nil && n.At.IsZero() && len(text) < 20 {
			t.Errorf("parseNote(%q) has no time and no error", text)
		}
		if n.String() == "" {
			t.Errorf("parseNote(%q) gives no sentence", text)
		}
	})
}
