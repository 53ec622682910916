package manual

import (
	"os/exec"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	help := `x - does it

Usage: x [OPTION...]
       x --help

It does 'it'.
.So far.

Options:
  -a, --all              All of it; a\b
                         and more
      --long-name-of-an-option
                         Below

Exit codes: 0 done;
1 not done.

Examples:
  x --all
`
	want := `.TH "X" 8 "" "Tactus" "System Administration"
.SH "NAME"
x \- does it
.SH "SYNOPSIS"
.nf
x [OPTION...]
x \-\-help
.fi
.SH "DESCRIPTION"
.PP
It does \(aqit\(aq.
\&.So far.
.SH "OPTIONS"
.TP
\fB\-a, \-\-all\fR
All of it; a\eb
and more
.TP
\fB\-\-long\-name\-of\-an\-option\fR
Below
.SH "EXIT STATUS"
0 done;
1 not done.
.SH "EXAMPLES"
.nf
x \-\-all
.fi
.SH "SEE ALSO"
.BR y (8),
.BR z (8)
`
	if got := Page(Source{Name: "x", Summary: "does it", Help: help, SeeAlso: []string{"y", "z"}}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestGroffTakesThePage(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed")
	}
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww")
	cmd.Stdin = strings.NewReader(Page(Source{Name: "x", Summary: "does it", Help: "x - does it\n\nUsage: x\n\n'.\\ is text.\n\nFiles:\n  'a'  .b\n"}))
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
