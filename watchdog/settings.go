package watchdog

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// DefaultTimeout is that of a watchdog whose setting names none, as with sbd.
const DefaultTimeout = 5 * time.Second

// The variables by which a watchdog is named; they win over sbd's file.
const (
	DeviceVar  = "TACTUS_WATCHDOG"
	TimeoutVar = "TACTUS_WATCHDOG_TIMEOUT" // seconds
)

// Settings say which watchdog is used. The zero value: none.
type Settings struct {
	Device  string
	Timeout time.Duration
	Source  string // where that was said
}

// ReadSettings looks at the environment, then at sbd's own file, which clusters that had a
// watchdog before have: SBD_WATCHDOG_DEV and SBD_WATCHDOG_TIMEOUT in /etc/default/sbd or
// /etc/sysconfig/sbd.
func ReadSettings(root string, getenv func(string) string) (Settings, error) {
	if device := getenv(DeviceVar); device != "" {
		return settings(device, getenv(TimeoutVar), DeviceVar)
	}
	for _, name := range []string{"etc/default/sbd", "etc/sysconfig/sbd"} {
		path := filepath.Join("/", root, name)
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		values := shellValues(string(data))
		if device := values["SBD_WATCHDOG_DEV"]; device != "" {
			return settings(device, values["SBD_WATCHDOG_TIMEOUT"], path)
		}
	}
	return Settings{}, nil
}

func settings(device, timeout, source string) (Settings, error) {
	s := Settings{Device: device, Timeout: DefaultTimeout, Source: source}
	if timeout == "" {
		return s, nil
	}
	n, err := strconv.Atoi(timeout)
	if err != nil || n < 1 || n > 3600 {
		return s, fmt.Errorf("%s: watchdog timeout %q: want seconds, 1 to 3600", source, timeout)
	}
	s.Timeout = time.Duration(n) * time.Second
	return s, nil
}

// shellValues reads lines NAME=VALUE; the last of a name counts.
func shellValues(text string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if name = strings.TrimPrefix(name, "export "); ok && !strings.HasPrefix(name, "#") {
			values[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return values
}
