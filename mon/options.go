//lint:file-ignore ST1005 messages that scripts may know begin as the original's do

package mon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/rules"
)

// Options is what the command line asks for.
type Options struct {
	Show     report.Options
	Sections report.Sections
	Format   string // text, xml, legacy-xml, html, none, simple, console
	OneShot  bool
	Interval time.Duration // between refreshes
	To       string        // --output-to
	File     string        // --xml-file
	Node     string        // --node: a name or a tag
	Resource string        // --resource: an id or a tag
	Quiet    bool
	Daemon   bool
	PIDFile  string
	Help     bool
	Version  bool
	Fencing  int // --fence-history: 3 shows everything, less only the last of each kind

	fenceFailed, fenceSucceeded, fencePending bool // what of the fence history is shown

	includes []include
}

// include is one --include or --exclude, in order.
type include struct {
	sections string
	exclude  bool
}

// flag is one option: its letter, its name, and whether it takes a value.
type flag struct {
	short byte
	long  string
	value byte // 0 none, '1' needed, '?' optional
}

var flags = []flag{
	{'I', "include", '1'}, {'U', "exclude", '1'}, {0, "node", '1'}, {0, "resource", '1'}, {'n', "group-by-node", 0},
	{'r', "inactive", 0}, {'f', "failcounts", 0}, {'o', "operations", 0}, {'t', "timing-details", 0}, {'c', "tickets", 0},
	{'m', "fence-history", '?'}, {'L', "neg-locations", '?'}, {'A', "show-node-attributes", 0}, {'D', "hide-headers", 0},
	{'R', "show-detail", 0}, {0, "show-description", 0}, {'b', "brief", 0}, {'j', "pending", 0}, {'i', "interval", '1'},
	{'1', "one-shot", 0}, {'d', "daemonize", 0}, {'p', "pid-file", '1'}, {'E', "external-agent", '1'},
	{'e', "external-recipient", '1'}, {'W', "watch-fencing", 0}, {'x', "xml-file", '1'}, {'s', "simple-status", 0},
	{'X', "as-xml", 0}, {'h', "as-html", '1'}, {'w', "web-cgi", 0}, {0, "output-as", '1'}, {0, "output-to", '1'},
	{0, "html-cgi", 0}, {0, "html-stylesheet", '1'}, {0, "html-title", '1'}, {0, "text-fancy", 0}, {0, "xml-simple-list", 0},
	{'$', "version", 0}, {'V', "verbose", 0}, {'Q', "quiet", 0}, {'?', "help", 0}, {0, "help-all", 0},
	{0, "help-output", 0}, {0, "help-display", 0}, {0, "help-additional", 0}, {0, "disable-ncurses", 0}, {'N', "disable-ncurses", 0},
}

// Parse reads the command line.
func Parse(args []string) (*Options, error) {
	o := &Options{Format: "console", Interval: 5 * time.Second, Fencing: 1, Show: report.Options{Pending: true}}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		var err error
		switch {
		case strings.HasPrefix(word, "--"):
			args, err = o.long(word[2:], args)
		case len(word) > 1 && word[0] == '-':
			args, err = o.short(word[1:], args)
		default:
			err = fmt.Errorf("non-option ARGV-elements: %s", word)
		}
		if err != nil {
			return nil, err
		}
	}
	return o, o.settle()
}

func (o *Options) long(word string, args []string) ([]string, error) {
	name, value, bound := strings.Cut(word, "=")
	i := slices.IndexFunc(flags, func(f flag) bool { return f.long == name })
	if i < 0 {
		var like []int
		for j, f := range flags {
			if strings.HasPrefix(f.long, name) {
				like = append(like, j)
			}
		}
		if len(like) != 1 {
			return nil, fmt.Errorf("Unknown option --%s", name)
		}
		i = like[0]
	}
	if flags[i].value == '1' && !bound {
		if len(args) == 0 {
			return nil, fmt.Errorf("Missing argument for --%s", name)
		}
		value, args = args[0], args[1:]
	}
	return args, o.set(flags[i].long, value)
}

