package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/shell/language"
)

// metadataTimeout bounds how long an agent may take to say what it is.
const metadataTimeout = 5 * time.Second

// agentSource knows the agents on this machine. Meta-data is asked for once per run.
type agentSource struct {
	dirs  exec.Dirs
	cache map[lrmd.Agent]metadata
}

type metadata struct {
	text   string
	parsed ocf.Metadata
	err    error
}

func newAgentSource(env Env) *agentSource {
	return &agentSource{exec.DirsFor(env.Getenv("TACTUS_ROOT"), env.Getenv), map[lrmd.Agent]metadata{}}
}

func (a *agentSource) classes() []string { return exec.Classes() }

func (a *agentSource) providers(typ string) []string { return exec.Providers(a.dirs, typ) }

func (a *agentSource) list(class, provider string) []string {
	return exec.List(a.dirs, class, provider)
}

// resolve completes CLASS:PROVIDER:TYPE. Of several providers heartbeat is taken, then
// pacemaker, then the first; a type that is nowhere is taken for ocf:heartbeat.
func (a *agentSource) resolve(spec string) (class, provider, typ string, err error) {
	f := strings.Split(spec, ":")
	if len(f) == 1 || len(f) == 2 && f[0] == "ocf" {
		typ := f[len(f)-1]
		providers := a.providers(typ)
		for _, p := range []string{"heartbeat", "pacemaker"} {
			if slices.Contains(providers, p) {
				return "ocf", p, typ, nil
			}
		}
		if len(providers) > 0 {
			return "ocf", providers[0], typ, nil
		}
	}
	return language.StandardAgent(spec)
}

// metadata asks an agent what it is.
func (a *agentSource) metadata(ctx context.Context, agent lrmd.Agent) (string, ocf.Metadata, error) {
	if m, ok := a.cache[agent]; ok {
		return m.text, m.parsed, m.err
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	var m metadata
	m.text, m.err = exec.MetadataOf(ctx, a.dirs, agent)
	if m.err == nil {
		m.parsed, m.err = ocf.ParseMetadata(m.text)
	}
	a.cache[agent] = m
	return m.text, m.parsed, m.err
}

// agentOf reads the agent of a primitive, through its template when it has one.
func agentOf(primitive, resources *cib.Element) (lrmd.Agent, error) {
	e := primitive
	if t := primitive.Get("template"); t != "" {
		if e = resources.ChildWith("template", "id", t); e == nil {
			return lrmd.Agent{}, fmt.Errorf("template %s does not exist", t)
		}
	}
	return lrmd.Agent{Class: e.Get("class"), Provider: e.Get("provider"), Type: e.Get("type")}, nil
}

func agentName(a lrmd.Agent) string {
	if a.Provider != "" {
		return a.Class + ":" + a.Provider + ":" + a.Type
	}
	return a.Class + ":" + a.Type
}
