package tools

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/tools/store"
)

const crmVerifyHelp = `crm_verify - check a configuration for errors

Usage: crm_verify [OPTION...]

Checks that a complete configuration is well-formed, conforms to the schema, and makes
sense. Errors must be fixed before the cluster works properly; whether to fix warnings is
up to you.

Data:
  -L, --live-check            The running cluster's configuration
  -x, --xml-file=FILE         This file (.bz2 is unpacked)
  -X, --xml-text=XML          This text
  -p, --xml-pipe              Standard input

Additional options:
  -S, --save-xml=FILE         Save the checked configuration there
  -V, --verbose               Say what is wrong (twice: warnings too)
  -q, --quiet                 Say nothing
  -h, --help                  This text
  -$, --version               Version

Exit codes: 0 valid; 64 wrong use; 65 not well-formed; 66 no input (the cluster is not
running); 78 not valid.

Examples:
  crm_verify --live-check
  crm_verify --xml-file file.xml --verbose
`

var crmVerifyOptions = []option{
	{short: 'L', long: "live-check"}, {short: 'x', long: "xml-file", takes: value}, {short: 'X', long: "xml-text", takes: value},
	{short: 'p', long: "xml-pipe"}, {short: 'S', long: "save-xml", takes: value}, {short: 'q', long: "quiet"},
}

func runCrmVerify(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_verify", crmVerifyHelp, crmVerifyOptions, args)
	if done {
		return code
	}
	source, save := given{}, ""
	for _, g := range options {
		switch g.name {
		case "quiet":
			r.quiet = true
		case "save-xml":
			save = g.value
		default:
			source = g
		}
	}
	root, from, code := r.verifyInput(ctx, source)
	if code != ExitOK {
		return code
	}
	if root.Name != cib.TagCIB {
		r.complain("crm_verify: This tool can only check complete configurations (i.e. those starting with <cib>).")
		return r.finish(ExitDataErr)
	}
	if save != "" {
		if err := store.WriteAtomically(save, root.XML()); err != nil {
			r.complain("crm_verify: Could not write %s: %v", save, err)
			return r.finish(ExitCantCreate)
		}
	}
	return r.verify(root, from)
}

func (r *result) verifyInput(ctx context.Context, source given) (root *cib.Element, from string, code int) {
	var data []byte
	var err error
	switch source.name {
	case "live-check":
		ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
		defer cancel()
		s, err := r.env.Store().CIB(ctx)
		if store.ExitCode(err) == ExitConfig {
			r.complain("crm_verify: %v", err)
			return nil, "", r.finish(ExitConfig)
		}
		if err != nil {
			r.complain("crm_verify: CIB query failed: %s (%v)", exitText(ExitNoInput), err)
			return nil, "", r.finish(ExitNoInput)
		}
		return s.Root(), "Entity", ExitOK
	case "xml-file":
		from = source.value
		if data, err = store.ReadXML(source.value); err != nil {
			r.complain("crm_verify: Couldn't parse input file: %s (%v)", source.value, err)
			return nil, "", r.finish(ExitDataErr)
		}
	case "xml-text":
		data, from = []byte(source.value), "Entity"
	case "xml-pipe":
		from = "Entity"
		if data, err = io.ReadAll(r.env.Stdin); err != nil {
			return nil, "", r.fail(err)
		}
	default:
		return nil, "", r.usage("No configuration source specified.  Use --help for usage information.")
	}
	if root, err = cib.Parse(data); err != nil {
		r.complain("crm_verify: Couldn't parse input: %s: %v", from, err)
		return nil, "", r.finish(ExitDataErr)
	}
	return root, from, ExitOK
}

func (r *result) verify(root *cib.Element, from string) int {
	errors := 0
	say := func(level, text string) {
		if level == "error" {
			errors++
		} else if level != "warning" {
			return
		}
		if !r.quiet && (r.verbose > 0 && level == "error" || r.verbose > 1 || strings.Contains(text, "validity error")) {
			r.complain("%s", text)
		}
	}
	upgraded, remarks, invalid := schemas.Upgrade(root)
	checked := upgraded
	if invalid != nil {
		checked = root
	} else if !r.quiet {
		for _, m := range remarks {
			r.warn("%s", m)
		}
	}
	for _, f := range schemas.Validate(checked) {
		if f.Level == schemas.Error {
			say("error", fmt.Sprintf("%s:%d: element %s: Relax-NG validity error : %s", from, f.Line, f.Element, f))
		} else {
			say("warning", fmt.Sprintf("warning: %s", f))
		}
	}
	if errors == 0 && invalid != nil {
		say("error", "error: "+strings.Join(append(remarks, invalid.Error()), "\nerror: "))
	}
	if errors > 0 {
		say("error", "error: CIB did not pass schema validation")
	} else {
		r.decide(upgraded, say)
	}
	if errors == 0 {
		return r.finish(ExitOK)
	}
	if !r.quiet {
		r.complain("crm_verify: Errors found during check: config not valid")
		if r.verbose == 0 {
			r.complain("-V may provide more details")
		}
	}
	return r.finish(ExitConfig)
}

// decide asks the policy engine what it makes of a configuration that is well-formed.
func (r *result) decide(root *cib.Element, say func(level, text string)) {
	s, err := cib.NewSnapshot(root)
	if err != nil {
		say("error", fmt.Sprintf("error: %v", err))
		return
	}
	for _, text := range fencing.Read(s, r.env.Now()).Drills() {
		if !r.quiet {
			r.complain("warning: %s", text)
		}
	}
	for _, f := range pengine.Schedule(pengine.Input{CIB: s, Now: r.env.Now(), Sanitized: true}).Findings {
		say(f.Level, f.Level+": "+f.Msg)
	}
	// Ours, and never an error: scripts branch on what the original says.
	for _, f := range fencing.Review(s, r.env.Now(), nil) {
		if f.Level != "info" {
			say("warning", "warning: "+f.Text)
		}
	}
}