func (o *Options) short(word string, args []string) ([]string, error) {
	for word != "" {
		c := word[0]
		word = word[1:]
		i := slices.IndexFunc(flags, func(f flag) bool { return f.short == c })
		if i < 0 {
			return nil, fmt.Errorf("Unknown option -%c", c)
		}
		value := ""
		switch flags[i].value {
		case '1':
			value, word = word, ""
			if value == "" {
				if len(args) == 0 {
					return nil, fmt.Errorf("Missing argument for -%c", c)
				}
				value, args = args[0], args[1:]
			}
		case '?':
			if c == 'm' && word != "" && word[0] >= '0' && word[0] <= '3' || c == 'L' {
				value, word = word, ""
			}
		}
		if err := o.set(flags[i].long, strings.TrimPrefix(value, "=")); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func (o *Options) set(name, value string) error {
	with := func(sections string) { o.includes = append(o.includes, include{sections, false}) }
	s := &o.Show
	switch name {
	case "include":
		with(value)
	case "exclude":
		o.includes = append(o.includes, include{value, true})
	case "hide-headers":
		o.includes = append(o.includes, include{"summary", true})
	case "node":
		o.Node = value
	case "resource":
		o.Resource = value
	case "group-by-node":
		s.ByNode = true
	case "inactive":
		s.Inactive = true
	case "failcounts", "operations", "tickets":
		with(name)
	case "timing-details":
		s.Timing = true
		with("operations")
	case "show-node-attributes":
		with("attributes")
	case "neg-locations":
		with("bans:" + value)
	case "show-detail":
		s.CloneDetail, s.NodeIDs, s.Implicit, s.FailedDetail, s.FeatureSets = true, true, true, true, true
	case "show-description":
		s.Description = true
	case "brief":
		s.Brief = true
	case "fence-history":
		return o.fenceHistory(value)
	case "interval":
		d, ok := rules.ParseInterval(value)
		if !ok {
			return fmt.Errorf("Invalid value for -i: %s", value)
		}
		o.Interval = max(d, time.Second)
	default:
		o.setMode(name, value)
	}
	return nil
}

func (o *Options) setMode(name, value string) {
	switch name {
	case "one-shot":
		o.OneShot = true
	case "daemonize":
		o.Daemon = true
	case "pid-file":
		o.PIDFile = value
	case "xml-file":
		o.File = value
	case "simple-status":
		o.Format, o.OneShot = "simple", true
	case "as-xml":
		o.Format, o.OneShot = "legacy-xml", true
	case "as-html":
		o.Format, o.To = "html", value
	case "web-cgi", "html-cgi":
		o.Format, o.OneShot = "html", true
	case "output-as":
		o.Format = value
	case "output-to":
		o.To = value
	case "quiet":
		o.Quiet = true
	case "version":
		o.Version = true
	case "help", "help-all", "help-output", "help-display", "help-additional":
		o.Help = true
	}
}

func (o *Options) fenceHistory(value string) error {
	switch value {
	case "", "0", "1", "2", "3":
		o.Fencing = 2
		if value != "" {
			o.Fencing = int(value[0] - '0')
		}
		sections := [...]string{"fencing", "fencing-failed,fencing-pending", "fencing", "fencing"}[o.Fencing]
		o.includes = append(o.includes, include{sections, o.Fencing == 0})
		return nil
	}
	return fmt.Errorf("Fence history must be 0-3")
}

// nextFencing shows more of the fence history, and after all of it none.
func (o *Options) nextFencing() {
	o.Fencing = (o.Fencing + 1) % 4
	o.fenceFailed, o.fencePending, o.fenceSucceeded = o.Fencing > 0, o.Fencing > 0, o.Fencing > 1
}

// settle works out the sections: the default of the format, changed in order.
func (o *Options) settle() error {
	switch o.Format {
	case "console", "text", "xml", "legacy-xml", "html", "none", "simple":
	default:
		return fmt.Errorf("Invalid --output-as value %s: want console, html, text, xml or none", o.Format)
	}
	if o.Format == "xml" || o.Format == "simple" || o.To != "" && !o.Daemon && o.Format != "html" {
		o.OneShot = true
	}
	xml := o.XML()
	bits := map[string]bool{}
	set := func(names []string, on bool) {
		for _, n := range names {
			bits[n] = on
		}
	}
	defaults := []string{"stack", "dc", "times", "counts", "maint-mode", "nodes", "resources", "failures", "fencing-failed", "fencing-pending"}
	if xml {
		defaults = allSections
	}
	set(defaults, true)
	for _, inc := range o.includes {
		for _, part := range strings.Split(inc.sections, ",") {
			on := !inc.exclude
			switch {
			case part == "all":
				set(allSections, on)
			case part == "none":
				set(allSections, inc.exclude)
			case part == "default" || part == "defaults":
				set(defaults, on)
			case part == "summary":
				set([]string{"stack", "dc", "times", "counts", "maint-mode", "options"}[:5+b(inc.exclude)], on)
			case strings.HasPrefix(part, "bans"):
				bits["bans"] = on
				_, o.Sections.BanPrefix, _ = strings.Cut(part, ":")
			case part == "fencing":
				set(fencingSections, on)
			case slices.Contains(allSections, strings.ToLower(part)):
				bits[strings.ToLower(part)] = on
			default:
				word := "include"
				if inc.exclude {
					word = "exclude"
				}
				return fmt.Errorf("--%s options: all, attributes, bans[:PREFIX], counts, dc, default, failcounts, failures, fencing, "+
					"fencing-failed, fencing-pending, fencing-succeeded, maint-mode, nodes, none, operations, options, resources, "+
					"stack, summary, tickets, times", word)
			}
		}
	}
	o.apply(bits)
	return nil
}

func b(v bool) int {
	if v {
		return 1
	}
	return 0
}

var fencingSections = []string{"fencing-failed", "fencing-pending", "fencing-succeeded"}

var allSections = []string{"attributes", "bans", "counts", "dc", "failcounts", "failures", "fencing-failed", "fencing-pending",
	"fencing-succeeded", "maint-mode", "nodes", "operations", "options", "resources", "stack", "tickets", "times"}

func (o *Options) apply(bits map[string]bool) {
	s := &o.Sections
	s.Stack, s.DC, s.Times, s.Counts = bits["stack"], bits["dc"], bits["times"], bits["counts"]
	s.Options, s.MaintMode, s.Nodes, s.Resources = bits["options"], bits["maint-mode"], bits["nodes"], bits["resources"]
	s.Attributes, s.Operations, s.Failcounts = bits["attributes"], bits["operations"], bits["failcounts"]
	s.Failures, s.Tickets, s.Bans = bits["failures"], bits["tickets"], bits["bans"]
	o.fenceFailed, o.fenceSucceeded, o.fencePending = bits["fencing-failed"], bits["fencing-succeeded"], bits["fencing-pending"]
	if o.XML() {
		o.Show.Inactive, o.Show.Timing = true, true
	}
}

// XML reports whether the output is for programs.
func (o *Options) XML() bool { return o.Format == "xml" || o.Format == "legacy-xml" }
