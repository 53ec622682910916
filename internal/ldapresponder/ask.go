package ldapresponder

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Ask makes a new connection to an LDAP server, binds anonymously, reads one entry and
// returns its host attribute. It gives up when ctx ends.
func Ask(ctx context.Context, addr string) (host string, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	client := ldap.NewConn(conn, false)
	client.Start()
	defer client.Close()
	if deadline, ok := ctx.Deadline(); ok {
		client.SetTimeout(time.Until(deadline))
	}
	if err := client.UnauthenticatedBind(""); err != nil {
		return "", err
	}
	found, err := client.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"host"}, nil))
	if err != nil {
		return "", err
	}
	if len(found.Entries) == 0 {
		return "", fmt.Errorf("%s: no entry", addr)
	}
	return found.Entries[0].GetAttributeValue("host"), nil
}
