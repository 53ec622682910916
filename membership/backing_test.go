package membership

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

func TestBackingIsTheMajoritysWord(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(100, 0).Add(time.Duration(ms) * time.Millisecond) }
	five := map[crm.NodeID]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1}
	b := &Backing{}
	if since, _ := b.Heard(at(1), 2, at(0)); !since.IsZero() {
		t.Fatalf("backed since %v before anybody has votes", since)
	}
	b.SetVotes(1, five, 3)
	for _, c := range []struct {
		name string
		by   crm.NodeID
		sent int // and heard of 50 ms later
		want int // -1: not backed
		gap  time.Duration
	}{
		{"one other of the two that are needed", 2, 10, -1, 0},
		{"the second", 3, 20, 10, 0},
		{"the slower of the two counts", 3, 200, 10, 0},
		{"a third one in its place", 4, 150, 150, 190 * time.Millisecond},
		{"old news", 4, 100, 150, 0},
		{"a stranger", 9, 5000, 150, 0},
		{"a long gap", 2, 5000, 200, 4900 * time.Millisecond},
		{"and its end", 3, 5010, 5000, 4860 * time.Millisecond},
	} {
		since, gap := b.Heard(at(c.sent+50), c.by, at(c.sent))
		want := at(c.want)
		if c.want < 0 {
			want = time.Time{}
		}
		if !since.Equal(want) || gap != c.gap {
			t.Errorf("%s: Heard = %v, %v; want %v, %v", c.name, since, gap, want, c.gap)
		}
	}
}

func TestOthersSuffice(t *testing.T) {
	for _, c := range []struct {
		name  string
		votes map[crm.NodeID]int
		need  int
		want  bool
	}{
		{"nothing known", nil, 0, false},
		{"two nodes", map[crm.NodeID]int{1: 1, 2: 1}, 2, false},
		{"two nodes and a witness", map[crm.NodeID]int{1: 1, 2: 1, 3: 1}, 2, true},
		{"this node has most votes", map[crm.NodeID]int{1: 3, 2: 1, 3: 1}, 3, false},
		{"this node has none", map[crm.NodeID]int{2: 1, 3: 1, 4: 1}, 2, true},
	} {
		b := &Backing{}
		b.SetVotes(1, c.votes, c.need)
		if got := b.OthersSuffice(); got != c.want {
			t.Errorf("%s: OthersSuffice() = %v, want %v", c.name, got, c.want)
		}
	}
}
