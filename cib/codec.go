package cib

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// commandJSON is how commands stand in the replicated log.
type commandJSON struct {
	ID     string       `json:"id,omitempty"`
	Origin crm.NodeName `json:"origin,omitempty"`
	Client string       `json:"client,omitempty"`
	User   string       `json:"user,omitempty"`
	Ops    []opJSON     `json:"ops"`
	If     string       `json:"if,omitempty"`
	Now    *time.Time   `json:"now,omitempty"` // with its zone, so that every node writes the same text
}

type opJSON struct {
	Kind   OpKind `json:"kind"`
	Scope  string `json:"scope,omitempty"`
	XPath  string `json:"xpath,omitempty"`
	XML    string `json:"xml,omitempty"`
	Create bool   `json:"create,omitempty"`
	Force  bool   `json:"force,omitempty"`
}

// EncodeCommand writes a command for the log.
func EncodeCommand(c Command) []byte {
	j := commandJSON{ID: c.ID, Origin: c.Origin, Client: c.Client, User: c.User, Ops: []opJSON{}}
	if c.IfVersion != nil {
		j.If = c.IfVersion.String()
	}
	if !c.Now.IsZero() {
		now := c.Now.Truncate(time.Second)
		j.Now = &now
	}
	for _, o := range c.Ops {
		j.Ops = append(j.Ops, opJSON{o.Kind, o.Scope, o.XPath, string(o.Data.AppendCompact(nil)), o.AllowCreate, o.Force})
	}
	data, err := json.Marshal(j)
	if err != nil {
		panic("cib: a command cannot be encoded: " + err.Error())
	}
	return data
}

// DecodeCommand reads what EncodeCommand writes.
func DecodeCommand(data []byte) (Command, error) {
	var j commandJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return Command{}, fmt.Errorf("CIB command: %w", err)
	}
	c := Command{ID: j.ID, Origin: j.Origin, Client: j.Client, User: j.User}
	if j.If != "" {
		v, err := ParseVersion(j.If)
		if err != nil {
			return Command{}, fmt.Errorf("CIB command: %w", err)
		}
		c.IfVersion = &v
	}
	if j.Now != nil {
		c.Now = *j.Now
	}
	for i, o := range j.Ops {
		op := Op{Kind: o.Kind, Scope: o.Scope, XPath: o.XPath, AllowCreate: o.Create, Force: o.Force}
		if o.XML != "" {
			e, err := Parse([]byte(o.XML))
			if err != nil {
				return Command{}, fmt.Errorf("CIB command: operation %d: %w", i+1, err)
			}
			op.Data = e
		}
		c.Ops = append(c.Ops, op)
	}
	return c, nil
}

// Response is what became of a command.
type Response struct {
	ExitCode int    `json:"exit_code"`         // as a tool would exit; 0: done
	Error    string `json:"error,omitempty"`   // for the operator
	Version  string `json:"version"`           // of the CIB after the command
	XML      string `json:"xml,omitempty"`     // what failed, as <failed>
	Changed  bool   `json:"changed,omitempty"` // the command changed something
}

// EncodeResponse writes a response.
func EncodeResponse(r Response) []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic("cib: a response cannot be encoded: " + err.Error())
	}
	return data
}

// DecodeResponse reads what EncodeResponse writes.
func DecodeResponse(data []byte) (Response, error) {
	var r Response
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("CIB response: %w", err)
	}
	return r, nil
}
