package tools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/tools/store"
)

const cibadminHelp = `cibadmin - query and edit the cluster configuration

Usage: cibadmin COMMAND [OPTION...]

Commands:
 -Q, --query             Print the CIB, or the part that --scope or --xpath names
 -C, --create            Create an object (fails if it exists already)
 -M, --modify            Find an object anywhere in the CIB and update it (fails if it
                         does not exist, unless -c is given)
 -P, --patch             Apply a difference (see crm_diff)
 -R, --replace           Replace an object, a section, or the whole CIB
 -D, --delete            Delete the first object that matches element name and all
                         attributes, for example <op id="op1" name="monitor"/>
 -d, --delete-all        With --xpath and --force: delete every match
 -B, --bump              Count the epoch by 1
 -E, --erase             Erase the whole CIB (needs --force)
 -u, --upgrade           Upgrade to the newest schema (needs --force)
 -a, --empty             Print an empty CIB
 -5, --md5-sum           Print the digest of a CIB as it is on disk
 -6, --md5-sum-versioned
                         Print the digest of a CIB without its book-keeping

Data:
 -X, --xml-text=XML      Take the data from this text
 -x, --xml-file=FILE     Take the data from this file (.bz2 is unpacked)
 -p, --xml-pipe          Take the data from standard input

Options:
 -o, --scope=SECTION     configuration, nodes, resources, constraints, crm_config,
                         rsc_defaults, op_defaults, acls, fencing-topology, tags, alerts,
                         status
 -A, --xpath=EXPRESSION  An XPath instead of --scope
 -e, --node-path         With --query --xpath: print the paths of what is found
 -n, --no-children       With --query: print elements without what is in them
 -c, --allow-create      With --modify: create what does not exist
 -f, --force             Do what could destroy the configuration
 -l, --local             Ask this node (it always answers itself)
 -s, --sync-call         Wait until it is done (it always does)
 -t, --timeout=SECONDS   Give up after this time (default 30)
 -N, --node=NODE, -U, --user=USER, -S, --show-access[=WAY], -V, --verbose
                         accepted
 -?, --help              This text
 -$, --version           Version
 -!                      Version and features

Environment: CIB_file, or CIB_shadow (in CIB_shadow_dir), works on a file, without any
daemon. TACTUS_ROOT, TACTUS_SOCKET say where the cluster's socket is.

Attribute values "NAME++" and "NAME+=N", NAME being the attribute's own name, count from
the present value.

Exit codes: 0 done; 64 wrong use; 65 the data is not well-formed XML; 66 no such file;
70 no data given; 78 the result would not be a valid configuration; 102 the cluster is not
running; 103 the data is older than the CIB; 105 no such object; 107 needs --force;
108 the object exists already; 124 timeout.

Examples:
 cibadmin --query --scope crm_config
 cibadmin --query --xpath "//nvpair[@name='target-role']"
 cibadmin --delete --xml-text '<primitive id="old"/>'
 cibadmin --replace --scope constraints --xml-file constraints.xml
 cibadmin --modify --xml-text '<cib admin_epoch="admin_epoch++"/>'
`

var cibadminOptions = []option{
	{'Q', "query", noValue, ""}, {'C', "create", noValue, ""}, {'M', "modify", noValue, ""}, {'U', "user", value, ""}, {'P', "patch", noValue, ""},
	{'R', "replace", noValue, ""}, {'D', "delete", noValue, ""}, {'d', "delete-all", noValue, ""}, {'B', "bump", noValue, ""}, {'E', "erase", noValue, ""},
	{'u', "upgrade", noValue, ""}, {'a', "empty", noValue, ""}, {'5', "md5-sum", noValue, ""}, {'6', "md5-sum-versioned", noValue, ""},
	{'X', "xml-text", value, ""}, {'x', "xml-file", value, ""}, {'p', "xml-pipe", noValue, ""}, {'o', "scope", value, "obj_type"}, {'A', "xpath", value, ""},
	{'e', "node-path", noValue, ""}, {'n', "no-children", noValue, ""}, {'c', "allow-create", noValue, ""}, {'f', "force", noValue, ""}, {'l', "local", noValue, ""},
	{'s', "sync-call", noValue, ""}, {'t', "timeout", value, ""}, {'N', "node", value, "host"}, {'S', "show-access", optionalBound, ""}, {'V', "verbose", noValue, ""},
	{'?', "help", noValue, ""}, {'h', "help", noValue, ""}, {'$', "version", noValue, ""}, {'!', "features", noValue, ""}, {'m', "sync", noValue, ""}, {'b', "no-bcast", noValue, ""},
}

