package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var docsRoot = filepath.Join("..", "..", "docs")

// TestOperatorsPageQuotesRealMessages looks up what docs/operating.md quotes in the first
// column of its tables (and in running text, when it is a sentence) in the source.
func TestOperatorsPageQuotesRealMessages(t *testing.T) {
	page := read(t, filepath.Join(docsRoot, "operating.md"))
	source := allSource(t)
	quoted := regexp.MustCompile("`([^`]+)`")
	count := 0
	for i, line := range strings.Split(page, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			text := regexp.MustCompile(`[0-9]+ of [0-9]+ |, [0-9]+ are needed`).ReplaceAllString(m[1], "")
			count++
			if !strings.Contains(source, text) {
				t.Errorf("docs/operating.md:%d: no program says %q", i+1, text)
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d messages found in docs/operating.md", count)
	}
}

// TestDecisionsAreNumberedAndListed asks for unique numbers and a complete index.
func TestDecisionsAreNumberedAndListed(t *testing.T) {
	index := read(t, filepath.Join(docsRoot, "decisions", "README.md"))
	files, err := filepath.Glob(filepath.Join(docsRoot, "decisions", "[0-9]*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions found: %v", err)
	}
	seen := map[string]string{}
	for _, f := range files {
		name := filepath.Base(f)
		number, _, _ := strings.Cut(name, "-")
		if other := seen[number]; other != "" {
			t.Errorf("%s and %s have the same number", other, name)
		}
		seen[number] = name
		if !strings.HasPrefix(read(t, f), "# "+number+": ") {
			t.Errorf("docs/decisions/%s does not begin with %q", name, "# "+number+": ")
		}
		if !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/decisions/README.md does not list %s", name)
		}
	}
}

// TestLinksInDocsLeadSomewhere follows the relative links of all pages.
func TestLinksInDocsLeadSomewhere(t *testing.T) {
	pages := []string{filepath.Join("..", "..", "README.md"), filepath.Join("..", "..", "CONTRIBUTING.md")}
	err := filepath.WalkDir(docsRoot, func(file string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			pages = append(pages, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// TestArchitectureNamesEveryFolder asks that the picture shows every package folder of
// the first level.
func TestArchitectureNamesEveryFolder(t *testing.T) {
	page := read(t, filepath.Join(docsRoot, "architecture.md"))
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		goFiles, _ := filepath.Glob(filepath.Join("..", "..", e.Name(), "*.go"))
		if len(goFiles) > 0 && !slices.ContainsFunc([]string{"`" + e.Name() + "`", "`" + e.Name() + "/"}, func(s string) bool { return strings.Contains(page, s) }) {
			t.Errorf("docs/architecture.md does not name %s", e.Name())
		}
	}
}

// TestGuaranteesNameRealTests looks up every test that docs/guarantees.md names.
func TestGuaranteesNameRealTests(t *testing.T) {
	page := read(t, filepath.Join(docsRoot, "guarantees.md"))
	written := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Z]\w+)\(`)
	walkGo(t, func(file, text string) {
		if strings.HasSuffix(file, "_test.go") {
			for _, m := range declared.FindAllStringSubmatch(text, -1) {
				written[m[1]] = true
			}
		}
	})
	named := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(page, -1)
	if len(named) < 20 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !written[name] {
			t.Errorf("docs/guarantees.md names %s, and there is no such test", name)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// allSource is the text of all Go files that are no tests and that users run.
func allSource(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	walkGo(t, func(file, text string) {
		if !strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(file, "internal/") {
			b.WriteString(text)
		}
	})
	return b.String()
}

// walkGo reads every Go file; names are relative to the module's folder, with slashes.
func walkGo(t *testing.T, visit func(file, text string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".git")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		data, err := os.ReadFile(file)
		name, _ := filepath.Rel(root, file)
		visit(filepath.ToSlash(name), string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
