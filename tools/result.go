package tools

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools/store"
)

// result collects what a tool of GLib's family has to say, and prints it as text or, with
// --output-as=xml, as one <pacemaker-result>.
type result struct {
	env     Env
	tool    string
	args    []string
	xml     bool
	none    bool   // --output-as=none
	api     string // version of the XML, if not apiVersion
	to      string // --output-to
	quiet   bool
	verbose int

	text   bytes.Buffer
	body   []*cib.Element
	errors []string
}

// apiVersion is the version of the XML output that clients of Pacemaker 2.1.5 know.
const apiVersion = "2.25"

// start reads the options that every tool has. It returns the others; done is true when
// the tool has nothing more to do and exits with code.
func start(env Env, tool, help string, options []option, args []string) (r *result, rest []given, words []string, code int, done bool) {
	r = &result{env: env, tool: tool, args: args}
	all, words, err := parseOptions(append(append([]option(nil), options...), common...), args)
	if err != nil {
		fmt.Fprintf(env.Stderr, "%s: %v\n", tool, err)
		return r, nil, nil, ExitUsage, true
	}
	for _, g := range all {
		switch g.name {
		case "help", "help-all":
			fmt.Fprint(env.Stdout, help)
			return r, nil, nil, ExitOK, true
		case "version":
			fmt.Fprint(env.Stdout, versionText)
			return r, nil, nil, ExitOK, true
		case "output-as":
			if g.value != "text" && g.value != "xml" && g.value != "none" {
				fmt.Fprintf(env.Stderr, "Error creating output format %s: Unknown output format\n", g.value)
				if tool == "crm_simulate" {
					return r, nil, nil, ExitNoSuch, true
				}
				return r, nil, nil, ExitUsage, true
			}
			r.xml, r.none = g.value == "xml", g.value == "none"
		case "output-to":
			r.to = g.value
		case "verbose":
			r.verbose++
		case "text-fancy":
		default:
			rest = append(rest, g)
		}
	}
	return r, rest, words, ExitOK, false
}

// printf adds to the text output.
func (r *result) printf(format string, args ...any) { fmt.Fprintf(&r.text, format, args...) }

// add adds to the XML output.
func (r *result) add(e *cib.Element) { r.body = append(r.body, e) }

// complain reports an error: to standard error at once, or inside the XML at the end.
func (r *result) complain(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	r.errors = append(r.errors, msg)
	if !r.xml {
		r.flush()
		fmt.Fprintln(r.env.Stderr, msg)
	}
}

// warn says something on standard error, whatever the format of the output.
func (r *result) warn(format string, args ...any) {
	if !r.xml {
		r.flush()
	}
	fmt.Fprintf(r.env.Stderr, format+"\n", args...)
}

// usage reports wrong use.
func (r *result) usage(format string, args ...any) int {
	r.complain("%s: "+format, append([]any{r.tool}, args...)...)
	return r.finish(ExitUsage)
}

// fail reports why the tool cannot do its work, in the words scripts look for, with the
// particulars behind them.
func (r *result) fail(err error) int {
	code := store.ExitCode(err)
	text := errorText(code)
	if detail := err.Error(); detail != "" && !strings.Contains(detail, text) && code != ExitDisconnect {
		text += " (" + detail + ")"
	} else if code == ExitDisconnect {
		r.complain("%s: Could not connect to the CIB: %s (%s)", r.tool, text, detail)
		return r.finish(code)
	}
	r.complain("%s: Error performing operation: %s", r.tool, text)
	return r.finish(code)
}

func (r *result) flush() {
	if r.text.Len() > 0 {
		_, _ = io.Copy(r.env.Stdout, &r.text)
		r.text.Reset()
	}
}

// finish prints what there is and returns the exit code.
func (r *result) finish(code int) int {
	out := r.env.Stdout
	if r.to != "" && r.to != "-" {
		f, err := os.Create(r.to)
		if err != nil {
			fmt.Fprintf(r.env.Stderr, "%s: %v\n", r.tool, err)
			return ExitCantCreate
		}
		defer f.Close()
		out = f
	}
	if r.none {
		return code
	}
	if !r.xml {
		_, _ = io.Copy(out, &r.text)
		return code
	}
	status := cib.New("status", "code", strconv.Itoa(code), "message", exitText(code))
	if len(r.errors) > 0 {
		list := cib.New("errors")
		for _, e := range r.errors {
			list.Children = append(list.Children, &cib.Element{Name: "error", Text: e})
		}
		status = status.Plus(list)
	}
	root := cib.New("pacemaker-result", "api-version", cmp.Or(r.api, apiVersion), "request", strings.Join(append([]string{r.tool}, r.args...), " "))
	_, _ = out.Write(root.Plus(append(r.body, status)...).XML())
	return code
}

// notFound is an error with exit code 105.
func notFound(format string, args ...any) error {
	return &cib.OpError{ExitCode: ExitNoSuch, Msg: fmt.Sprintf(format, args...)}
}
