package ocf

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// FromLSB translates what an init script exited with into OCF's meaning. For status:
// 0 running; 1 and 2 (dead, files left behind) and 3 mean not running; 150 and 151 are Pacemaker's additions (not
// installed, no permission); 4 and the rest are errors. For the others LSB's codes 1 to 6 are OCF's, and 7 (not running) after stop is success.
// Source: Linux Standard Base 5.0, "Init Script Actions".
func FromLSB(action string, code int) crm.ExitCode {
	if action == "status" || action == "monitor" {
		switch code {
		case 0:
			return crm.OK
		case 1, 2, 3:
			return crm.NotRunning
		case 150:
			return crm.NotInstalled
		case 151:
			return crm.NoPermission
		}
		return crm.GenericError
	}
	switch {
	case code >= 0 && code <= 6:
		return crm.ExitCode(code)
	case code == 7 && action == "stop":
		return crm.OK
	case code == 7:
		return crm.NotRunning
	}
	return crm.GenericError
}

// ExitReason gives the last exit reason in what an agent wrote to standard error, or "".
func ExitReason(stderr string) string {
	i := strings.LastIndex(stderr, ExitReasonPrefix)
	for i > 0 && stderr[i-1] != '\n' {
		i = strings.LastIndex(stderr[:i], ExitReasonPrefix)
	}
	if i < 0 {
		return ""
	}
	line, _, _ := strings.Cut(stderr[i+len(ExitReasonPrefix):], "\n")
	return strings.TrimSpace(strings.ToValidUTF8(line, "?"))
}
