package shell

import (
	"errors"

	"github.com/tactus-ha/tactus/tools"
	"github.com/tactus-ha/tactus/tools/store"
)

// Env is what a command sees of the world.
type Env = tools.Env

// errNotLive is the answer to what only a running cluster can do.
var errNotLive = errors.New("this needs a running cluster: unset CIB_file and CIB_shadow")

// openStore finds the CIB: a shadow copy (-c, CIB_shadow), CIB_file, or the cluster.
func openStore(env Env, shadow string) store.Store {
	getenv := env.Getenv
	if shadow != "" && shadow != "live" {
		env.Getenv = func(name string) string {
			if name == "CIB_shadow" {
				return shadow
			}
			return getenv(name)
		}
	}
	return env.Store()
}
