package fencing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

func TestAnOperatorsWordClosesARequest(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2", "pcmk_off_retries", "1"), "")
	s.answers["a"] = refused
	s.request("r", "n2", Off)
	s.said = nil
	s.apply(ConfirmOps(s.snap, "n2", "word", "n1", ClientOperator, s.now)...)
	s.expect("success n2 by a (a human)")
	s.pass(time.Hour)
	s.expect()
	if len(Requests(s.snap)) != 0 {
		t.Errorf("still open: %+v", Requests(s.snap))
	}
}

// TestAnOperatorsWordCrossesARequest: the word is given while nothing is on record, and the DC
// wants the node fenced before it knows of that. It is off all the same.
func TestAnOperatorsWordCrossesARequest(t *testing.T) {
	for _, tc := range []struct {
		name      string
		wordFirst bool // comes to the record first
		other     crm.NodeName
		want      string
	}{
		{"the word is on record first", true, "n2", "success n2 by  (a human)"},
		{"the request is on record first", false, "n2", "success n2 by  (a human)"},
		{"it is about another node", true, "n3", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2", "pcmk_reboot_retries", "1"), "")
			s.hold = true
			word := ConfirmOps(s.snap, tc.other, "word", "n1", ClientOperator, s.now)
			s.e.Demanded(Event{ID: "r", Target: "n2", Action: Reboot, Client: ClientDC, Requested: s.now, State: Pending})
			if tc.wordFirst {
				s.apply(word...)
			}
			s.request("r", "n2", Reboot)
			if !tc.wordFirst {
				s.apply(word...)
			}
			got := slices.DeleteFunc(s.said, func(line string) bool { return strings.HasPrefix(line, "reboot ") })
			if strings.Join(got, "; ") != tc.want {
				t.Errorf("said %q, want %q", got, tc.want)
			}
			if open := len(Requests(s.snap)); (open == 0) != (tc.want != "") {
				t.Errorf("%d requests are open", open)
			}
			// What is wanted later is another matter.
			s.said = nil
			s.request("later", "n2", Off)
			if len(Requests(s.snap)) == 0 {
				t.Errorf("a request made after the word is closed by it: %q", s.said)
			}
		})
	}
}
