package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/tools"
)

// TestMain lets the test binary be crm, so that bash has something to call.
func TestMain(m *testing.M) {
	if os.Getenv("BE_CRM") != "" {
		os.Exit(tools.Main(context.Background(), tools.OSEnv(), commands(), "crm", os.Args[1:]))
	}
	os.Exit(m.Run())
}

const completionCIB = `<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes><node id="1" uname="n1"/></nodes>
    <resources><primitive id="db" class="ocf" provider="heartbeat" type="Dummy"/></resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
`

// TestBashCompletion calls the completion function as bash does: with the line, and with
// words that bash has split at ':' and '='.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	dir := t.TempDir()
	cib := filepath.Join(dir, "cib.xml")
	agents := filepath.Join(dir, "ocf", "resource.d", "heartbeat")
	if err := os.MkdirAll(agents, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{cib: completionCIB, filepath.Join(agents, "Dummy"): "#!/bin/sh\n", filepath.Join(agents, "Delay"): "#!/bin/sh\n"} {
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ name, line, want string }{
		{"a level", "crm res", "resource"},
		{"after options", "crm -F -D plain resource star", "start"},
		{"a resource", "crm resource start ", "db"},
		{"a node", "crm node standby ", "n1"},
		{"nothing but the rest of an agent", "crm configure primitive x ocf:heartbeat:Du", "Dummy"},
		{"right after a colon", "crm configure primitive x ocf:heartbeat:D", "Delay Dummy"},
		{"words after an agent", "crm configure primitive x ocf:heartbeat:Dummy me", "meta"},
		{"a property", "crm configure property no-quorum-", "no-quorum-policy="},
		{"nothing fits", "crm nonsense ", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cmd := exec.Command(bash, "--norc", "-c", `
crm() { BE_CRM=1 "$SELF" "$@"; }
. ../../docs/completion/crm.bash
COMP_LINE=$1 COMP_POINT=${#1}
_crm
echo "${COMPREPLY[@]}"`, "bash", tc.line)
			cmd.Env = append(os.Environ(), "SELF="+os.Args[0], "CIB_file="+cib, "TACTUS_OCF_ROOT="+filepath.Join(dir, "ocf"))
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != tc.want {
				t.Errorf("%q: got %q (%v), want %q", tc.line, got, err, tc.want)
			}
		})
	}
}
