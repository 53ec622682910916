package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/tools"
)

// page reads a document, with the blanks that make lines an example taken away.
func page(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n")
}

// example is the indented lines from the one that begins so to the first one that is
// not indented like it.
func example(t *testing.T, file, begin string) string {
	t.Helper()
	var out []string
	indent := ""
	for _, line := range page(t, file) {
		words := strings.TrimLeft(line, " ")
		switch {
		case len(out) == 0 && strings.HasPrefix(line, "    ") && strings.HasPrefix(words, begin):
			indent = line[:len(line)-len(words)]
			out = append(out, words)
		case len(out) > 0 && !strings.HasPrefix(line, indent):
			return strings.Join(out, "\n") + "\n"
		case len(out) > 0:
			out = append(out, strings.TrimPrefix(line, indent))
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no example begins with %q", file, begin)
	}
	return strings.Join(out, "\n") + "\n"
}

func TestCorosyncExamplesAreFaultless(t *testing.T) {
	for _, file := range []string{"docs/first-cluster.md", "docs/membership.md"} {
		c, problems := membership.ParseCorosync(file, []byte(example(t, file, "totem {")))
		for _, p := range problems {
			t.Error(p)
		}
		if len(c.Nodes) != 2 {
			t.Errorf("%s: %d nodes, want 2", file, len(c.Nodes))
		}
	}
}

func TestReadmeExampleIsAccepted(t *testing.T) {
	_, script, _ := strings.Cut(example(t, "README.md", "crm configure <<"), "\n")
	script, _, found := strings.Cut(script, "\nEND\n")
	if !found {
		t.Fatal("README.md: the example for crm configure has no end")
	}
	file := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(file, []byte(completionCIB), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, args ...string) (int, string, string) {
		var out, errors bytes.Buffer
		env := tools.OSEnv()
		env.Stdin, env.Stdout, env.Stderr = strings.NewReader(stdin), &out, &errors
		env.Getenv = func(name string) string { return map[string]string{"CIB_file": file}[name] }
		return tools.Main(context.Background(), env, commands(), "crm", args), out.String(), errors.String()
	}
	if code, _, errors := run(script+"\n", "configure"); code != 0 {
		t.Fatalf("exit code %d: %s", code, errors)
	}
	_, shown, _ := run("", "configure", "show")
	for _, want := range []string{"group ldap ldap_service ldap_vip", "location prefer_server1 ldap 10: server1", "stonith-enabled=false"} {
		if !strings.Contains(shown, want) {
			t.Errorf("crm configure show has no %q:\n%s", want, shown)
		}
	}
}
