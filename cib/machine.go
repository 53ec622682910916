package cib

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Limits of what a Machine remembers. They are part of the replicated state: changing
// one needs a new snapshot format.
const (
	rememberedIDs     = 1024 // commands whose retry is recognised
	rememberedPatches = 256  // for Patches; not replicated
)

// Machine is the replicated state machine: the same commands in the same order make the
// same CIB on every node. The zero value begins with an empty CIB. It is not safe for
// concurrent use; the snapshots it gives out are.
type Machine struct {
	// Validate, when set, judges a new CIB before it counts; the error's text goes to the
	// client with exit code 78. It must be deterministic and the same on every node.
	Validate func(before, after *Snapshot) error

	current *Snapshot
	applied uint64 // index of the last command
	recent  []remembered
	known   map[string]int // id -> position in recent, plus dropped
	dropped int            // how many were forgotten from the front of recent
	patches []*Patch
}

type remembered struct {
	ID       string   `json:"id"`
	Response Response `json:"response"`
}

// Current returns the CIB as of the last applied command.
func (m *Machine) Current() *Snapshot {
	if m.current == nil {
		m.current = Empty(time.Time{})
	}
	return m.current
}

// Applied returns the index of the last applied command, 0 before the first.
func (m *Machine) Applied() uint64 { return m.applied }

// Apply does one encoded Command and returns the encoded Response. A command that is
// refused changes nothing; one whose ID was seen among the last 1024 gets the answer
// it got then.
func (m *Machine) Apply(index uint64, command []byte) (response []byte) {
	m.applied = index
	c, err := DecodeCommand(command)
	if err != nil {
		return EncodeResponse(Response{ExitCode: ExitDataErr, Error: err.Error(), Version: m.Current().Version().String()})
	}
	if r, ok := m.answered(c.ID); ok {
		return EncodeResponse(r)
	}
	r := m.apply(c)
	m.remember(c.ID, r)
	return EncodeResponse(r)
}

func (m *Machine) apply(c Command) Response {
	now := m.Current()
	next, p, err := now.Apply(c)
	if err == nil && m.Validate != nil && next != now {
		if invalid := m.Validate(now, next); invalid != nil {
			err = refuse(ExitConfig, "%v", invalid)
		}
	}
	var no *OpError
	switch {
	case errors.As(err, &no):
		return Response{ExitCode: no.ExitCode, Error: no.Msg, Version: now.Version().String(), XML: string(no.Data.XML())}
	case err != nil:
		return Response{ExitCode: ExitError, Error: err.Error(), Version: now.Version().String()}
	}
	m.current = next
	if !p.Empty() {
		if m.patches = append(m.patches, p); len(m.patches) > 2*rememberedPatches {
			m.patches = slices.Clone(m.patches[len(m.patches)-rememberedPatches:])
		}
	}
	return Response{Version: next.Version().String(), Changed: !p.Empty()}
}

func (m *Machine) answered(id string) (Response, bool) {
	i, ok := m.known[id]
	if !ok || id == "" {
		return Response{}, false
	}
	return m.recent[i-m.dropped].Response, true
}

func (m *Machine) remember(id string, r Response) {
	if id == "" {
		return
	}
	if m.known == nil {
		m.known = map[string]int{}
	}
	m.known[id] = m.dropped + len(m.recent)
	m.recent = append(m.recent, remembered{id, r})
	if len(m.recent) > rememberedIDs {
		delete(m.known, m.recent[0].ID)
		m.recent = m.recent[1:]
		m.dropped++
	}
}

// Patches returns the patches that lead from a version to the present one, oldest first;
// false when they are not remembered any more: then read Current.
func (m *Machine) Patches(since Version) ([]*Patch, bool) {
	if since == m.Current().Version() {
		return nil, true
	}
	for i, p := range slices.Backward(m.patches) {
		if p.Source == since {
			return slices.Clone(m.patches[i:]), true
		}
	}
	return nil, false
}

// machineJSON is the first line of a machine's snapshot; the CIB follows.
type machineJSON struct {
	Format  int          `json:"tactus_cib"`
	Applied uint64       `json:"applied"`
	Recent  []remembered `json:"recent"`
}

// Snapshot writes the whole state.
func (m *Machine) Snapshot() []byte {
	head, err := json.Marshal(machineJSON{1, m.applied, append([]remembered{}, m.recent...)})
	if err != nil {
		panic("cib: the state cannot be encoded: " + err.Error())
	}
	return m.Current().Root().AppendCompact(append(head, '\n'))
}

// Restore replaces the state by what Snapshot wrote. On an error the machine is
// unchanged.
func (m *Machine) Restore(data []byte) error {
	head, body, ok := bytes.Cut(data, []byte{'\n'})
	var j machineJSON
	if err := json.Unmarshal(head, &j); err != nil || !ok || j.Format != 1 {
		return fmt.Errorf("CIB snapshot: not one of this program's (want format 1)")
	}
	s, err := ParseSnapshot(body)
	if err != nil {
		return fmt.Errorf("CIB snapshot: %w", err)
	}
	m.current, m.applied, m.recent, m.dropped, m.patches = s, j.Applied, j.Recent, 0, nil
	m.known = map[string]int{}
	for i, r := range m.recent {
		m.known[r.ID] = i
	}
	return nil
}
