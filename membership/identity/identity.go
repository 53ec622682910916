package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// scheme of the URI that names a node in its certificate.
const scheme = "tactus"

// Certificates are valid from the first to the second of these, and are checked as of
// the third: a node whose clock is wrong after a power cut must still get in.
var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	checkedAt = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ErrNoKey means that no key was given.
var ErrNoKey = errors.New("identity: no key")

// PacketKeys derives one AES-256 key per cluster key, in their order. The cluster's name
// is part of it: clusters that share a key file by mistake do not hear each other.
func PacketKeys(keys [][]byte, cluster string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	var derived [][]byte
	for _, k := range keys {
		d, err := derive(k, "packets", cluster)
		if err != nil {
			return nil, err
		}
		derived = append(derived, d)
	}
	return derived, nil
}

func derive(key []byte, purpose, cluster string) ([]byte, error) {
	if len(key) == 0 {
		return nil, ErrNoKey
	}
	return hkdf.Key(sha256.New, key, []byte("tactus 1"), purpose+"\x00"+cluster, 32)
}

// ForPeer returns a copy of a TLSConfig that accepts only the node with that id.
func ForPeer(c *tls.Config, id crm.NodeID) *tls.Config {
	c = c.Clone()
	inner := c.VerifyConnection
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		if err := inner(cs); err != nil {
			return err
		}
		name, got, err := Peer(cs)
		if err == nil && got != id {
			err = fmt.Errorf("identity: want node %d, reached node %q (%d)", id, name, got)
		}
		return err
	}
	return c
}

// Peer tells which node is at the other end of a connection.
func Peer(cs tls.ConnectionState) (crm.NodeName, crm.NodeID, error) {
	if len(cs.PeerCertificates) == 0 || len(cs.PeerCertificates[0].URIs) != 1 {
		return "", 0, errors.New("identity: the peer's certificate names no node")
	}
	u := cs.PeerCertificates[0].URIs[0]
	name, idText, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	id, err := strconv.ParseUint(idText, 10, 32)
	if u.Scheme != scheme || !ok || err != nil || id == 0 {
		return "", 0, fmt.Errorf("identity: the peer's certificate names no node: %s", u)
	}
	return crm.NodeName(name), crm.NodeID(id), nil
}

func verify(cs tls.ConnectionState, roots *x509.CertPool, cluster string) error {
	if len(cs.PeerCertificates) == 0 {
		return errors.New("identity: the peer showed no certificate")
	}
	leaf := cs.PeerCertificates[0]
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: checkedAt, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return fmt.Errorf("identity: the peer has another key: %w", err)
	}
	if _, _, err := Peer(cs); err != nil {
		return err
	}
	if got := leaf.URIs[0].Host; got != clusterHost(cluster) {
		return errors.New("identity: the peer belongs to another cluster")
	}
	return nil
}

// clusterHost is the cluster's name as a URI host: a digest, for names may hold anything.
func clusterHost(cluster string) string {
	sum := sha256.Sum256([]byte(cluster))
	return fmt.Sprintf("%x", sum[:8])
}

func authority(key []byte, cluster string) (*x509.Certificate, ed25519.PrivateKey, error) {
	seed, err := derive(key, "authority", cluster)
	if err != nil {
		return nil, nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	// The subject differs with the key, so that two authorities are told apart while a key is changed.
	sum := sha256.Sum256(public)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: fmt.Sprintf("tactus authority %x", sum[:6])},
		NotBefore: notBefore, NotAfter: notAfter, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return sign(t, t, public, private)
}

func nodeCertificate(key []byte, ca *x509.Certificate, caKey ed25519.PrivateKey, cluster string, node crm.NodeName, id crm.NodeID) (tls.Certificate, error) {
	seed, err := derive(key, "node\x00"+string(node)+"\x00"+strconv.FormatUint(uint64(id), 10), cluster)
	if err != nil {
		return tls.Certificate{}, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(int64(id) + 1), Subject: pkix.Name{CommonName: string(node)},
		NotBefore: notBefore, NotAfter: notAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{{Scheme: scheme, Host: clusterHost(cluster), Path: "/" + string(node) + "/" + strconv.FormatUint(uint64(id), 10)}},
	}
	leaf, _, err := sign(t, ca, private.Public().(ed25519.PublicKey), caKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: private, Leaf: leaf}, nil
}

func sign(t, parent *x509.Certificate, public ed25519.PublicKey, private ed25519.PrivateKey) (*x509.Certificate, ed25519.PrivateKey, error) {
	// Ed25519 signatures need no randomness: the same input gives the same certificate.
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, private)
	if err != nil {
		return nil, nil, fmt.Errorf("identity: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return cert, private, err
}
