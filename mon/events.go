package mon

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/tools/store"
)

// events tells whenever the cluster's event stream has something new, until ctx ends.
// Without a stream the view still refreshes at its interval.
func (m *monitor) events(ctx context.Context) <-chan struct{} {
	ch := make(chan struct{}, 1)
	socket := store.Socket(m.env.Getenv)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	go func() {
		defer client.CloseIdleConnections()
		for ctx.Err() == nil {
			stream(ctx, client, ch)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	return ch
}

func stream(ctx context.Context, client *http.Client, ch chan<- struct{}) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://crmd/v1/events", nil)
	if err != nil {
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data:") {
			select {
			case ch <- struct{}{}:
			default: // one is waiting already
			}
		}
	}
}
