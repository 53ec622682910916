package exec

import (
	"context"
	"encoding/xml"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/lrmd"
)

// agentInput is what a fence agent reads from standard input: a line NAME=VALUE for the
// action, the target and each parameter that is the agent's.
// Source: the fence agents' API, and Pacemaker's fencer.
func (r *Runner) agentInput(ctx context.Context, path string, o lrmd.Order, action string) string {
	lines := map[string]string{}
	for name, value := range o.Params {
		if passedToAgent(name) && !strings.ContainsAny(name, "=\n\x00") && !strings.ContainsAny(value, "\n\x00") {
			lines[name] = value
		}
	}
	if o.Fence != nil && o.Fence.Target != "" {
		lines["nodename"] = string(o.Fence.Target)
		if o.Fence.NodeID != "" {
			lines["nodeid"] = o.Fence.NodeID
		}
		if name := r.hostArgument(ctx, path, o); name != "" {
			if value, set := o.Params[name]; !set || strings.EqualFold(value, "dynamic") {
				lines[name] = plug(o.Fence)
			}
		}
	}
	var b strings.Builder
	b.WriteString("action=" + action + "\n")
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		b.WriteString(name + "=" + lines[name] + "\n")
	}
	return b.String()
}

// passedToAgent tells the agent's parameters from those that are the cluster's.
func passedToAgent(name string) bool {
	return !strings.EqualFold(name, "action") && name != "provides" && name != "stonith-timeout" && name != "crm_feature_set" &&
		!strings.HasPrefix(name, "pcmk_") && !strings.HasPrefix(name, "CRM_meta_")
}

// plug is what the device calls the target.
func plug(f *lrmd.FenceCall) string {
	if f.Plug != "" {
		return f.Plug
	}
	return string(f.Target)
}

// hostArgument is the name of the parameter that names the target to the agent, or "":
// pcmk_host_argument, else what the agent's metadata has, plug before port.
func (r *Runner) hostArgument(ctx context.Context, path string, o lrmd.Order) string {
	if name, set := o.Params["pcmk_host_argument"]; set && name != "" {
		if strings.EqualFold(name, "none") {
			return ""
		}
		return name
	}
	return r.hostArguments.of(path, func() (string, bool) {
		text, err := r.agentMetadata(ctx, path)
		return hostArgumentIn(text), err == nil
	})
}

// hostArgumentIn reads the default of pcmk_host_argument from an agent's metadata.
func hostArgumentIn(metadata string) string {
	has := map[string]bool{}
	_ = eachElement(metadata, func(e xml.StartElement, _, _ int) {
		if e.Name.Local == "parameter" {
			has[attribute(e, "name")] = true
		}
	})
	for _, name := range []string{"plug", "port"} {
		if has[name] {
			return name
		}
	}
	return ""
}

// remembered keeps an answer about a file until the file changes.
type remembered struct {
	mu      sync.Mutex // guards answers
	answers map[string]answer
}

type answer struct {
	size    int64
	changed time.Time
	text    string
}

// of gives what was remembered of path, else asks; what ask is not sure of is not kept.
func (m *remembered) of(path string, ask func() (text string, sure bool)) string {
	st, err := os.Stat(path)
	if err != nil {
		return ""
	}
	m.mu.Lock()
	a, ok := m.answers[path]
	m.mu.Unlock()
	if ok && a.size == st.Size() && a.changed.Equal(st.ModTime()) {
		return a.text
	}
	text, sure := ask()
	if sure {
		m.mu.Lock()
		if m.answers == nil {
			m.answers = map[string]answer{}
		}
		m.answers[path] = answer{st.Size(), st.ModTime(), text}
		m.mu.Unlock()
	}
	return text
}
