package exec

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// agentMetadata asks a fence agent to describe itself.
func (r *Runner) agentMetadata(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, MetadataTimeout)
	defer cancel()
	res := r.programWith(ctx, "metadata", []string{path}, r.fenceEnvironment(), "action=metadata\n")
	switch {
	case res.lost != nil:
		return "", fmt.Errorf("%s: metadata: %s", path, res.lost.ExitReason)
	case res.code != 0:
		return "", fmt.Errorf("%s: metadata: %s", path, fenceReason(res.code, res.stderr, res.stdout))
	}
	return res.stdout, nil
}

// completeMetadata adds what the cluster does for a fence agent: it starts and stops the
// device, and it gives the action and the target, which need not be configured. The rest
// stays byte for byte; text that is no XML stays altogether.
func completeMetadata(text string) string {
	var b strings.Builder
	done, hasStop := 0, false
	err := eachElement(text, func(e xml.StartElement, start, end int) {
		name := attribute(e, "name")
		switch {
		case e.Name.Local == "action" && name == "stop":
			hasStop = true
		case e.Name.Local == "parameter" && (name == "action" || name == "plug" || name == "port"):
			b.WriteString(text[done:start])
			b.WriteString(strings.Replace(text[start:end], ` required="1"`, ` required="0"`, 1))
			done = end
		}
	})
	if err != nil {
		return text
	}
	if end := strings.LastIndex(text, "</actions>"); end >= done && !hasStop {
		b.WriteString(text[done:end])
		b.WriteString("\t<action name=\"stop\" timeout=\"20s\"/>\n\t<action name=\"start\" timeout=\"20s\"/>\n")
		done = end
	}
	b.WriteString(text[done:])
	return b.String()
}

// eachElement calls f with every element of an XML text and the place of its start tag.
func eachElement(text string, f func(e xml.StartElement, start, end int)) error {
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		start := int(dec.InputOffset())
		token, err := dec.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			f(e, start, int(dec.InputOffset()))
		}
	}
}

// attribute gives an attribute's value, "" when it is not there.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// pluginMetadata makes a plugin's description from its answers to getinfo-*.
func (r *Runner) pluginMetadata(ctx context.Context, path string, o lrmd.Order) lrmd.Outcome {
	ask := func(what string) (string, *lrmd.Outcome) {
		ctx, cancel := context.WithTimeout(ctx, MetadataTimeout)
		defer cancel()
		res := r.programWith(ctx, what, []string{path, what}, r.pluginEnvironment(lrmd.Order{Agent: o.Agent}), "")
		if res.lost != nil || res.code != 0 {
			out := fenceOutcome(res, o, what, MetadataTimeout)
			return "", &out
		}
		return res.stdout, nil
	}
	var answers [3]string
	for i, what := range []string{"getinfo-xml", "getinfo-devid", "getinfo-devdescr"} {
		text, failed := ask(what)
		if failed != nil && i == 0 {
			return *failed
		}
		answers[i] = text
	}
	return lrmd.Outcome{RC: crm.OK, Status: crm.ExecDone, Output: pluginDescription(o.Agent.Type, answers[1], answers[2], answers[0])}
}

// libraryMetadata describes a plugin that is a shared library: only its own program
// knows its parameters.
func libraryMetadata(name string) string {
	text := "Plugin of cluster-glue. `stonith -t " + name + " -n` lists its parameters, `stonith -t " + name + " -h` explains them."
	return pluginDescription(name, name+" STONITH device", text, "<parameters/>\n")
}

// pluginDescription puts the parts together as Pacemaker does for these plugins.
func pluginDescription(name, short, long, parameters string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<resource-agent name=\"%s\">\n  <version>1.1</version>\n", escape(name))
	fmt.Fprintf(&b, "  <longdesc lang=\"en\">\n%s\n  </longdesc>\n  <shortdesc lang=\"en\">%s</shortdesc>\n", escapeText(strings.TrimRight(long, "\n")), escapeText(strings.TrimRight(short, "\n")))
	b.WriteString(strings.TrimRight(parameters, "\n") + "\n  <actions>\n")
	for _, a := range []struct {
		name     string
		timeout  time.Duration
		interval time.Duration
	}{{"start", 20 * time.Second, 0}, {"stop", 15 * time.Second, 0}, {"status", 20 * time.Second, 0}, {"monitor", 20 * time.Second, time.Hour}, {"meta-data", 15 * time.Second, 0}} {
		fmt.Fprintf(&b, "    <action name=\"%s\" timeout=\"%.0fs\"", a.name, a.timeout.Seconds())
		if a.interval > 0 {
			fmt.Fprintf(&b, " interval=\"%.0fs\"", a.interval.Seconds())
		}
		b.WriteString("/>\n")
	}
	b.WriteString("  </actions>\n  <special tag=\"heartbeat\">\n    <version>2.0</version>\n  </special>\n</resource-agent>\n")
	return b.String()
}

// escapeText escapes what text inside an element must not hold.
func escapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
