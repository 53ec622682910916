package shell

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

const emptyCIB = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  <configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>`

func writeCIB(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// agentsDir makes an OCF root with agents that only have meta-data, so that the tests
// do not depend on what is installed.
func agentsDir(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "resource.d", "heartbeat")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/agents/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no agents in testdata: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".xml")
		script := "#!/bin/sh\ncat <<'EOF'\n" + string(text) + "EOF\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// fenceRoot makes a root directory with the fence agent of testdata.
func fenceRoot(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("testdata/fence_toy")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "usr/sbin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "usr/sbin/fence_toy"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestPlays runs the plays in testdata/plays: each command's arguments are crm's, its
// input is typed, and what follows is everything that crm printed. Commands of one
// file share a CIB; "reset" empties it, or makes it the input.
func TestPlays(t *testing.T) {
	t.Setenv("TZ", "UTC")
	agents := agentsDir(t)
	datadriven.Walk(t, "testdata/plays", func(t *testing.T, path string) {
		file := writeCIB(t, emptyCIB)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "reset":
				text := d.Input
				if text == "" {
					text = emptyCIB
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return "ok"
			case "crm":
				return runCrm(t, file, agents, d)
			}
			t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
			return ""
		})
	})
}

func runCrm(t *testing.T, file, agents string, d *datadriven.TestData) string {
	t.Helper()
	var args []string
	for _, a := range d.CmdArgs {
		args = append(args, a.String())
	}
	var out bytes.Buffer
	vars := map[string]string{"CIB_file": file, "TACTUS_OCF_ROOT": agents, "TACTUS_ROOT": fenceRoot(t)}
	code := Run(context.Background(), testEnv(vars, d.Input, &out, &out), args)
	text := strings.ReplaceAll(out.String(), file, "CIB")
	text = regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(text, "")
	if code != 0 {
		text += fmt.Sprintf("exit code %d\n", code)
	}
	return text
}
