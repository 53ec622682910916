package native

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

// ldapServer is what the parameters of ldap say.
type ldapServer struct {
	req      Request
	network  string // tcp or unix
	address  string
	tls      *tls.Config // nil: plain
	startTLS bool
	base     string
	bindDN   string
	password string
	filter   string
	timeout  time.Duration
	deep     bool // also search below the base
	manage   bool
}

func parseLDAP(r Request) (ldapServer, *Response) {
	s := ldapServer{
		req: r, base: r.param("basedn", ""), bindDN: r.param("binddn", ""), password: r.Params["bindpw"],
		filter: r.param("filter", "(objectClass=*)"), startTLS: r.flag("starttls"), manage: r.flag("manage"),
	}
	if level, _ := strconv.Atoi(r.param(ocf.CheckLevel, "0")); level >= 10 {
		s.deep = true
	}
	var ok bool
	if s.timeout, ok = ocf.ParseDuration(r.param("timeout", "5s")); !ok || s.timeout <= 0 {
		return s, bad(crm.NotConfigured, "timeout %q is not a time such as 5s", r.Params["timeout"])
	}
	if _, err := goldap.CompileFilter(s.filter); err != nil {
		return s, bad(crm.NotConfigured, "filter %q: %v", s.filter, err)
	}
	for name, dn := range map[string]string{"basedn": s.base, "binddn": s.bindDN} {
		if _, err := goldap.ParseDN(dn); err != nil {
			return s, bad(crm.NotConfigured, "%s %q: %v", name, dn, err)
		}
	}
	if s.bindDN != "" && s.password == "" {
		return s, bad(crm.NotConfigured, "binddn without bindpw: servers take that for an anonymous bind")
	}
	return s, s.parseWhere()
}

// parseWhere reads uri, or host and port.
func (s *ldapServer) parseWhere() *Response {
	r := s.req
	scheme, host, port := "ldap", r.param("host", "127.0.0.1"), r.param("port", "")
	if r.flag("tls") {
		scheme = "ldaps"
	}
	if text := r.param("uri", ""); text != "" {
		u, err := url.Parse(text)
		switch {
		case err == nil && u.Scheme == "ldapi":
			s.network, s.address = "unix", "/var/run/slapd/ldapi"
			if u.Host != "" {
				s.address = u.Host
			} else if u.Path != "" && u.Path != "/" {
				s.address = u.Path
			}
			return nil
		case err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps":
			return bad(crm.NotConfigured, "uri %q is not ldap://HOST:PORT, ldaps://HOST:PORT or ldapi://%%2Fpath", text)
		}
		scheme, port = u.Scheme, u.Port()
		if u.Hostname() != "" {
			host = u.Hostname()
		}
	}
	if port == "" {
		port = map[string]string{"ldap": "389", "ldaps": "636"}[scheme]
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return bad(crm.NotConfigured, "port %q is not a number from 1 to 65535", port)
	}
	s.network, s.address = "tcp", net.JoinHostPort(host, port)
	if scheme == "ldaps" || s.startTLS {
		return s.parseTLS(host, scheme == "ldaps")
	}
	return nil
}

func (s *ldapServer) parseTLS(host string, fromTheBeginning bool) *Response {
	cfg := &tls.Config{ServerName: host}
	if s.req.Params["tls_verify"] != "" && !s.req.flag("tls_verify") {
		cfg.InsecureSkipVerify = true // the operator asked for it
	}
	if file := s.req.param("tls_ca", ""); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return bad(crm.NotInstalled, "tls_ca: %v", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return bad(crm.NotInstalled, "tls_ca %s holds no certificate", file)
		}
	}
	s.tls = cfg
	s.startTLS = !fromTheBeginning
	return nil
}
