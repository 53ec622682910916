package sim

import (
	"fmt"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
)

// CIB is the App of real life: every command sets two options of the CIB at once.
type CIB struct{}

const setID = "sim-options"

// New makes an empty CIB.
func (CIB) New() consensus.StateMachine { return &cib.Machine{} }

// Command sets left-ID and right-ID.
func (CIB) Command(id string) []byte {
	nv := func(side string) *cib.Element {
		return cib.New("nvpair", "id", side+id, "name", side+id, "value", id)
	}
	set := cib.New("cluster_property_set", "id", setID).WithChildren(nv("left-"), nv("right-"))
	return cib.EncodeCommand(cib.Command{ID: id, Ops: []cib.Op{{Kind: cib.Modify, Scope: "crm_config", Data: cib.New("crm_config").WithChildren(set), AllowCreate: true}}})
}

func current(m consensus.StateMachine) *cib.Snapshot { return m.(*cib.Machine).Current() }

// Has reports whether left-ID is set.
func (CIB) Has(m consensus.StateMachine, id string) bool { return current(m).ByID("left-"+id) != nil }

// Whole checks that both options of every command are there, and counted once.
func (CIB) Whole(m consensus.StateMachine) error {
	set := current(m).ByID(setID)
	if set == nil {
		return nil
	}
	n := 0
	for range set.All("nvpair") {
		n++
	}
	if v := current(m).Version(); n%2 != 0 || v.Epoch != n/2 {
		return fmt.Errorf("%d options at version %v", n, v)
	}
	return nil
}

// Digest is the CIB's own.
func (CIB) Digest(m consensus.StateMachine) string { return current(m).Digest() }