type cibadmin struct {
	env      Env
	command  string
	data     *cib.Element
	hasData  bool
	scope    string
	xpath    string
	paths    bool
	shallow  bool
	create   bool
	force    bool
	timeout  time.Duration
	xmlText  *string
	xmlFile  string
	xmlStdin bool
}

func runCibadmin(ctx context.Context, env Env, args []string) int {
	found, _, err := parseOptions(cibadminOptions, args)
	if err != nil {
		fmt.Fprintf(env.Stderr, "cibadmin: %v\n%s", err, cibadminHelp)
		return ExitUsage
	}
	c := cibadmin{env: env, timeout: api.DefaultTimeout}
	for _, g := range found {
		if code, done := c.option(g); done {
			return code
		}
	}
	if c.command == "" {
		fmt.Fprintf(env.Stderr, "cibadmin: no command given: use one of -Q -C -M -P -R -D -d -B -E -u -a -5 -6\n")
		return ExitUsage
	}
	if (c.command == "erase" || c.command == "upgrade" || c.command == "delete-all") && !c.force {
		fmt.Fprintln(env.Stderr, "The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, the --force flag is required in order to proceed.")
		return ExitUnsafe
	}
	if code := c.readData(); code != ExitOK {
		return code
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.run(ctx)
}

// option takes one option; done ends the program.
func (c *cibadmin) option(g given) (code int, done bool) {
	switch g.name {
	case "help":
		fmt.Fprint(c.env.Stdout, cibadminHelp)
		return ExitOK, true
	case "version":
		fmt.Fprint(c.env.Stdout, versionText)
		return ExitOK, true
	case "features":
		fmt.Fprint(c.env.Stdout, featuresText)
		return ExitOK, true
	case "xml-text":
		c.xmlText = &g.value
	case "xml-file":
		c.xmlFile = g.value
	case "xml-pipe":
		c.xmlStdin = true
	case "scope":
		c.scope = g.value
	case "xpath":
		c.xpath = g.value
	case "node-path":
		c.paths = true
	case "no-children":
		c.shallow = true
	case "allow-create":
		c.create = true
	case "force":
		c.force = true
	case "timeout":
		d, err := parseTime(g.value)
		if err != nil || d <= 0 {
			fmt.Fprintf(c.env.Stderr, "cibadmin: --timeout %q: want a time, for example 10s\n", g.value)
			return ExitUsage, true
		}
		c.timeout = d
	case "user", "local", "sync-call", "node", "show-access", "verbose", "sync", "no-bcast":
	default:
		c.command = g.name
	}
	return ExitOK, false
}

func (c *cibadmin) readData() int {
	var text []byte
	var err error
	from := "standard input"
	switch {
	case c.xmlText != nil:
		text, from = []byte(*c.xmlText), "input string"
	case c.xmlFile != "":
		text, err = store.ReadXML(c.xmlFile)
		from = "input file: " + c.xmlFile
	case c.xmlStdin:
		text, err = io.ReadAll(c.env.Stdin)
	default:
		return ExitOK
	}
	if err != nil {
		fmt.Fprintf(c.env.Stderr, "cibadmin: couldn't read %s: %v\n", from, err)
		if errors.Is(err, os.ErrNotExist) {
			return ExitNoInput
		}
		return ExitError
	}
	if c.data, err = cib.Parse(text); err != nil {
		fmt.Fprintf(c.env.Stderr, "cibadmin: Couldn't parse %s: %v\n", from, err)
		return ExitDataErr
	}
	c.hasData = true
	return ExitOK
}

func (c *cibadmin) run(ctx context.Context) int {
	switch c.command {
	case "empty":
		root := cib.Empty(time.Time{}).Root().With(cib.AttrEpoch, "1")
		_, _ = c.env.Stdout.Write(root.XML())
		return ExitOK
	case "md5-sum", "md5-sum-versioned":
		return c.digest()
	case "query":
		return c.query(ctx)
	}
	op := api.CIBOp{Kind: c.command, Scope: c.scope, XPath: c.xpath, AllowCreate: c.create, Force: c.force}
	if c.hasData {
		data, findings := schemas.Normalize(c.data)
		for _, f := range findings {
			fmt.Fprintf(c.env.Stderr, "cibadmin: warning: %s\n", f)
		}
		op.XML = string(data.AppendCompact(nil))
	}
	reply, err := c.env.Store().Change(ctx, api.CIBRequest{Ops: []api.CIBOp{op}})
	if reply.XML != "" {
		fmt.Fprint(c.env.Stdout, reply.XML)
	}
	return c.report(err)
}

// report prints an error as cibadmin does, with the particulars behind.
func (c *cibadmin) report(err error) int {
	code := store.ExitCode(err)
	switch code {
	case ExitOK:
	case ExitDisconnect:
		fmt.Fprintf(c.env.Stderr, "cibadmin: Connection to local CIB failed: %s (%v)\n", errorText(code), err)
	default:
		fmt.Fprintf(c.env.Stderr, "Call failed: %s (%v)\n", errorText(code), err)
	}
	return code
}

func (c *cibadmin) digest() int {
	if !c.hasData {
		fmt.Fprintln(c.env.Stderr, "Please supply XML to process with -X, -x or -p")
		return ExitUsage
	}
	if c.command == "md5-sum" {
		fmt.Fprint(c.env.Stderr, "Digest: ")
		fmt.Fprintln(c.env.Stdout, cib.Digest(c.data))
	} else {
		fmt.Fprintf(c.env.Stderr, "Versioned (%s) digest: ", cib.FeatureSet)
		fmt.Fprintln(c.env.Stdout, cib.DigestVersioned(c.data))
	}
	return ExitOK
}

func (c *cibadmin) query(ctx context.Context) int {
	s, err := c.env.Store().CIB(ctx)
	if err != nil {
		return c.report(err)
	}
	if c.xpath != "" {
		return c.queryXPath(s)
	}
	e := s.Section(c.scope)
	if e == nil {
		return c.report(notFound("there is no section %s", c.scope))
	}
	c.print(e)
	return ExitOK
}

func (c *cibadmin) print(e *cib.Element) {
	if c.shallow {
		e = e.WithChildren()
	}
	_, _ = c.env.Stdout.Write(e.XML())
}

func (c *cibadmin) queryXPath(s *cib.Snapshot) int {
	matches, err := cib.Select(s.Root(), c.xpath)
	if err != nil {
		return c.report(notFound("%v", err))
	}
	switch {
	case len(matches) == 0:
		return c.report(notFound("nothing matches %s", c.xpath))
	case c.paths:
		for _, m := range matches {
			fmt.Fprintln(c.env.Stdout, m.Path)
		}
	case len(matches) == 1:
		c.print(matches[0].Element)
	default:
		all := cib.New(cib.TagXPathQuery)
		for _, m := range matches {
			e := m.Element
			if c.shallow {
				e = e.WithChildren()
			}
			all.Children = append(all.Children, e)
		}
		_, _ = c.env.Stdout.Write(all.XML())
	}
	return ExitOK
}

// parseTime reads a time of the command line: whole seconds, a number with a unit, or a
// simple ISO 8601 duration.
func parseTime(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "P") {
		return parseISODuration(s)
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("time %q: want for example 10, 10s, 500ms, 2min", s)
	}
	unit, ok := map[string]time.Duration{"": time.Second, "s": time.Second, "sec": time.Second, "ms": time.Millisecond, "msec": time.Millisecond,
		"us": time.Microsecond, "usec": time.Microsecond, "m": time.Minute, "min": time.Minute, "h": time.Hour, "hr": time.Hour}[strings.ToLower(strings.TrimSpace(s[digits:]))]
	if !ok || n > int64(1<<62)/int64(unit) {
		return 0, fmt.Errorf("time %q: want for example 10, 10s, 500ms, 2min", s)
	}
	return time.Duration(n) * unit, nil
}

