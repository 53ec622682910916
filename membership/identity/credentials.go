package identity

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"

	"github.com/tactus-ha/tactus/crm"
)

// Credentials are what a node shows of itself and what it accepts of others. The keys
// they come from can be changed while connections are made.
type Credentials struct {
	cluster string
	node    crm.NodeName
	id      crm.NodeID
	now     atomic.Pointer[credentials]
}

type credentials struct {
	own   tls.Certificate
	roots *x509.CertPool
}

// NewCredentials derives a node's credentials: keys[0] signs, all are accepted.
func NewCredentials(keys [][]byte, cluster string, node crm.NodeName, id crm.NodeID) (*Credentials, error) {
	c := &Credentials{cluster: cluster, node: node, id: id}
	return c, c.SetKeys(keys)
}

// SetKeys replaces the keys for connections that are made from now on. After an error
// the old ones are still used.
func (c *Credentials) SetKeys(keys [][]byte) error {
	if len(keys) == 0 {
		return ErrNoKey
	}
	next := credentials{roots: x509.NewCertPool()}
	for i, k := range keys {
		ca, caKey, err := authority(k, c.cluster)
		if err != nil {
			return err
		}
		next.roots.AddCert(ca)
		if i > 0 {
			continue
		}
		if next.own, err = nodeCertificate(k, ca, caKey, c.cluster, c.node, c.id); err != nil {
			return err
		}
	}
	c.now.Store(&next)
	return nil
}

// TLSConfig returns what a node needs for both ends of a connection: TLS 1.3 only, both
// sides prove that they are nodes of this cluster. It follows SetKeys. Peer reads from a
// connection who is at its other end; ForPeer asks for one node.
func (c *Credentials) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &c.now.Load().own, nil },
		GetClientCertificate:   func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c.now.Load().own, nil },
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true, // there are no host names to check; VerifyConnection checks the rest
		SessionTicketsDisabled: true,
		VerifyConnection:       func(cs tls.ConnectionState) error { return verify(cs, c.now.Load().roots, c.cluster) },
	}
}

// TLSConfig is that of credentials whose keys never change.
func TLSConfig(keys [][]byte, cluster string, node crm.NodeName, id crm.NodeID) (*tls.Config, error) {
	c, err := NewCredentials(keys, cluster, node, id)
	if err != nil {
		return nil, err
	}
	return c.TLSConfig(), nil
}
