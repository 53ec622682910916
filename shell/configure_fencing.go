package shell

import (
	"context"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/tools"
)

// fencingFindings looks for what will keep nodes from being fenced with the draft.
func (s *Session) fencingFindings(ctx context.Context) findings {
	var out findings
	snap, err := cib.NewSnapshot(s.draft.Root())
	if err != nil {
		return nil // the schema's findings say it
	}
	f := tools.ReadFences(s.env, snap)
	agents := map[string]fencing.Agent{}
	for _, d := range f.Devices {
		agents[d.Agent] = f.Agent(ctx, d)
	}
	for _, r := range fencing.Review(snap, s.env.Now(), agents) {
		level := map[string]severity{"error": severityError, "warning": severityWarning}[r.Level]
		out.add(level, "%s", r.Text)
	}
	return out
}

// clustersOwn reports whether a parameter of a fence device is not the agent's: the
// cluster uses it itself, and fencing.Review looks at it.
func clustersOwn(name string) bool {
	return strings.HasPrefix(name, "pcmk_") || slices.Contains([]string{"action", "priority", "provides", "stonith-timeout"}, name)
}

// fenceParameters are the parameters of every fence device that are the cluster's own,
// and what they mean: they follow an agent's in ra info, and complete statements.
func fenceParameters() [][2]string {
	return [][2]string{
		{"pcmk_host_list", "the nodes that the device can fence: \"n1 n2\""},
		{"pcmk_host_map", "what the device calls the nodes: \"n1:1;n2:2,3\""},
		{"pcmk_host_check", "how to find out whom it can fence: static-list, dynamic-list, status, none"},
		{"pcmk_host_argument", "the agent's parameter that names the target; none: there is no such parameter"},
		{"pcmk_delay_base", "wait so long before the device acts: 5s, or \"n1:0s;n2:10s\""},
		{"pcmk_delay_max", "wait at random up to so long, at least pcmk_delay_base"},
		{"pcmk_action_limit", "how many actions may run at once; -1: any number [1]"},
		{"pcmk_reboot_action", "what to do instead of reboot; also pcmk_off_action, pcmk_on_action, pcmk_monitor_action, pcmk_list_action, pcmk_status_action"},
		{"pcmk_reboot_timeout", "how long reboot may take, instead of stonith-timeout; also for off, on, monitor, list, status"},
		{"pcmk_reboot_retries", "how often reboot is tried within that time [2]; also for off, on, monitor, list, status"},
		{"priority", "devices with a higher one are tried first [0]"},
	}
}