func parseISODuration(s string) (time.Duration, error) {
	end, err := addISODuration(time.Unix(0, 0).UTC(), s)
	return end.Sub(time.Unix(0, 0).UTC()), err
}

// addISODuration adds an ISO 8601 duration (P1Y2M3DT4H5M6S, P2W) to a time.
func addISODuration(t time.Time, s string) (time.Time, error) {
	rest, ok := strings.CutPrefix(s, "P")
	bad := fmt.Errorf("duration %q: want ISO 8601, for example PT1H30M or P1D", s)
	if !ok || rest == "" || rest == "T" {
		return t, bad
	}
	clock := false
	for rest != "" {
		if rest[0] == 'T' && !clock {
			clock, rest = true, rest[1:]
			continue
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || digits == len(rest) || n > 1e6 {
			return t, bad
		}
		unit := rest[digits]
		rest = rest[digits+1:]
		switch {
		case clock && unit == 'H':
			t = t.Add(time.Duration(n) * time.Hour)
		case clock && unit == 'M':
			t = t.Add(time.Duration(n) * time.Minute)
		case clock && unit == 'S':
			t = t.Add(time.Duration(n) * time.Second)
		case !clock && unit == 'Y':
			t = t.AddDate(n, 0, 0)
		case !clock && unit == 'M':
			t = t.AddDate(0, n, 0)
		case !clock && unit == 'W':
			t = t.AddDate(0, 0, 7*n)
		case !clock && unit == 'D':
			t = t.AddDate(0, 0, n)
		default:
			return t, bad
		}
	}
	return t, nil
}
