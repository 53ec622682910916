package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// pacemaker is the incumbent: corosync and pacemaker as Debian packages them.
type pacemaker struct{ ocf string }

func (pacemaker) name() string { return "pacemaker" }

func (pacemaker) missing() string {
	for _, program := range []string{"corosync", "pacemakerd", "cibadmin", "crm_resource"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed (packages corosync, pacemaker)"
		}
	}
	if os.Geteuid() != 0 {
		return "it needs root"
	}
	return ""
}

func (s pacemaker) options(p profile) (testcluster.Options, error) {
	opts := testcluster.Options{
		Bin:    "/usr/sbin",
		Own:    []string{"/etc/corosync", "/var/lib/corosync", "/var/lib/pacemaker", "/var/log"},
		Shared: []string{s.ocf + ":/usr/lib/ocf"},
	}
	if !p.fencing {
		return opts, nil
	}
	var err error
	if opts.Dir, err = os.MkdirTemp("", "tactus"); err != nil {
		return opts, err
	}
	sbin, err := sbinWithSwitch(opts.Dir)
	opts.Shared = append(opts.Shared, sbin+":/usr/sbin")
	return opts, err
}

func (pacemaker) start(n *testcluster.Node, p profile) error {
	conf := n.CorosyncConf()
	timing := "\tcrypto_cipher: none\n\tcrypto_hash: none\n"
	if p.token > 0 {
		// As fast as corosync can be told to be: it waits for token, then for consensus.
		timing += fmt.Sprintf("\ttoken: %d\n\tconsensus: %d\n\ttoken_coefficient: 0\n", p.token.Milliseconds(), (p.token * 12 / 10).Milliseconds())
	}
	conf = strings.Replace(conf, "totem {\n", "totem {\n"+timing, 1)
	conf += "logging {\n\tto_stderr: no\n\tto_syslog: no\n\tto_logfile: yes\n\tlogfile: /var/log/corosync/corosync.log\n}\n"
	if err := os.WriteFile(n.Path("/etc/corosync/corosync.conf"), []byte(conf), 0o644); err != nil {
		return err
	}
	env := []string{"PCMK_logfile=/var/log/pacemaker/pacemaker.log", "PCMK_logfacility=none", "PCMK_fail_fast=no"}
	if err := n.Start("corosync", nil, "corosync", "-f"); err != nil {
		return err
	}
	return n.Start("pacemakerd", env, "sh", "-c", "until corosync-cfgtool -s >/dev/null 2>&1; do sleep 0.05; done; exec pacemakerd -f")
}

func (pacemaker) dc(ctx context.Context, n *testcluster.Node) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	got, err := n.Run(ctx, "", "crmadmin", "-D", "-q")
	if err != nil || got.Code != 0 {
		return ""
	}
	fields := strings.Fields(got.Stdout + got.Stderr)
	if len(fields) == 0 || !strings.HasPrefix(fields[len(fields)-1], "server") {
		return ""
	}
	return fields[len(fields)-1]
}

func (pacemaker) tool(args ...string) []string { return args }

func (pacemaker) dummies() []string { return []string{"pacemaker:Dummy"} }

func (pacemaker) addresses() []string { return []string{"heartbeat"} }
