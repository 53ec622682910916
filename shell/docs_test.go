package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheOperatorsPageShowsWhatIsPrinted compares the examples of "Before you change
// something" with the plays: a line "# crm ..." and what follows it.
func TestTheOperatorsPageShowsWhatIsPrinted(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	play, err := os.ReadFile(filepath.Join("testdata", "plays", "simulate"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, found := strings.Cut(string(page), "## Before you change something\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	if !found {
		t.Fatal("docs/operating.md has no such chapter")
	}
	examples := 0
	for _, block := range strings.Split(chapter, "\n\n") {
		command, ok := strings.CutPrefix(block, "    # crm ")
		if !ok {
			continue
		}
		examples++
		command, output, _ := strings.Cut(command, "\n")
		var want strings.Builder
		for line := range strings.Lines(output + "\n") {
			want.WriteString(strings.TrimPrefix(line, "    "))
		}
		_, printed, found := strings.Cut(string(play), "\ncrm "+strings.Replace(command, "--lose each", "--lose=each", 1)+"\n----\n")
		if !found {
			t.Errorf("no play has the command of the page: crm %s", command)
		} else if !strings.HasPrefix(printed, want.String()) {
			t.Errorf("crm %s prints\n%.900s\nthe page says\n%s", command, printed, want.String())
		}
	}
	if examples != 2 {
		t.Errorf("%d examples found, want 2", examples)
	}
}
