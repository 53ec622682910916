package client

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/tactus-ha/tactus/lrmd"
)

// FuzzAnswers: whatever comes from the executor's end of the socket, requests end: with
// an answer, or with the news that the executor is gone.
func FuzzAnswers(f *testing.F) {
	for _, line := range []string{`{"id":1,"call":5}`, `{"id":2,"error":"no"}`, `{"id":1}` + "\n" + `{"id":1}`, `{"result":{"call":-1,"op":{}}}`, `{"score":{}}`, `{"id":1,"stats":null}`, "x", ""} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		near, far := net.Pipe()
		c := &Client{conn: near, done: make(chan struct{}), waiting: map[uint64]chan lrmd.Message{}}
		c.results, c.scores = newQueue[lrmd.Result](c.done), newQueue[lrmd.PromotionScore](c.done)
		go c.read()
		go func() {
			_, _ = far.Read(make([]byte, 4096))
			_, _ = far.Write(append(data, '\n'))
			_ = far.Close()
		}()
		if stats, err := c.Stats(context.Background()); err == nil && !bytes.Contains(data, []byte(`"stats"`)) && stats != (lrmd.Stats{}) {
			t.Errorf("figures %+v from %q", stats, data)
		}
		<-c.Done()
	})
}
