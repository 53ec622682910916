package ocf

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxMetadata bounds the meta-data text that is read, in bytes. The largest agents in
// the field stay under 100 kB.
const MaxMetadata = 1 << 20

// Metadata is what an agent says about itself.
// Source: OCF Resource Agent API 1.1, "Metadata".
type Metadata struct {
	Name       string
	Version    string // of the agent
	APIVersion string // of the OCF API: "1.0", "1.1"; "" when not said
	ShortDesc  string
	LongDesc   string
	Parameters []Parameter // in the agent's order
	Actions    []Action    // in the agent's order
}

// Parameter is one parameter of an agent.
type Parameter struct {
	Name        string
	ShortDesc   string
	LongDesc    string
	Type        string   // string, integer, boolean, second, select, ... as the agent wrote it
	Default     string   // text; HasDefault tells "" from none
	Values      []string // for type select
	HasDefault  bool
	Required    bool
	Unique      bool   // API 1.0: unique="1"; also set when UniqueGroup is
	UniqueGroup string // API 1.1
	Reloadable  bool   // a change needs reload-agent, not a restart
	Deprecated  bool
	ReplaceWith []string // names to use in place of a deprecated parameter
	Obsoletes   string   // of fence agents: the old name that the agent takes too; "" for none
}

// Action is one action that an agent advertises, with the timing it suggests.
type Action struct {
	Name       string
	Timeout    time.Duration // zero: not said
	Interval   time.Duration // zero: not said, or not recurring
	StartDelay time.Duration
	Depth      string // OCF_CHECK_LEVEL; "" when not said
	Role       string // as written: Promoted, Master, ...

	// Of fence agents: the action must be run before a node is used, and by that node.
	Automatic, OnTarget bool
}

