package daemon

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/client"
)

// FuzzSocket: whatever a client with all rights sends, the executor lives on and
// answers the next client. Nothing that is sent here names an agent that exists.
func FuzzSocket(f *testing.F) {
	for _, line := range []string{
		`{"id":1,"verb":"state"}`, `{"id":2,"verb":"subscribe"}`, `{"id":3,"verb":"metadata","agent":{"class":"ocf","provider":"x","type":"../../y"}}`,
		`{"id":4,"verb":"submit","stamp":{"incarnation":1,"term":1},"order":{"stamp":{"incarnation":1,"term":1},"op":{"resource":"a","name":"monitor","interval":-5},"agent":{"class":"ocf","provider":"x","type":"y"},"timeout":-1}}`,
		`{"id":5,"verb":"cancel","key":{"resource":"a"}}` + "\n" + `{"id":0}`, `{"id":6,"verb":"forget"}`, `{"id":7,"verb":"flush"}`, "\x00\xff", `{"id":-1}`, `[]`, `{"id":1e400}`,
		`{"id":8,"verb":"submit","order":{"op":{"resource":"a","name":"start"},"agent":{"class":"stonith","type":"x"},"fence":{}}}`,
	} {
		f.Add([]byte(line))
	}
	e := launch(f, f.TempDir())
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, err := net.Dial("unix", Socket(e.root))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute)) // bounds a hang
		_, _ = conn.Write(append(data, '\n'))
		_ = conn.Close()
		c, err := client.Dial(t.Context(), Socket(e.root))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Stats(t.Context()); err != nil {
			t.Fatalf("after %q: %v", data, err)
		}
	})
}

// FuzzMemory: a memory file of a machine that crashed while writing is read or refused.
func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"boot_id":"b","memory":{"last_call":5}}`))
	f.Add([]byte(`{"boot_id":"other","memory":{"last_call":-5,"resources":[{"resource":"a","history":[{"call":1}]}]}}`))
	f.Add([]byte("{"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(memoryPath(dir), data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, ok, err := loadMemory(dir, "b")
		if err != nil {
			return
		}
		if !ok {
			t.Fatal("the file is not noticed")
		}
		lrmd.New(lrmd.Config{}, crm.Stamp{}).Restore(time.Unix(1e9, 0), m)
		if err := saveMemory(dir, "b", m); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}
