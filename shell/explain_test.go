package shell

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeShowsWhatExplainPrints keeps the README true: what it shows of the LDAP pair
// after a failure is what crm explain prints of the CIB that the pair had then.
func TestReadmeShowsWhatExplainPrints(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	vars := map[string]string{"CIB_file": filepath.Join("testdata", "ldap-after-failure.xml"), "TACTUS_ROOT": t.TempDir()}
	if code := Run(context.Background(), testEnv(vars, "", &out, &errs), []string{"explain", "ldap"}); code != 0 {
		t.Fatalf("crm explain ldap exits with %d: %s", code, errs.String())
	}
	want := "    # crm explain ldap\n"
	for line := range strings.Lines(out.String()) {
		want += "    " + line
	}
	if !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not show what crm explain ldap prints, which is\n%s", want)
	}
}
