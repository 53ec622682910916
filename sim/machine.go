package sim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/consensus"
)

// App is what the nodes agree on, seen from outside: a state machine, commands for it,
// and the questions the checks ask.
type App interface {
	New() consensus.StateMachine
	Command(id string) []byte
	Has(m consensus.StateMachine, id string) bool // the command was applied
	Whole(m consensus.StateMachine) error         // nothing is half applied
	Digest(m consensus.StateMachine) string
}

// Registers is the simplest App: every command writes the same value to two places.
type Registers struct{}

type registers struct {
	Left, Right map[string]bool
	Order       []string
}

// New makes an empty state machine.
func (Registers) New() consensus.StateMachine {
	return &registers{Left: map[string]bool{}, Right: map[string]bool{}}
}

// Command writes id.
func (Registers) Command(id string) []byte { return []byte(id) }

// Has reports whether id was written.
func (Registers) Has(m consensus.StateMachine, id string) bool { return m.(*registers).Left[id] }

// Whole checks that both places have the same.
func (Registers) Whole(m consensus.StateMachine) error {
	r := m.(*registers)
	if len(r.Left) != len(r.Right) || len(r.Left) != len(r.Order) {
		return fmt.Errorf("%d values left, %d right, %d in order", len(r.Left), len(r.Right), len(r.Order))
	}
	return nil
}

// Digest is equal for equal contents.
func (Registers) Digest(m consensus.StateMachine) string {
	return strings.Join(m.(*registers).Order, " ")
}

func (r *registers) Apply(_ uint64, command []byte) []byte {
	id := string(command)
	if !r.Left[id] {
		r.Order = append(r.Order, id)
	}
	r.Left[id], r.Right[id] = true, true
	return command
}

func (r *registers) Snapshot() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

func (r *registers) Restore(b []byte) error {
	*r = registers{}
	return json.Unmarshal(b, r)
}
