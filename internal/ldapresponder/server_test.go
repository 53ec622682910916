package ldapresponder

import (
	"context"
	"net"
	"testing"
)

func TestAskIsAnsweredByTheServersName(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, "server1") }()
	for range 3 {
		if host, err := Ask(t.Context(), l.Addr().String()); host != "server1" || err != nil {
			t.Fatalf("Ask = %q, %v; want server1", host, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v after an orderly end, want nil", err)
	}
	if host, err := Ask(t.Context(), l.Addr().String()); err == nil {
		t.Errorf("Ask of a stopped server = %q, want an error", host)
	}
}
