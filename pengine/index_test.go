package pengine_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestIndex keeps the index in doc.go true: each file it names exists, and each file of
// sched is named.
func TestIndex(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`[a-z]+/[a-z_]+\.go`).FindAllString(string(doc), -1)
	for _, file := range named {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("doc.go names %s: %v", file, err)
		}
	}
	files, err := filepath.Glob("sched/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in sched: %v", err)
	}
	for _, file := range files {
		file = filepath.ToSlash(file)
		if strings.HasSuffix(file, "_test.go") || file == "sched/doc.go" {
			continue
		}
		if !slices.Contains(named, file) {
			t.Errorf("%s is not in the index of doc.go", file)
		}
	}
}
