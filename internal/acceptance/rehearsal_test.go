package acceptance

import (
	"encoding/json"
	"strings"
	"testing"
)

// told is what of crm's JSON the test looks at.
type told struct {
	Verdict string `json:"verdict"`
	Change  struct {
		Effects []struct {
			Resource string `json:"resource"`
			Verb     string `json:"verb"`
			To       []struct {
				Node string `json:"node"`
			} `json:"to"`
		} `json:"effects"`
	} `json:"change"`
}

// TestWhatIsRehearsedHappens asks what a change would do, sees that it did nothing, makes
// it, and finds everything where it was said to be.
func TestWhatIsRehearsedHappens(t *testing.T) {
	w := trio(t, nil)
	epoch := func() string {
		out := w.must("server1", "", "cibadmin", "-Q")
		_, rest, _ := strings.Cut(out, ` epoch="`)
		number, _, _ := strings.Cut(rest, `"`)
		return number
	}
	for _, c := range []struct {
		name    string
		command []string
		code    int // of the rehearsal
		verdict string
	}{
		{"a move", []string{"resource", "move", "b", "server3"}, 3, "interrupted"},
		{"a node into standby", []string{"node", "standby", "server1"}, 3, "interrupted"},
		{"a node back", []string{"node", "online", "server1"}, 3, "interrupted"},
		{"a stop", []string{"resource", "stop", "a"}, 4, "lost"},
		{"a start", []string{"resource", "start", "a"}, 0, "harmless"},
		{"letting go", []string{"resource", "clear", "b"}, 3, "interrupted"},
		{"a cluster that stops", []string{"cluster", "stop"}, 3, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.T = t
			before := epoch()
			out := w.run("server1", "", append(append([]string{"crm"}, c.command...), "--dry-run", "--output-as=json")...)
			var said told
			if err := json.Unmarshal([]byte(out.Stdout), &said); err != nil {
				t.Fatalf("%v in %q (%s)", err, out.Stdout, out.Stderr)
			}
			if out.Code != c.code || said.Verdict != c.verdict {
				t.Errorf("exit code %d, verdict %s; want %d, %s\n%s", out.Code, said.Verdict, c.code, c.verdict, out.Stdout)
			}
			if now := epoch(); now != before {
				t.Fatalf("the rehearsal changed the CIB: epoch %s, before %s", now, before)
			}
			asked, do := "server1", []string{"crm", "-w"}
			if c.command[0] == "cluster" {
				asked, do = "server2", []string{"crm"} // nobody is left to wait for
			}
			w.must("server1", "", append(do, c.command...)...)
			for _, e := range said.Change.Effects {
				want := ""
				if len(e.To) > 0 {
					want = e.To[0].Node
				}
				w.until(e.Resource+" is at "+want, func() bool { return w.where(asked, e.Resource) == want })
			}
		})
		w.T = t
	}
}
