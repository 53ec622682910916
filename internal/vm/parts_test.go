package vm

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/vm/guest"
)

// entries reads an archive back: names in their order, with mode and data.
func entries(t *testing.T, data []byte) (names []string, found map[string]File) {
	t.Helper()
	found = map[string]File{}
	for len(data) > 0 {
		if len(data) < 110 || string(data[:6]) != "070701" {
			t.Fatalf("no header where one is due; %d bytes are left", len(data))
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(data[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		mode, size, nameSize := field(1), field(6), field(11)
		body := (110 + nameSize + 3) &^ 3
		name := string(data[110 : 110+nameSize-1])
		names = append(names, name)
		found[name] = File{Name: name, Mode: uint32(mode), Data: data[body : body+size]}
		data = data[(body+size+3)&^3:]
	}
	return names, found
}

func TestArchiveHoldsFilesFoldersAndLinks(t *testing.T) {
	var out bytes.Buffer
	err := WriteArchive(&out, []File{
		{Name: "usr/sbin/crm", Link: "tactus"}, {Name: "init", Mode: 0o755, Data: []byte("odd")}, {Name: "usr/lib/x", Data: []byte("data")},
	})
	if err != nil {
		t.Fatal(err)
	}
	names, found := entries(t, out.Bytes())
	if got, want := strings.Join(names, " "), "init usr usr/lib usr/lib/x usr/sbin usr/sbin/crm TRAILER!!!"; got != want {
		t.Errorf("entries %s, want %s", got, want)
	}
	for name, want := range map[string]File{
		"init": {Mode: 0o100755, Data: []byte("odd")}, "usr/lib": {Mode: 0o040755}, "usr/lib/x": {Mode: 0o100644, Data: []byte("data")}, "usr/sbin/crm": {Mode: 0o120777, Data: []byte("tactus")},
	} {
		if got := found[name]; got.Mode != want.Mode || string(got.Data) != string(want.Data) {
			t.Errorf("%s: mode %o data %q, want mode %o data %q", name, got.Mode, got.Data, want.Mode, want.Data)
		}
	}
}

func TestArchiveRefusesNames(t *testing.T) {
	for name, files := range map[string][]File{
		"absolute": {{Name: "/init"}}, "empty": {{}}, "upwards": {{Name: "a/../../b"}}, "twice": {{Name: "a"}, {Name: "a", Data: []byte("x")}},
	} {
		if err := WriteArchive(io.Discard, files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSwitchForwardsAndCuts(t *testing.T) {
	var beats []string
	e := &ether{beat: func(_ time.Time, from string, heard bool, text string) {
		beats = append(beats, from+" "+strconv.FormatBool(heard)+" "+text)
	}}
	a, b, c := &etherPort{name: "a"}, &etherPort{name: "b"}, &etherPort{name: "c"}
	e.ports = []*etherPort{a, b, c}
	send := func(from *etherPort, payload []byte) string {
		for _, p := range e.ports {
			p.frames = make(chan []byte, 1)
		}
		e.forward(from, append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...))
		var got []string
		for _, p := range e.ports {
			if len(p.frames) == 1 {
				got = append(got, p.name)
			}
		}
		return strings.Join(got, " ")
	}
	if got := send(a, []byte("to all")); got != "b c" {
		t.Errorf("a frame of a reaches %q, want b c", got)
	}
	e.setCut("b", true)
	if got := send(a, beatFrame("a 1")); got != "c" {
		t.Errorf("with b cut off, a frame of a reaches %q, want c", got)
	}
	if got := send(b, beatFrame("b 1")); got != "" {
		t.Errorf("a frame of b, which is cut off, reaches %q", got)
	}
	e.setCut("b", false)
	if got := send(c, []byte("x")); got != "a b" {
		t.Errorf("a frame of c reaches %q, want a b", got)
	}
	if got, want := strings.Join(beats, ", "), "a true a 1, b false b 1"; got != want {
		t.Errorf("beats %s, want %s", got, want)
	}
	c.frames <- nil // one that does not keep up
	e.forward(a, append([]byte{0, 0, 0, 1}, 'x'))
}

// beatFrame is what the service's datagram looks like on the wire.
func beatFrame(text string) []byte {
	f := make([]byte, 14+20+8)
	binary.BigEndian.PutUint16(f[12:], 0x0800)
	f[14] = 0x45
	binary.BigEndian.PutUint16(f[16:], uint16(20+8+len(text)))
	f[14+9] = 17
	binary.BigEndian.PutUint16(f[14+20+2:], guest.BeatPort)
	return append(f, text...)
}

func TestOnlyBeatsAreTakenForBeats(t *testing.T) {
	good := beatFrame("n1 7")
	if text, ok := beatText(good); !ok || text != "n1 7" {
		t.Errorf("beatText of a beat = %q, %v", text, ok)
	}
	for i := range good {
		beatText(good[:i]) // cut short anywhere: no panic
	}
	other := beatFrame("n1 7")
	other[14+20+3]++
	if _, ok := beatText(other); ok {
		t.Error("a datagram to another port is taken for a beat")
	}
}

func TestTimelineIsInTheOrderOfTime(t *testing.T) {
	tl := NewTimeline()
	now := time.Now()
	tl.AddAt(now.Add(2*time.Second), "n1", "second")
	tl.AddAt(now.Add(time.Second), "n2", "first %d", 1)
	if got := tl.String(); strings.Index(got, "first 1") > strings.Index(got, "second") {
		t.Errorf("timeline:\n%s", got)
	}
	if m, ok := tl.First(now, "n1", "sec"); !ok || m.What != "second" {
		t.Errorf("First = %v, %v", m, ok)
	}
	if _, ok := tl.First(now.Add(3*time.Second), "n1", "sec"); ok {
		t.Error("First finds what was before")
	}
}
