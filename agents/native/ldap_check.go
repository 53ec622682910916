package native

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
	"golang.org/x/sys/unix"
)

// ldapAbsent says that nobody listens where the server should.
type ldapAbsent struct{ reason string }

func (e *ldapAbsent) Error() string { return e.reason }

// ldapRefusal says that the server answered, but not with what was asked for.
type ldapRefusal struct{ reason string }

func (e *ldapRefusal) Error() string { return e.reason }

// check connects, binds and reads the base entry within the server's timeout.
func (s ldapServer) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The library's calls know no context: the end of ctx closes the connection.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err = s.ask(conn)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("server %s did not answer within %s", s.address, s.timeout)
	}
	return err
}

func (s ldapServer) connect(ctx context.Context) (*goldap.Conn, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return nil, s.dialError(err)
	}
	if s.tls != nil && !s.startTLS {
		c := tls.Client(raw, s.tls)
		if err := c.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, fmt.Errorf("server %s: TLS: %w", s.address, err)
		}
		raw = c
	}
	conn := goldap.NewConn(raw, s.tls != nil && !s.startTLS)
	conn.Start()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetTimeout(max(time.Second, 2*time.Until(deadline))) // a net below: the end of ctx comes first and says more
	}
	if s.startTLS && s.tls != nil {
		if err := conn.StartTLS(s.tls); err != nil {
			conn.Close()
			return nil, fmt.Errorf("server %s: StartTLS: %w", s.address, err)
		}
	}
	return conn, nil
}

func (s ldapServer) dialError(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		return &ldapAbsent{fmt.Sprintf("server %s refused the connection; is slapd running?", s.address)}
	case errors.Is(err, unix.ENOENT):
		return &ldapAbsent{fmt.Sprintf("socket %s does not exist; is slapd running?", s.address)}
	case errors.As(err, &dns):
		return fmt.Errorf("server %s: the host name is not known", s.address)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("server %s did not answer within %s", s.address, s.timeout)
	}
	return fmt.Errorf("server %s: %w", s.address, err)
}

// ask binds and searches as a client would.
func (s ldapServer) ask(conn *goldap.Conn) error {
	var err error
	if s.bindDN != "" {
		err = conn.Bind(s.bindDN, s.password)
	} else {
		err = conn.UnauthenticatedBind("")
	}
	if err != nil {
		who := "an anonymous bind"
		if s.bindDN != "" {
			who = "a bind as " + s.bindDN
		}
		return s.answerError(who, err)
	}
	if err := s.search(conn, goldap.ScopeBaseObject); err != nil {
		return err
	}
	if s.deep {
		return s.search(conn, goldap.ScopeWholeSubtree)
	}
	return nil
}

func (s ldapServer) search(conn *goldap.Conn, scope int) error {
	limit := 0
	if scope != goldap.ScopeBaseObject {
		limit = 1
	}
	res, err := conn.Search(goldap.NewSearchRequest(s.base, scope, goldap.NeverDerefAliases, limit, int(s.timeout.Seconds()), false, s.filter, []string{"1.1"}, nil))
	if goldap.IsErrorWithCode(err, goldap.LDAPResultSizeLimitExceeded) && res != nil && len(res.Entries) > 0 {
		return nil
	}
	// The root DSE has nothing below it on many servers.
	if goldap.IsErrorWithCode(err, goldap.LDAPResultNoSuchObject) && s.base == "" && scope != goldap.ScopeBaseObject {
		return nil
	}
	if err != nil {
		return s.answerError(fmt.Sprintf("a search for %s in %q", s.filter, s.base), err)
	}
	if len(res.Entries) == 0 && (s.base != "" || scope == goldap.ScopeBaseObject) {
		return &ldapRefusal{fmt.Sprintf("server %s found nothing for %s in %q", s.address, s.filter, s.base)}
	}
	return nil
}

// answerError tells the server's refusals from a connection that broke.
func (s ldapServer) answerError(what string, err error) error {
	var answer *goldap.Error
	if errors.As(err, &answer) {
		switch answer.ResultCode {
		case goldap.ErrorNetwork:
			if errors.Is(answer.Err, io.EOF) || errors.Is(answer.Err, unix.ECONNRESET) {
				return fmt.Errorf("server %s closed the connection during %s", s.address, what)
			}
			return fmt.Errorf("server %s: %s: %w", s.address, what, answer.Err)
		case goldap.LDAPResultInvalidCredentials:
			return &ldapRefusal{fmt.Sprintf("server %s refused %s: invalid credentials; check binddn and bindpw", s.address, what)}
		case goldap.LDAPResultNoSuchObject:
			return &ldapRefusal{fmt.Sprintf("server %s has no entry %q; check basedn", s.address, s.base)}
		case goldap.LDAPResultBusy, goldap.LDAPResultUnavailable:
			return fmt.Errorf("server %s is busy or unavailable", s.address)
		}
		return &ldapRefusal{fmt.Sprintf("server %s refused %s: %s", s.address, what, goldap.LDAPResultCodeMap[answer.ResultCode])}
	}
	return fmt.Errorf("server %s: %s: %w", s.address, what, err)
}
