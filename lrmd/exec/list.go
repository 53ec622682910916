package exec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/agents"
)

// Classes lists the classes of agents that can be run, sorted.
func Classes() []string { return []string{"lsb", "ocf", "service"} }

// Providers lists the providers of OCF agents, sorted. With an agent's type, only those
// that have it. Native agents count as those of tactus and of heartbeat.
func Providers(d Dirs, agent string) []string {
	set := map[string]bool{}
	if _, ok := agents.Metadata(agent); agent == "" || ok {
		set[nativeProvider], set["heartbeat"] = true, true
	}
	for _, e := range entries(filepath.Join(d.OCF, "resource.d")) {
		if agent == "" || slices.Contains(scripts(filepath.Join(d.OCF, "resource.d", e)), agent) {
			set[e] = true
		}
	}
	return sortedKeys(set)
}

// List lists the agents of a class (of a provider, for ocf; "" means all), sorted, each
// once. It reads the directories each time: an agent dropped in is listed at once.
func List(d Dirs, class, provider string) []string {
	set := map[string]bool{}
	switch class {
	case "ocf":
		for _, p := range Providers(d, "") {
			if provider == "" || provider == p {
				addAll(set, scripts(filepath.Join(d.OCF, "resource.d", p)))
			}
		}
		if provider == "" || provider == nativeProvider || provider == "heartbeat" {
			addAll(set, agents.Names())
		}
	case "lsb", "service":
		addAll(set, scripts(d.Init))
		delete(set, "README")
		delete(set, "skeleton")
	}
	return sortedKeys(set)
}

// entries lists the directories in dir.
func entries(dir string) []string {
	var out []string
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range list {
		if st, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && st.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

// scripts lists the executable files in dir.
func scripts(dir string) []string {
	var out []string
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range list {
		st, err := os.Stat(filepath.Join(dir, e.Name()))
		if err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

func addAll(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

func sortedKeys(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
