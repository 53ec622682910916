package links

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

func pair(t *testing.T) (*sealer, *opener) {
	t.Helper()
	key := bytes.Repeat([]byte{1}, 32)
	s, err := newSealer(key, "c", 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	return s, newOpener([][]byte{bytes.Repeat([]byte{2}, 32), key}, "c", 2, 200, []crm.NodeID{1, 3})
}

func TestSealAndOpen(t *testing.T) {
	s, o := pair(t)
	p := s.seal(nil, 1, []byte("hello"))
	got, err := o.open(p)
	if err != nil || got.from != 1 || got.boot != 100 || got.link != 1 || string(got.plain) != "hello" {
		t.Fatalf("open = %+v, %v", got, err)
	}
	if _, err := o.open(p); !errors.Is(err, errReplay) {
		t.Errorf("the same packet again: %v, want %v", err, errReplay)
	}
}

func TestRefusals(t *testing.T) {
	s, _ := pair(t)
	other, _ := newSealer(bytes.Repeat([]byte{9}, 32), "c", 1, 100)
	elsewhere, _ := newSealer(bytes.Repeat([]byte{1}, 32), "d", 1, 100)
	stranger, _ := newSealer(bytes.Repeat([]byte{1}, 32), "c", 7, 100)
	self, _ := newSealer(bytes.Repeat([]byte{1}, 32), "c", 2, 201)
	good := s.seal(nil, 0, []byte("x"))
	flip := func(i int) []byte { p := bytes.Clone(good); p[i] ^= 1; return p }
	for _, tc := range []struct {
		name   string
		packet []byte
		want   error
	}{
		{"empty", nil, errGarbage}, {"short", good[:headerSize+tagSize-1], errGarbage}, {"noise", bytes.Repeat([]byte{0xff}, 200), errGarbage},
		{"version", flip(2), errVersion}, {"cluster", elsewhere.seal(nil, 0, nil), errCluster}, {"stranger", stranger.seal(nil, 0, nil), errStranger},
		{"key", other.seal(nil, 0, nil), errKey}, {"link changed", flip(3), errKey}, {"boot changed", flip(13), errKey}, {"counter changed", flip(27), errKey},
		{"content changed", flip(headerSize), errKey}, {"tag changed", flip(len(good) - 1), errKey}, {"our own id", self.seal(nil, 0, nil), errSelf},
	} {
		_, o := pair(t)
		if _, err := o.open(tc.packet); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestAnOldBootIsRetired(t *testing.T) {
	old, o := pair(t)
	next, _ := newSealer(bytes.Repeat([]byte{1}, 32), "c", 1, 101)
	for _, s := range []*sealer{old, next} {
		got, err := o.open(s.seal(nil, 0, nil))
		if err != nil || o.confirmed(1, got.boot) {
			t.Fatalf("open: %v; a boot that has not answered counts as confirmed", err)
		}
		o.confirm(1, got.boot)
	}
	if !o.confirmed(1, 101) || o.confirmed(1, 100) {
		t.Error("the later boot must be the current one")
	}
	if _, err := o.open(old.seal(nil, 0, nil)); !errors.Is(err, errRetired) {
		t.Errorf("packet of the old boot: %v, want %v", err, errRetired)
	}
	for boot := range uint64(100) { // recordings of many boots do not push the current one out
		s, _ := newSealer(bytes.Repeat([]byte{1}, 32), "c", 1, 1000+boot)
		_, _ = o.open(s.seal(nil, 0, nil))
	}
	if _, err := o.open(next.seal(nil, 0, nil)); err != nil || !o.confirmed(1, 101) || len(o.senders[1].candidates) > maxCandidates {
		t.Errorf("after a flood of boots: %v, %d candidates", err, len(o.senders[1].candidates))
	}
}

func TestWindow(t *testing.T) {
	var w window
	seen := map[uint64]bool{}
	rng := rand.New(rand.NewPCG(1, 2))
	top := uint64(0)
	for range 20000 {
		n := top + uint64(rng.IntN(1500))
		if n > 700 {
			n -= 700
		}
		want := n > 0 && !seen[n] && (n > top || top-n < windowSize)
		if got := w.accept(n); got != want {
			t.Fatalf("accept(%d) with top %d = %v, want %v", n, top, got, want)
		}
		if want {
			seen[n], top = true, max(top, n)
		}
	}
}

func TestHeartbeatRoundTrip(t *testing.T) {
	h := heartbeat{leaving: true, sent: 5 * time.Second, number: 9, digest: [8]byte{1, 2}, echoes: []echo{{3, 30, time.Second, time.Millisecond}, {4, 40, 2 * time.Second, 3 * time.Millisecond}}}
	b := appendHeartbeat(nil, &h)
	got, e, ok := parseHeartbeat(b, 4)
	if !ok || !got.leaving || got.sent != h.sent || got.number != 9 || got.digest != h.digest || e == nil || *e != h.echoes[1] {
		t.Errorf("parseHeartbeat = %+v, %+v, %v", got, e, ok)
	}
	for n := range len(b) {
		if _, _, ok := parseHeartbeat(b[:n], 4); ok {
			t.Errorf("a heartbeat cut to %d of %d bytes was read", n, len(b))
		}
	}
}

func TestRefusalsAreReportedOnceAMinute(t *testing.T) {
	var r refusals
	now, a := time.Unix(1000, 0), netip.MustParseAddr("192.0.2.9")
	reports := 0
	for range 600 { // ten a second for a minute
		if _, ok := r.note(now, a, errKey); ok {
			reports++
		}
		now = now.Add(100 * time.Millisecond)
	}
	if got, ok := r.note(now, a, errKey); reports != 1 || !ok || got.Count != 600 || r.total != 601 {
		t.Errorf("%d reports in a minute, then %+v %v; want 1, then a count of 600", reports, got, ok)
	}
	for i := range 100000 {
		r.note(now, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), errKey)
	}
	if len(r.sources) > refusedMax {
		t.Errorf("%d sources are kept, want at most %d", len(r.sources), refusedMax)
	}
}

func FuzzOpen(f *testing.F) {
	s, _ := newSealer(bytes.Repeat([]byte{1}, 32), "c", 1, 100)
	f.Add(s.seal(nil, 0, appendHeartbeat(nil, &heartbeat{})))
	f.Add([]byte("Tb\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := newOpener([][]byte{bytes.Repeat([]byte{3}, 32)}, "c", 2, 200, []crm.NodeID{1})
		if got, err := o.open(data); err == nil && got != nil {
			t.Errorf("opened %q without the key", data)
		}
		parseHeartbeat(data, 1)
		parsePacket(data)
	})
}

func BenchmarkSealOpen(b *testing.B) {
	key := bytes.Repeat([]byte{1}, 32)
	s, _ := newSealer(key, "c", 1, 100)
	o := newOpener([][]byte{key}, "c", 2, 200, []crm.NodeID{1})
	h := heartbeat{echoes: []echo{{2, 200, 1, 1}}}
	var plain, packet []byte
	b.ReportAllocs()
	for b.Loop() {
		plain = appendHeartbeat(plain[:0], &h)
		packet = s.seal(packet[:0], 0, plain)
		if _, err := o.open(packet); err != nil {
			b.Fatal(err)
		}
	}
}

// A change of keys in the middle of a session: the sender's boot stays the current one,
// what was seen stays seen, and a key that was taken away opens nothing.
func TestRekey(t *testing.T) {
	one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	s, o := pair(t)
	first := s.seal(nil, 0, []byte("x"))
	got, err := o.open(first)
	if err != nil {
		t.Fatal(err)
	}
	o.confirm(1, got.boot)
	second := s.seal(nil, 0, []byte("x"))
	o.rekey([][]byte{one, two})
	if _, err := o.open(second); err != nil {
		t.Errorf("the old key while both are accepted: %v", err)
	}
	old := s.seal(nil, 0, []byte("x")) // kept back
	if err := s.rekey(two); err != nil {
		t.Fatal(err)
	}
	fresh := s.seal(nil, 0, []byte("x"))
	if _, err := o.open(fresh); err != nil || !o.confirmed(1, got.boot) {
		t.Errorf("the new key while both are accepted: %v, confirmed %v", err, o.confirmed(1, got.boot))
	}
	if _, err := o.open(old); err != nil {
		t.Errorf("a late packet under the old key: %v", err)
	}
	late := fresh
	o.rekey([][]byte{two})
	for _, tc := range []struct {
		name   string
		packet []byte
		want   error
	}{{"seen before the change", late, errReplay}, {"under the key that is gone", first, errKey}, {"under the new key", s.seal(nil, 0, []byte("x")), nil}} {
		if _, err := o.open(tc.packet); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}
