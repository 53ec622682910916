package fencing

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// Check is how it is found out whom a device can fence (pcmk_host_check).
type Check string

// The values of pcmk_host_check.
const (
	StaticList  Check = "static-list"  // pcmk_host_list and pcmk_host_map say it
	DynamicList Check = "dynamic-list" // the device's list does
	ByStatus    Check = "status"       // the device is asked for the target's status
	NoCheck     Check = "none"         // everybody
)

// Check says how to find out whom the device can fence. Without pcmk_host_check it
// follows from what else is configured, and what the agent offers.
func (d Device) Check(a Agent) Check {
	switch c := Check(strings.ToLower(d.Params["pcmk_host_check"])); c {
	case StaticList, DynamicList, ByStatus, NoCheck:
		return c
	}
	switch {
	case d.Params["pcmk_host_list"] != "" || d.Params["pcmk_host_map"] != "":
		return StaticList
	case a.Known && a.Has(List):
		return DynamicList
	case a.Known && a.Has(Status):
		return ByStatus
	}
	return NoCheck
}

// Plug is what the device calls a node: what pcmk_host_map says, else its name.
func (d Device) Plug(target crm.NodeName) string {
	if p, ok := d.mapped(target); ok {
		return p
	}
	return string(target)
}

func (d Device) mapped(target crm.NodeName) (string, bool) {
	for _, pair := range strings.FieldsFunc(d.Params["pcmk_host_map"], separator) {
		if i := strings.IndexAny(pair, ":="); i > 0 && i+1 < len(pair) && strings.EqualFold(pair[:i], string(target)) {
			return pair[i+1:], true
		}
	}
	return "", false
}

// Names reports whether pcmk_host_list or pcmk_host_map names the target.
func (d Device) Names(target crm.NodeName) bool {
	return slices.ContainsFunc(d.Named(), func(s string) bool { return strings.EqualFold(s, string(target)) })
}

// Named lists the nodes in pcmk_host_list and pcmk_host_map, each once, in their order.
func (d Device) Named() (names []string) {
	names = ParseList(d.Params["pcmk_host_list"])
	for _, pair := range strings.FieldsFunc(d.Params["pcmk_host_map"], separator) {
		if i := strings.IndexAny(pair, ":="); i > 0 && i+1 < len(pair) && !slices.Contains(names, pair[:i]) {
			names = append(names, pair[:i])
		}
	}
	return names
}

// ParseList reads what a device answers to "list", and pcmk_host_list: names between
// blanks, commas, semicolons or newlines. Complaints and states of ports are left out.
func ParseList(text string) (names []string) {
	for _, line := range strings.Split(strings.ReplaceAll(text, `\n`, "\n"), "\n") {
		if strings.Contains(line, "invalid") || strings.Contains(line, "variable") {
			continue
		}
		for _, name := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || separator(r) || r == '\r' }) {
			if !strings.EqualFold(name, "on") && !strings.EqualFold(name, "off") {
				names = append(names, name)
			}
		}
	}
	return names
}
