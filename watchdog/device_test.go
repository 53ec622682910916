package watchdog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDeviceIsFedAndDisarmed: what the device gets, in a file that stands for it.
func TestDeviceIsFedAndDisarmed(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(*Device) error
		want string
	}{"disarmed": {(*Device).Disarm, "\n\nV"}, "abandoned": {(*Device).Abandon, "\n\n"}} {
		path := filepath.Join(t.TempDir(), "watchdog")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(path, 7*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if d.Timeout() != 7*time.Second {
			t.Errorf("%s: timeout %v, want 7 s", name, d.Timeout())
		}
		if err := d.Feed(); err != nil {
			t.Fatal(err)
		}
		if err := tc.end(d); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != tc.want {
			t.Errorf("%s: the device got %q, want %q", name, got, tc.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), time.Second); err == nil {
		t.Error("a device that is not there is opened")
	}
}

func TestSettings(t *testing.T) {
	sbd := "# a comment\nSBD_PACEMAKER=yes\n#SBD_WATCHDOG_DEV=/dev/no\nSBD_WATCHDOG_DEV=\"/dev/watchdog0\"\nSBD_WATCHDOG_TIMEOUT=10\n"
	for name, tc := range map[string]struct {
		file, device, timeout string
		want                  Settings
		err                   string
	}{
		"nothing said":    {},
		"sbd's file":      {file: sbd, want: Settings{Device: "/dev/watchdog0", Timeout: 10 * time.Second, Source: "/etc/default/sbd"}},
		"environment":     {file: sbd, device: "/dev/watchdog1", want: Settings{Device: "/dev/watchdog1", Timeout: DefaultTimeout, Source: DeviceVar}},
		"without timeout": {file: "SBD_WATCHDOG_DEV=/dev/w\n", want: Settings{Device: "/dev/w", Timeout: DefaultTimeout, Source: "/etc/default/sbd"}},
		"no number":       {device: "/dev/w", timeout: "soon", err: `TACTUS_WATCHDOG: watchdog timeout "soon": want seconds, 1 to 3600`},
		"no time":         {device: "/dev/w", timeout: "0", err: `TACTUS_WATCHDOG: watchdog timeout "0": want seconds, 1 to 3600`},
	} {
		root := t.TempDir()
		if tc.file != "" {
			if err := os.MkdirAll(filepath.Join(root, "etc/default"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, "etc/default/sbd"), []byte(tc.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ReadSettings(root, func(name string) string { return map[string]string{DeviceVar: tc.device, TimeoutVar: tc.timeout}[name] })
		got.Source = strings.TrimPrefix(got.Source, root)
		if text := errText(err); text != tc.err || err == nil && got != tc.want {
			t.Errorf("%s: %+v, error %q; want %+v, error %q", name, got, text, tc.want, tc.err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
