package server

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/lrmd"
)

// parseAgent reads CLASS:TYPE or CLASS:PROVIDER:TYPE. ocf without a provider means
// heartbeat, as in the field.
func parseAgent(text string) (lrmd.Agent, error) {
	f := strings.Split(text, ":")
	switch {
	case len(f) == 3 && f[0] != "" && f[2] != "":
		return lrmd.Agent{Class: f[0], Provider: f[1], Type: f[2]}, nil
	case len(f) == 2 && f[0] == "ocf" && f[1] != "":
		return lrmd.Agent{Class: "ocf", Provider: "heartbeat", Type: f[1]}, nil
	case len(f) == 2 && f[0] != "" && f[1] != "":
		return lrmd.Agent{Class: f[0], Type: f[1]}, nil
	}
	return lrmd.Agent{}, errBad{"agent: " + strconv.Quote(text) + ": want CLASS:PROVIDER:TYPE or CLASS:TYPE, for example ocf:heartbeat:IPaddr2"}
}
