package demo

import (
	"context"

	"github.com/tactus-ha/tactus/internal/ldapresponder"
	"github.com/tactus-ha/tactus/internal/probe"
)

// startClient asks the LDAP server at the virtual address, again and again.
func startClient(ctx context.Context) *probe.Probe {
	return probe.Start(ctx, func(ctx context.Context) (string, error) { return ldapresponder.Ask(ctx, address+":389") })
}
