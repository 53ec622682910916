package shell

import (
	"errors"

	"github.com/tactus-ha/tactus/tools"
)

// Env is what a command sees of the world.
type Env = tools.Env

// errNotLive is the answer to what only a running cluster can do.
var errNotLive = errors.New("this needs a running cluster: unset CIB_file and CIB_shadow")

// withShadow makes a shadow copy the CIB that is worked on, as -c asks.
func withShadow(env Env, shadow string) Env {
	if shadow == "" || shadow == "live" {
		return env
	}
	getenv := env.Getenv
	env.Getenv = func(name string) string {
		if name == "CIB_shadow" {
			return shadow
		}
		return getenv(name)
	}
	return env
}
