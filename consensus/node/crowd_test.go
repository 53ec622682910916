package node

import "testing"

func TestCrowd(t *testing.T) {
	write, read := &waiter{command: []byte{1}}, &waiter{}
	var c crowd
	c.admitted(write, 1)
	if c.missing() {
		t.Error("one who writes alone waits for others")
	}
	c = crowd{}
	for n := range 16 {
		c.admitted(write, n+1)
	}
	c.fresh = 0 // a cycle took them
	if c.missing() {
		t.Error("a crowd that asks for nothing is waited for")
	}
	for n := range 12 {
		if c.admitted(write, 1); c.missing() != (n < 10) {
			t.Errorf("%d of a crowd of 16 are there: missing = %v", n+1, c.missing())
		}
	}
	c.fresh = 0
	c.admitted(read, 16)
	if c.missing() {
		t.Error("a read waits for a crowd of writers")
	}
	for range 200 { // the crowd has gone, one is left
		c.fresh = 0
		c.admitted(write, 1)
	}
	if c.missing() {
		t.Errorf("the last one waits for a crowd that has gone (size %.1f)", c.size)
	}
}
