package identity

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

var keyA, keyB = []byte("key a, long enough to be one"), []byte("key b, long enough to be one")

func handshake(t *testing.T, server, client *tls.Config) (seen crm.NodeName, serverErr, clientErr error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	done := make(chan error, 1)
	s := tls.Server(a, server)
	go func() {
		err := s.Handshake()
		if err != nil {
			a.Close()
		} else {
			_, err = s.Write([]byte("x"))
		}
		done <- err
	}()
	c := tls.Client(b, client)
	clientErr = c.Handshake()
	if clientErr == nil {
		_, clientErr = c.Read(make([]byte, 1))
	}
	b.Close()
	serverErr = <-done
	if serverErr == nil {
		seen, _, _ = Peer(s.ConnectionState())
	}
	return
}

func config(t *testing.T, cluster string, node crm.NodeName, id crm.NodeID, keys ...[]byte) *tls.Config {
	t.Helper()
	c, err := TLSConfig(keys, cluster, node, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMutualTLS(t *testing.T) {
	n1 := config(t, "c", "n1", 1, keyA)
	for _, tc := range []struct {
		name   string
		client *tls.Config
		want   string // part of an error of either side; "": accepted
	}{
		{"same cluster", config(t, "c", "n2", 2, keyA), ""},
		{"other key", config(t, "c", "n2", 2, keyB), "another key"},
		{"other cluster", config(t, "d", "n2", 2, keyA), "another key"},
		{"key change: new signs, old accepted", config(t, "c", "n2", 2, keyB, keyA), "another key"},
		{"key change: old signs, new accepted", config(t, "c", "n2", 2, keyA, keyB), ""},
		{"the right peer", ForPeer(config(t, "c", "n2", 2, keyA), 1), ""},
		{"a wrong peer", ForPeer(config(t, "c", "n2", 2, keyA), 3), "want node 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen, se, ce := handshake(t, n1, tc.client)
			text := ""
			for _, e := range []error{se, ce} {
				if e != nil {
					text += e.Error()
				}
			}
			if tc.want == "" && (text != "" || seen != "n2") {
				t.Errorf("handshake: errors %q, server saw %q; want none and n2", text, seen)
			}
			if tc.want != "" && !strings.Contains(text, tc.want) {
				t.Errorf("handshake: errors %q, want %q", text, tc.want)
			}
		})
	}
}

func TestKeyChangeWithoutAPause(t *testing.T) {
	old := config(t, "c", "n1", 1, keyA)
	middle := config(t, "c", "n2", 2, keyA, keyB)
	middleNew := config(t, "c", "n1", 1, keyB, keyA)
	last := config(t, "c", "n2", 2, keyB)
	for _, tc := range []struct {
		name string
		a, b *tls.Config
	}{{"old and middle", old, middle}, {"middle and middle", middleNew, middle}, {"middle and new", middleNew, last}} {
		if _, se, ce := handshake(t, tc.a, tc.b); se != nil || ce != nil {
			t.Errorf("%s: %v, %v; want both accepted", tc.name, se, ce)
		}
	}
}

func TestTLS12IsRefused(t *testing.T) {
	client := config(t, "c", "n2", 2, keyA)
	client.MinVersion, client.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, se, ce := handshake(t, config(t, "c", "n1", 1, keyA), client); se == nil && ce == nil {
		t.Error("a TLS 1.2 client was accepted")
	}
}

func TestSameInputSameCertificate(t *testing.T) {
	a, err := config(t, "c", "n1", 1, keyA).GetCertificate(nil)
	b, err2 := config(t, "c", "n1", 1, keyA).GetCertificate(nil)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if !bytes.Equal(a.Certificate[0], b.Certificate[0]) {
		t.Error("two runs made different certificates")
	}
}

func TestPacketKeysDiffer(t *testing.T) {
	a, err := PacketKeys([][]byte{keyA, keyB}, "c")
	b, err2 := PacketKeys([][]byte{keyA}, "d")
	if err != nil || err2 != nil || len(a) != 2 || bytes.Equal(a[0], a[1]) || bytes.Equal(a[0], b[0]) {
		t.Errorf("PacketKeys: %v %v: keys of other secrets or clusters must differ", err, err2)
	}
	if _, err := PacketKeys(nil, "c"); err == nil {
		t.Error("PacketKeys without a key: want an error")
	}
}

// A configuration that is in use follows a change of keys.
func TestKeysChangeUnderAConfiguration(t *testing.T) {
	c, err := NewCredentials([][]byte{keyA}, "c", "n1", 1)
	if err != nil {
		t.Fatal(err)
	}
	server := c.TLSConfig()
	old, last := config(t, "c", "n2", 2, keyA), config(t, "c", "n2", 2, keyB)
	for _, step := range []struct {
		name          string
		keys          [][]byte
		oldIn, lastIn bool
	}{
		{"at the start", [][]byte{keyA}, true, false},
		{"no key is refused", nil, true, false},
		{"only the new", [][]byte{keyB}, false, true},
		{"back", [][]byte{keyA}, true, false},
	} {
		if err := c.SetKeys(step.keys); (err != nil) != (step.keys == nil) {
			t.Errorf("%s: SetKeys = %v", step.name, err)
		}
		for _, peer := range []struct {
			conf *tls.Config
			want bool
		}{{old, step.oldIn}, {last, step.lastIn}} {
			if _, se, ce := handshake(t, server, peer.conf); (se == nil && ce == nil) != peer.want {
				t.Errorf("%s: handshake %v, %v; want accepted: %v", step.name, se, ce, peer.want)
			}
		}
	}
}
