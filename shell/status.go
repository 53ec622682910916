package shell

import (
	"context"
	"fmt"

	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

func statusWords() []string {
	return []string{"bynode", "inactive", "ops", "timing", "failcounts", "brief", "nodes", "resources", "full"}
}

// resourceList prints all resources and where they are active.
func (s *Session) resourceList(_ context.Context, c *state.Cluster) error {
	if len(c.Resources) == 0 {
		s.printf("  * No resources\n")
		return nil
	}
	w := report.NewWriter(s.env.Stdout)
	options := &report.Options{Inactive: true}
	report.ResourceList(w, c, options, false, false)
	return nil
}

// runStatus prints what crm_mon -1 prints.
func runStatus(ctx context.Context, s *Session, args []string) error {
	for _, a := range args {
		if !contains(statusWords(), a) && a[0] != '-' {
			return fmt.Errorf("status %s: use %v", a, statusWords())
		}
	}
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	w := report.NewWriter(s.env.Stdout)
	report.ClusterStatus(w, c, "", false)
	return nil
}
