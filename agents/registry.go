package agents

import (
	"embed"
	"strings"
)

//go:embed metadata/*.xml
var files embed.FS

// Names lists the native agents, sorted.
func Names() []string {
	list, err := files.ReadDir("metadata")
	if err != nil {
		panic("agents: no embedded meta-data: " + err.Error())
	}
	var out []string
	for _, e := range list {
		out = append(out, strings.TrimSuffix(e.Name(), ".xml"))
	}
	return out
}

// Metadata gives the meta-data of a native agent as XML text.
func Metadata(name string) (text string, ok bool) {
	data, err := files.ReadFile("metadata/" + name + ".xml")
	return string(data), err == nil
}