// Parameter gives the parameter called name.
func (m Metadata) Parameter(name string) (Parameter, bool) {
	for _, p := range m.Parameters {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}

// HasAction reports whether the agent advertises an action called name.
func (m Metadata) HasAction(name string) bool {
	for _, a := range m.Actions {
		if a.Name == name {
			return true
		}
	}
	return false
}

// Missing lists the parameters that an agent cannot do without and that are not given.
// One that is given by its old name is there.
func (m Metadata) Missing(given func(name string) bool) []Parameter {
	var out []Parameter
	for _, p := range m.Parameters {
		if p.Required && !p.HasDefault && !given(p.Name) && (p.Obsoletes == "" || !given(p.Obsoletes)) {
			out = append(out, p)
		}
	}
	return out
}

// ParseMetadata reads an agent's meta-data. It is lenient as the field is: a DOCTYPE,
// comments, unknown elements, HTML entities and missing parts are accepted; text that is not XML
// or has no <resource-agent> element is an error.
func ParseMetadata(text string) (Metadata, error) {
	if len(text) > MaxMetadata {
		return Metadata{}, fmt.Errorf("agent meta-data: %d bytes, more than the %d that are read", len(text), MaxMetadata)
	}
	d := xml.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var doc xmlAgent
	if err := d.Decode(&doc); err != nil {
		if err == io.EOF {
			return Metadata{}, fmt.Errorf("agent meta-data: empty")
		}
		return Metadata{}, fmt.Errorf("agent meta-data: %w", err)
	}
	return doc.metadata(), nil
}

type xmlAgent struct {
	XMLName   xml.Name   `xml:"resource-agent"`
	Name      string     `xml:"name,attr"`
	Version   string     `xml:"version,attr"`
	API       string     `xml:"version"`
	Short     string     `xml:"shortdesc,attr"` // of fence agents
	LongDesc  []xmlText  `xml:"longdesc"`
	ShortDesc []xmlText  `xml:"shortdesc"`
	Params    []xmlParam `xml:"parameters>parameter"`
	Actions   []xmlOp    `xml:"actions>action"`
}

type xmlText struct {
	Lang string `xml:"lang,attr"`
	Text string `xml:",chardata"`
}

type xmlParam struct {
	Name        string    `xml:"name,attr"`
	Required    string    `xml:"required,attr"`
	Unique      string    `xml:"unique,attr"`
	UniqueGroup string    `xml:"unique-group,attr"`
	Reloadable  string    `xml:"reloadable,attr"`
	Old         string    `xml:"deprecated,attr"` // of fence agents, as is the next
	Obsoletes   string    `xml:"obsoletes,attr"`
	LongDesc    []xmlText `xml:"longdesc"`
	ShortDesc   []xmlText `xml:"shortdesc"`
	Content     struct {
		Type    string  `xml:"type,attr"`
		Default *string `xml:"default,attr"`
		Options []struct {
			Value string `xml:"value,attr"`
		} `xml:"option"`
	} `xml:"content"`
	Deprecated *struct {
		Replace []struct {
			Name string `xml:"name,attr"`
		} `xml:"replaced-with"`
	} `xml:"deprecated"`
}

type xmlOp struct {
	Automatic  string `xml:"automatic,attr"`
	OnTarget   string `xml:"on_target,attr"`
	Name       string `xml:"name,attr"`
	Timeout    string `xml:"timeout,attr"`
	Interval   string `xml:"interval,attr"`
	StartDelay string `xml:"start-delay,attr"`
	Depth      string `xml:"depth,attr"`
	Role       string `xml:"role,attr"`
}

func (a xmlAgent) metadata() Metadata {
	m := Metadata{
		Name: a.Name, Version: a.Version, APIVersion: strings.TrimSpace(a.API),
		LongDesc: english(a.LongDesc), ShortDesc: english(a.ShortDesc),
	}
	if m.ShortDesc == "" {
		m.ShortDesc = strings.TrimSpace(a.Short)
	}
	newer := map[string]string{} // by the old name
	for _, p := range a.Params {
		m.Parameters = append(m.Parameters, p.parameter())
		if p.Obsoletes != "" {
			newer[p.Obsoletes] = p.Name
		}
	}
	for i, p := range m.Parameters {
		// The agent itself demands both names; either will do.
		if name := newer[p.Name]; name != "" && p.Deprecated {
			m.Parameters[i].Required, m.Parameters[i].ReplaceWith = false, []string{name}
		}
	}
	for _, o := range a.Actions {
		m.Actions = append(m.Actions, Action{
			Name: o.Name, Timeout: duration(o.Timeout), Interval: duration(o.Interval),
			StartDelay: duration(o.StartDelay), Depth: o.Depth, Role: o.Role,
			Automatic: IsTrue(o.Automatic), OnTarget: IsTrue(o.OnTarget),
		})
	}
	return m
}

func (p xmlParam) parameter() Parameter {
	out := Parameter{
		Name: p.Name, ShortDesc: english(p.ShortDesc), LongDesc: english(p.LongDesc), Type: p.Content.Type,
		Required: IsTrue(p.Required), Unique: IsTrue(p.Unique) || p.UniqueGroup != "", UniqueGroup: p.UniqueGroup,
		Reloadable: IsTrue(p.Reloadable), Deprecated: p.Deprecated != nil || IsTrue(p.Old), Obsoletes: p.Obsoletes,
	}
	if p.Content.Default != nil {
		out.Default, out.HasDefault = *p.Content.Default, true
	}
	for _, o := range p.Content.Options {
		out.Values = append(out.Values, o.Value)
	}
	if p.Deprecated != nil {
		for _, r := range p.Deprecated.Replace {
			out.ReplaceWith = append(out.ReplaceWith, r.Name)
		}
	}
	return out
}

// english picks the text in English, else the first one.
func english(texts []xmlText) string {
	for _, t := range texts {
		if t.Lang == "" || strings.HasPrefix(t.Lang, "en") {
			return strings.TrimSpace(t.Text)
		}
	}
	if len(texts) > 0 {
		return strings.TrimSpace(texts[0].Text)
	}
	return ""
}
