// Package client answers "how does crmd talk to its executor?": requests and results
// over the executor's unix socket. A Client is one connection; when the executor goes
// away its channels are closed and the owner dials again.
package client
