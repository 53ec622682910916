package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/tools"
)

// TestMakefileInstallsEveryTool compares the links that make makes with the table.
func TestMakefileInstallsEveryTool(t *testing.T) {
	data, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(strings.ReplaceAll(string(data), "\\\n", " "), "\nTOOLS := ")
	if !found {
		t.Fatal("the Makefile has no list TOOLS")
	}
	line, _, _ := strings.Cut(rest, "\n")
	got, want := strings.Fields(line), []string{}
	for _, c := range commands() {
		want = append(want, c.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("TOOLS in the Makefile: got  %v\nwant %v", got, want)
	}
}

// TestManualPages asks that every tool has a page with all that a reader looks for, and
// that groff has nothing to say about it.
func TestManualPages(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("groff is not installed: only the structure of the pages is checked")
	}
	for _, c := range commands() {
		t.Run(c.Name, func(t *testing.T) {
			page := tools.ManualPage(c)
			for _, section := range []string{"NAME", "SYNOPSIS", "EXIT STATUS"} {
				if n := strings.Count(page, "\n.SH \""+section+"\"\n"); n != 1 {
					t.Errorf("%d sections %s, want 1", n, section)
				}
			}
			if groff == "" {
				return
			}
			cmd := exec.Command(groff, "-man", "-Tutf8", "-ww")
			cmd.Stdin = strings.NewReader(page)
			var complaints strings.Builder
			cmd.Stderr = &complaints
			if err := cmd.Run(); err != nil || complaints.Len() > 0 {
				t.Errorf("groff: %v\n%s", err, complaints.String())
			}
		})
	}
}
