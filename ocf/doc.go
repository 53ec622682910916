// Package ocf answers "how does one talk to a resource agent?": its meta-data, its
// environment, and what its exit code means. It is pure; lrmd/exec runs the agents.
package ocf
