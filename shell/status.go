package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/mon"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

// statusOptions are the words of status and the options of crm_mon that they mean.
func statusOptions() [][2]string {
	return [][2]string{{"bynode", "-n"}, {"inactive", "-r"}, {"ops", "-o"}, {"timing", "-t"}, {"failcounts", "-f"},
		{"brief", "-b"}, {"tickets", "-c"}, {"noheaders", "-D"}, {"detail", "-R"}, {"nodes", "--include=none,nodes"},
		{"resources", "--include=none,resources"}, {"attributes", "-A"}, {"xml", "--output-as=xml"}, {"simple", "-s"},
		{"verbose", "-V"}, {"quiet", "-Q"}, {"full", "-rnfotAR"}}
}

func statusWords() []string {
	var out []string
	for _, o := range statusOptions() {
		out = append(out, o[0])
	}
	return out
}

// runStatus prints what crm_mon -1 prints.
func runStatus(ctx context.Context, s *Session, args []string) error {
	options := []string{"-1"}
	for _, a := range args {
		i := slices.IndexFunc(statusOptions(), func(o [2]string) bool { return o[0] == a })
		switch {
		case i >= 0:
			options = append(options, statusOptions()[i][1])
		case strings.HasPrefix(a, "-"):
			options = append(options, a)
		default:
			return fmt.Errorf("status %s: use %s", a, strings.Join(statusWords(), ", "))
		}
	}
	env := mon.Env{Stdin: s.env.Stdin, Stdout: s.env.Stdout, Stderr: s.env.Stderr, Getenv: s.env.Getenv, Now: s.env.Now}
	if mon.Run(ctx, env, options) != exitOK {
		return errQuiet
	}
	return nil
}

// resourceList prints all resources and where they are active.
func (s *Session) resourceList(c *state.Cluster) error {
	if len(c.Resources) == 0 {
		s.printf("  * No resources\n")
		return nil
	}
	report.ResourceList(report.NewWriter(s.env.Stdout), c, &report.Options{Inactive: true}, false, false)
	return nil
}
