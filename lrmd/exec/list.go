package exec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/agents"
)

// Classes lists the classes of agents that can be run, sorted.
func Classes() []string { return []string{"lsb", "ocf", "service", "stonith"} }

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
	case "stonith":
		return fenceAgents(d)
	}
	return sortedKeys(set)
}

// fenceAgents lists fence agents: cluster-glue's plugins first, as Pacemaker does.
func fenceAgents(d Dirs) []string {
	plugins, agents := map[string]bool{}, map[string]bool{}
	for _, name := range scripts(filepath.Join(d.Plugins, "external")) {
		plugins[pluginPrefix+name] = true
	}
	if checkExecutable(filepath.Join(d.sbin(), "stonith")) == nil {
		for _, e := range dirNames(filepath.Join(d.Plugins, "stonith2")) {
			if name, ok := strings.CutSuffix(e, ".so"); ok && name != "external" && name != "rhcs" {
				plugins[name] = true
			}
		}
	}
	for _, dir := range d.Fence {
		for _, name := range scripts(dir) {
			if strings.HasPrefix(name, "fence_") {
				agents[name] = true
			}
		}
	}
	return append(sortedKeys(plugins), sortedKeys(agents)...)
}

// dirNames lists what is in dir; nothing where it cannot be read.
func dirNames(dir string) []string {
	var out []string
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
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
