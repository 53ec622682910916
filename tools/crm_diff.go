package tools

import (
	"context"
	"io"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools/store"
)

const crmDiffHelp = `crm_diff - compare two configurations, or apply a patch

Usage: crm_diff [OPTION...]

Original XML:
  -o, --original=FILE           The document to begin with ("-": standard input)
  -O, --original-string=XML     The same as text

Operation:
  -n, --new=FILE                Compare with this file ("-": standard input)
  -N, --new-string=XML          The same as text
  -p, --patch=FILE              Apply the patch in this file to the original

Additional options:
  -c, --cib                     Treat the documents as CIBs
  -s, --stdin                   Read the new document from standard input
  -u, --no-version              Leave the versions out of the patch
  -V, --verbose                 accepted
  -h, --help                    This text
  -$, --version                 Version

Prints a version 2 patchset (create, modify, delete, move), as cibadmin --patch takes it;
with --patch, the patched document.

Exit codes: 0 no difference, or patched; 1 there is a difference; 64 wrong use; 65 a
document or patch is malformed; 66 no such file.

Examples:
  crm_diff --original one.xml --new two.xml > patch.xml
  crm_diff --original one.xml --patch patch.xml > two.xml
`

var crmDiffOptions = []option{
	{short: 'o', long: "original", takes: value}, {short: 'O', long: "original-string", takes: value}, {short: 'n', long: "new", takes: value},
	{short: 'N', long: "new-string", takes: value}, {short: 'p', long: "patch", takes: value}, {short: 'c', long: "cib"}, {short: 's', long: "stdin"}, {short: 'u', long: "no-version"},
}

func runCrmDiff(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_diff", crmDiffHelp, crmDiffOptions, args)
	if done {
		return code
	}
	var original, second *cib.Element
	patch, noVersion := false, false
	for _, g := range options {
		var e *cib.Element
		code := ExitOK
		switch g.name {
		case "original", "new", "patch":
			e, code = r.document(g.value)
		case "original-string", "new-string":
			e, code = r.parse([]byte(g.value))
		case "stdin":
			e, code = r.document("-")
		case "no-version":
			noVersion = true
		}
		if code != ExitOK {
			return code
		}
		switch g.name {
		case "original", "original-string":
			original = e
		case "new", "new-string", "stdin", "patch":
			second, patch = e, g.name == "patch"
		}
	}
	switch {
	case original == nil:
		return r.usage("Could not parse the first XML fragment: give --original FILE")
	case second == nil:
		return r.usage("Could not parse the second XML fragment: give --new FILE or --patch FILE")
	case patch:
		return r.applyPatch(original, second)
	}
	return r.compare(original, second, noVersion)
}

func (r *result) document(path string) (*cib.Element, int) {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(r.env.Stdin)
	} else {
		data, err = store.ReadXML(path)
	}
	if err != nil {
		r.complain("%s: Couldn't parse input file: %s (%v)", r.tool, path, err)
		return nil, ExitDataErr
	}
	return r.parse(data)
}

func (r *result) parse(data []byte) (*cib.Element, int) {
	e, err := cib.Parse(data)
	if err != nil {
		r.complain("%s: Could not parse the XML: %v", r.tool, err)
		return nil, ExitDataErr
	}
	return e, ExitOK
}

func (r *result) compare(before, after *cib.Element, noVersion bool) int {
	if before.Name != after.Name {
		r.complain("%s: a <%s> cannot be compared with a <%s>", r.tool, before.Name, after.Name)
		return r.finish(ExitDataErr)
	}
	if noVersion {
		for _, name := range []string{cib.AttrAdminEpoch, cib.AttrEpoch, cib.AttrNumUpdates} {
			if v, ok := before.Lookup(name); ok {
				after = after.With(name, v)
			} else {
				after = after.Without(name)
			}
		}
	}
	p := cib.DiffElements(before, after)
	if p.Empty() {
		return r.finish(ExitOK)
	}
	source, err1 := cib.VersionOf(before)
	target, err2 := cib.VersionOf(after)
	if !noVersion && err1 == nil && err2 == nil {
		p.Versioned, p.Source, p.Target = true, source, target
	}
	r.printf("%s", p.Element().XML())
	r.finish(ExitOK)
	return ExitError // there is a difference
}

func (r *result) applyPatch(original, patch *cib.Element) int {
	p, err := cib.ParsePatch(patch)
	if err == nil && p.Versioned {
		var have cib.Version
		if have, err = cib.VersionOf(original); err == nil && have != p.Source {
			r.complain("%s: Could not apply patch: it is for version %s, the original is at %s", r.tool, p.Source, have)
			return r.finish(ExitOld)
		}
	}
	if err == nil {
		original, err = cib.PatchElement(original, p)
	}
	if err != nil {
		r.complain("%s: Could not apply patch: %v", r.tool, err)
		return r.finish(ExitDataErr)
	}
	r.printf("%s", original.XML())
	return r.finish(ExitOK)
}
