package tools

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// run runs a tool on a copy of testdata/cib.xml and says what came of it: exit code,
// output, errors, and how the CIB has changed.
type run struct {
	code        int
	out, errors string
	file        string
}

func tool(t *testing.T, file string, env map[string]string, line ...string) run {
	t.Helper()
	var out, errs bytes.Buffer
	e := Env{Stdin: strings.NewReader(env["stdin"]), Stdout: &out, Stderr: &errs, Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Getenv: func(name string) string {
			if name == "CIB_file" && env["CIB_shadow"] == "" {
				return file
			}
			return env[name]
		}}
	code := Main(context.Background(), e, Commands(), line[0], line[1:])
	return run{code, out.String(), errs.String(), file}
}

func copyOfCIB(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cib.xml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// words splits a command line at blanks, except within single quotes.
func words(line string) (list []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		list = append(list, strings.Fields(part)...)
	}
	return list
}

// TestToolsOnFiles runs every line of testdata/*.cmds on a fresh copy of the CIB and
// compares with the .golden file beside it. What they say was compared with Pacemaker
// 2.1.5's tools; differences are explained in the .cmds files.
func TestToolsOnFiles(t *testing.T) {
	t.Setenv("TZ", "UTC")
	files, err := filepath.Glob("testdata/*.cmds")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %d files of commands (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".cmds"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
					continue
				}
				got.WriteString(transcript(t, line))
			}
			golden(t, strings.TrimSuffix(file, ".cmds")+".golden", got.String())
		})
	}
}

func transcript(t *testing.T, line string) string {
	t.Helper()
	file := copyOfCIB(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := tool(t, file, map[string]string{"TACTUS_ROOT": filepath.Dir(file), "TACTUS_OCF_ROOT": filepath.Dir(file)}, words(line)...)
	var b strings.Builder
	b.WriteString("$ " + line + "\n" + r.out)
	for l := range strings.Lines(r.errors) {
		b.WriteString("! " + l)
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		b.WriteString(difference(t, before, after))
	}
	if r.code != 0 {
		b.WriteString("exit code " + itoa(r.code) + "\n")
	}
	return strings.ReplaceAll(b.String(), filepath.Dir(file), "DIR") + "\n"
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func difference(t *testing.T, before, after []byte) string {
	t.Helper()
	a, err := cib.Parse(before)
	if err != nil {
		t.Fatal(err)
	}
	b, err := cib.Parse(after)
	if err != nil {
		t.Fatal(err)
	}
	return string(cib.DiffElements(a, b).Element().XML())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			wanted := "the end"
			if i < len(w) {
				wanted = w[i]
			}
			t.Fatalf("%s, line %d:\ngot  %s\nwant %s", file, i+1, g[i], wanted)
		}
	}
	t.Fatalf("%s: output ends early, after line %d of %d", file, len(g), len(w))
}

func TestEveryToolHasHelpAndVersion(t *testing.T) {
	for _, c := range Commands() {
		t.Run(c.Name, func(t *testing.T) {
			r := tool(t, "", nil, c.Name, "--help")
			if r.code != 0 || !strings.Contains(r.out, c.Name) || !strings.Contains(strings.ToLower(r.out), "exit codes") {
				t.Errorf("--help: exit code %d, output %q; want 0, the name and the exit codes", r.code, r.out)
			}
			r = tool(t, "", nil, c.Name, "--version")
			if first, _, _ := strings.Cut(r.out, "\n"); r.code != 0 || first != "Pacemaker 2.1.5" {
				t.Errorf("--version: exit code %d, first line %q", r.code, first)
			}
			if r = tool(t, "", nil, c.Name, "--no-such-option"); r.code != ExitUsage || r.errors == "" {
				t.Errorf("an unknown option: exit code %d, errors %q; want %d and a message", r.code, r.errors, ExitUsage)
			}
			if page := ManualPage(c); !strings.HasPrefix(page, ".TH ") {
				t.Errorf("the manual page begins with %q", page[:20])
			}
		})
	}
}

func TestNothingRunsIs102(t *testing.T) {
	env := map[string]string{"TACTUS_ROOT": t.TempDir()}
	for _, line := range []string{"cibadmin -Q", "crm_resource -L", "crm_attribute -n x -G", "crm_attribute -N n1 -l reboot -n x -v 1", "crm_node -l", "crmadmin -D", "crmadmin -N",
		"attrd_updater -n x -Q", "attrd_updater -n x -U 1", "crm_resource --wait -T 5", "crm_standby -G", "crm_failcount -G -r x", "crm_master -v 1 -r x", "cibadmin -M -X <a/>", "crm_resource -C"} {
		if r := tool(t, "", env, words(line)...); r.code != ExitDisconnect || r.errors == "" {
			t.Errorf("%s: exit code %d, errors %q; want %d and a message", line, r.code, r.errors, ExitDisconnect)
		}
	}
	if r := tool(t, "", env, "crm_verify", "-L"); r.code != ExitNoInput {
		t.Errorf("crm_verify -L: exit code %d, want %d", r.code, ExitNoInput)
	}
}

func TestInvalidChangeLeavesTheFile(t *testing.T) {
	file := copyOfCIB(t)
	before, _ := os.ReadFile(file)
	r := tool(t, file, nil, "cibadmin", "-M", "-X", `<primitive id="d1" nonsense="1"/>`)
	after, _ := os.ReadFile(file)
	if r.code != ExitConfig || !bytes.Equal(before, after) || !strings.Contains(r.errors, "unknown attribute nonsense") {
		t.Errorf("exit code %d, errors %q, changed: %t; want %d, the reason, unchanged", r.code, r.errors, !bytes.Equal(before, after), ExitConfig)
	}
}

