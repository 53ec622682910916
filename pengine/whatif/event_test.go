package whatif_test

import (
	"testing"

	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/pengine/whatif"
)

const stopPolicy = `name="no-quorum-policy" value="stop"`

// TestLeave: a node that leaves is emptied first; of two, the other goes on without proof.
func TestLeave(t *testing.T) {
	r := whatif.Begin(with(t, `name="no-quorum-policy" value="ignore"`, stopPolicy), options)
	if err := r.Leave("n1"); err != nil {
		t.Fatal(err)
	}
	a := r.Answer()
	if e := effect(t, a, "ldap"); e.Verb != whatif.Move || e.Outage.ForGood {
		t.Errorf("ldap: %+v, want it moved", e)
	}
	if e := effect(t, a, "db"); !e.Outage.ForGood {
		t.Errorf("db: %+v, want it stopped for good: it may not run on n2", e)
	}
	if err := r.Leave("n9"); err == nil || err.Error() != "node n9 does not exist" {
		t.Errorf("an unknown node leaves: %v", err)
	}
}

// TestRestartOfANode: it leaves and comes back; what may only run there comes back too.
func TestRestartOfANode(t *testing.T) {
	r := whatif.Begin(with(t), options)
	if err := r.Leave("n1"); err != nil {
		t.Fatal(err)
	}
	r.Join("n1")
	if e := effect(t, r.Answer(), "db"); e.Verb != whatif.Restart || e.Outage.ForGood {
		t.Errorf("db: %+v, want it restarted on n1", e)
	}
}

// TestConfirmOff: somebody's word lets the survivor of two go on.
func TestConfirmOff(t *testing.T) {
	r := whatif.Begin(with(t, `uname="n1" in_ccm="true" crmd="online"`, `uname="n1" in_ccm="false" crmd="offline"`,
		`have-quorum="1"`, `have-quorum="0"`, `name="no-quorum-policy" value="ignore"`, stopPolicy), options)
	if err := r.ConfirmOff("n1"); err != nil {
		t.Fatal(err)
	}
	if e := effect(t, r.Answer(), "vip"); e.Verb != whatif.Start || e.To[0].Node != "n2" {
		t.Errorf("vip: %+v, want it started on n2", e)
	}
}

// TestCleanup forgets failures and failcounts and believes the rest of the history.
func TestCleanup(t *testing.T) {
	root := with(t, `<lrm id="1">`, `<transient_attributes id="1"><instance_attributes id="status-1"><nvpair id="f" name="fail-count-db#monitor_10000" value="INFINITY"/>
<nvpair id="l" name="last-failure-db#monitor_10000" value="1700000000"/><nvpair id="k" name="kept" value="1"/></instance_attributes></transient_attributes><lrm id="1">`)
	r := whatif.Begin(root, options)
	if e := effect(t, whatif.Begin(root, options).Answer(), "db"); !e.Outage.ForGood {
		t.Fatalf("db: %+v, want it banned from n1 by its failures", e)
	}
	cleaned, err := r.Cleanup("db", "", false)
	if err != nil || len(cleaned) != 1 || cleaned[0] != (whatif.Cleaned{Resource: "db", Node: "n1"}) {
		t.Errorf("cleaned %v, %v; want db on n1", cleaned, err)
	}
	if a := r.Answer(); len(a.Effects) != 0 {
		t.Errorf("after the cleanup: %q, want nothing to happen", a.Lines(true))
	}
	c := state.ReadRoot(r.Root(), options.Now, state.ReadOptions{})
	if c.Node("n1").Attrs["kept"] != "1" {
		t.Error("another attribute is gone")
	}
	if all, err := r.Cleanup("", "", true); err != nil || len(all) != 6 {
		t.Errorf("refresh of everything: %v, %v; want six histories", all, err)
	}
}

// TestAttribute sets and deletes a transient attribute.
func TestAttribute(t *testing.T) {
	r := whatif.Begin(with(t), options)
	on := "on"
	if err := r.SetAttribute("n1", "standby", &on); err != nil {
		t.Fatal(err)
	}
	if e := effect(t, r.Answer(), "vip"); e.Verb != whatif.Move {
		t.Errorf("vip: %+v, want it moved away from a node in standby", e)
	}
	if err := r.SetAttribute("n1", "standby", nil); err != nil {
		t.Fatal(err)
	}
	if state.ReadRoot(r.Root(), options.Now, state.ReadOptions{}).Node("n1").Standby {
		t.Error("still in standby")
	}
	if err := r.SetAttribute("n9", "standby", &on); err == nil {
		t.Error("an attribute of an unknown node was set")
	}
}

// TestRemove: a node that is gone is forgotten.
func TestRemove(t *testing.T) {
	r := whatif.Begin(with(t), options)
	r.Remove("n2")
	if c := state.ReadRoot(r.Root(), options.Now, state.ReadOptions{}); c.Node("n2") != nil {
		t.Error("n2 is still there")
	}
	if a := r.Answer(); len(a.Effects) != 0 {
		t.Errorf("%q, want nothing to happen", a.Lines(false))
	}
}
