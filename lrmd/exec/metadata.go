package exec

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/agents"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// MetadataTimeout is how long an agent may take to describe itself.
const MetadataTimeout = 30 * time.Second

// MetadataOf gives an agent's meta-data as XML text. It needs no daemon.
func MetadataOf(ctx context.Context, d Dirs, a lrmd.Agent) (string, error) {
	r := &Runner{Dirs: d, Env: ocf.Daemon(os.Environ(), "none", "")}
	return r.Metadata(ctx, a)
}

// Metadata gives an agent's meta-data as XML text.
func (r *Runner) Metadata(ctx context.Context, a lrmd.Agent) (string, error) {
	name := a.Class + ":" + a.Type
	if a.Class == "ocf" {
		name = a.Class + ":" + a.Provider + ":" + a.Type
	}
	f, m := r.Dirs.find(a, false)
	if m != nil {
		return "", fmt.Errorf("agent %s: %w", name, m)
	}
	if f.native != "" {
		text, _ := agents.Metadata(f.native)
		return text, nil
	}
	out := r.Run(ctx, lrmd.Order{Op: crm.OpKey{Resource: crm.ResourceID(a.Type), Name: "meta-data"}, Agent: a, Timeout: MetadataTimeout})
	switch {
	case out.RC != crm.OK || out.Status != crm.ExecDone:
		return "", fmt.Errorf("agent %s: meta-data: %s %s", name, out.RC, out.ExitReason)
	case strings.TrimSpace(out.Output) == "":
		return "", fmt.Errorf("agent %s: meta-data: the agent printed nothing", name)
	}
	if f.fence == fenceAgent {
		return completeMetadata(out.Output), nil
	}
	return out.Output, nil
}

// lsbMetadata describes an init script from its LSB header.
func lsbMetadata(path, name string) string {
	short, long := lsbHeader(path)
	if short == "" {
		short = "init script " + name
	}
	if long == "" {
		long = short
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<resource-agent name=\"%s\" version=\"1.0\">\n  <version>1.1</version>\n", escape(name))
	fmt.Fprintf(&b, "  <longdesc lang=\"en\">%s</longdesc>\n  <shortdesc lang=\"en\">%s</shortdesc>\n  <parameters/>\n  <actions>\n", escape(long), escape(short))
	for _, a := range []string{"start", "stop", "status", "restart", "force-reload", "monitor", "meta-data"} {
		timeout, interval := "15s", ""
		if a == "meta-data" {
			timeout = "5s"
		}
		if a == "monitor" || a == "status" {
			interval = ` interval="15s"`
		}
		fmt.Fprintf(&b, "    <action name=\"%s\" timeout=\"%s\"%s/>\n", a, timeout, interval)
	}
	b.WriteString("  </actions>\n</resource-agent>\n")
	return b.String()
}

// lsbHeader reads Short-Description and Description from the INIT INFO block.
func lsbHeader(path string) (short, long string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", ""
	}
	in, inLong := false, false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "### BEGIN INIT INFO"):
			in = true
		case strings.HasPrefix(line, "### END INIT INFO"):
			return short, long
		case !in:
		case strings.HasPrefix(line, "# Short-Description:"):
			short, inLong = strings.TrimSpace(line[len("# Short-Description:"):]), false
		case strings.HasPrefix(line, "# Description:"):
			long, inLong = strings.TrimSpace(line[len("# Description:"):]), true
		case inLong && (strings.HasPrefix(line, "#  ") || strings.HasPrefix(line, "#\t")):
			long += " " + strings.TrimSpace(line[1:])
		default:
			inLong = false
		}
	}
	return short, long
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