func TestPatchOfShellAndPcs(t *testing.T) {
	file := copyOfCIB(t)
	text, _ := os.ReadFile(file)
	edited := filepath.Join(t.TempDir(), "new.xml")
	if err := os.WriteFile(edited, []byte(strings.Replace(string(text), `value="hello"`, `value="bye"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	patch := tool(t, file, nil, "crm_diff", "--no-version", "-o", file, "-n", edited)
	if patch.code != 1 {
		t.Fatalf("crm_diff: exit code %d, want 1 (there is a difference): %s", patch.code, patch.errors)
	}
	if r := tool(t, file, map[string]string{"stdin": patch.out}, "cibadmin", "-p", "-P"); r.code != 0 {
		t.Fatalf("cibadmin -p -P: exit code %d: %s", r.code, r.errors)
	}
	if r := tool(t, file, nil, "crm_resource", "-r", "d1", "-g", "fake"); r.out != "bye\n" {
		t.Errorf("the patched value is %q, want bye", r.out)
	}
	versioned := tool(t, file, nil, "crm_diff", "-o", edited, "-n", file)
	if r := tool(t, file, map[string]string{"stdin": versioned.out}, "cibadmin", "-p", "-P"); r.code != ExitOld {
		t.Errorf("a stale patch: exit code %d, want %d", r.code, ExitOld)
	}
}

func TestShadowCopies(t *testing.T) {
	file, dir := copyOfCIB(t), t.TempDir()
	env := map[string]string{"CIB_shadow_dir": dir}
	shadowed := map[string]string{"CIB_shadow_dir": dir, "CIB_shadow": "s1"}
	if r := tool(t, file, env, "crm_shadow", "-b", "-c", "s1"); r.code != 0 {
		t.Fatalf("create: exit code %d: %s", r.code, r.errors)
	}
	if r := tool(t, file, env, "crm_shadow", "-b", "-c", "s1"); r.code != ExitCantCreate {
		t.Errorf("create again: exit code %d, want %d", r.code, ExitCantCreate)
	}
	if r := tool(t, file, shadowed, "crm_attribute", "-n", "maintenance-mode", "-v", "true"); r.code != 0 {
		t.Fatalf("change: exit code %d: %s", r.code, r.errors)
	}
	if r := tool(t, file, shadowed, "crm_attribute", "-n", "maintenance-mode", "-Gq"); r.out != "true\n" {
		t.Errorf("in the copy: %q, want true", r.out)
	}
	if r := tool(t, file, nil, "crm_attribute", "-n", "maintenance-mode", "-Gq"); r.code != ExitNoSuch {
		t.Errorf("in the original: exit code %d (%q), want %d", r.code, r.out, ExitNoSuch)
	}
	if r := tool(t, file, shadowed, "crm_shadow", "--which"); r.out != "s1\n" {
		t.Errorf("--which: %q", r.out)
	}
	if r := tool(t, file, map[string]string{"CIB_shadow_dir": dir}, "crm_shadow", "-D", "s1"); r.code == 0 {
		t.Error("deleted without --force")
	}
	if r := tool(t, file, env, "crm_shadow", "-b", "-f", "-D", "s1"); r.code != 0 {
		t.Errorf("delete: exit code %d: %s", r.code, r.errors)
	}
	if _, err := os.Stat(filepath.Join(dir, "shadow.s1")); err == nil {
		t.Error("the copy is still there")
	}
}

func TestReadingFromAPipe(t *testing.T) {
	text, err := os.ReadFile("testdata/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		_, _ = w.Write(text)
		w.Close()
	}()
	got := tool(t, "/dev/fd/"+itoa(int(r.Fd())), nil, "crm_resource", "-W", "-r", "d1")
	if got.out != "resource d1 is running on: n1\n" {
		t.Errorf("output %q, errors %q", got.out, got.errors)
	}
}

func TestOptions(t *testing.T) {
	opts := []option{{'Q', "query", noValue, ""}, {'l', "local", noValue, ""}, {'o', "scope", value, "obj_type"}, {'p', "promotion", optional, ""}, {'S', "show", optionalBound, ""}, {0, "showing", noValue, ""}}
	for _, tt := range []struct{ line, want string }{
		{"-Ql -o x", "query local scope=x"}, {"-lox y", "local scope=x | y"}, {"--scope=a --scope b --obj_type c", "scope=a scope=b scope=c"},
		{"-p -Q", "promotion query"}, {"-p r1", "promotion=r1"}, {"-S x", "show | x"}, {"--show=x", "show=x"}, {"--sco x", "scope=x"},
		{"-- -Q", "| -Q"}, {"--sh", "error"}, {"-o", "error"}, {"--query=1", "error"}, {"-X", "error"}, {"--", ""}, {"-", "| -"},
	} {
		found, rest, err := parseOptions(opts, strings.Fields(tt.line))
		var got []string
		for _, g := range found {
			if g.value != "" {
				g.name += "=" + g.value
			}
			got = append(got, g.name)
		}
		if len(rest) > 0 {
			got = append(append(got, "|"), rest...)
		}
		if err != nil {
			got = []string{"error"}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %v (error %v), want %s", tt.line, got, err, tt.want)
		}
	}
}
