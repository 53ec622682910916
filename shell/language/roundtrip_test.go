package language_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

// corpus finds the published scheduler cases.
func corpus(t *testing.T) []string {
	dir := os.Getenv("TACTUS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "scheduler", "xml", "*.xml"))
	if len(files) == 0 {
		t.Skipf("no corpus in %s: set TACTUS_CORPUS", dir)
	}
	return files
}

// TestCorpusReadsBack prints every object of every published case and reads it again:
// the same element must come out, and the language must have words for nearly all.
func TestCorpusReadsBack(t *testing.T) {
	total, asXML := 0, map[string]int{}
	for _, file := range corpus(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, err := cib.Parse(text)
		if err != nil {
			continue // cases of malformed input are the parser's business
		}
		d := draft.New(root)
		p := d.Printer()
		for _, o := range d.Objects() {
			total++
			printed := p.Print(o.Verb, o.Element)
			if strings.HasPrefix(printed, "xml ") {
				asXML[o.Verb]++
			}
			statements := language.Statements(printed)
			if len(statements) != 1 {
				t.Errorf("%s: %s %s: printed as %d statements:\n%s", filepath.Base(file), o.Verb, o.ID, len(statements), printed)
				continue
			}
			back, err := language.ParseText(statements[0].Text, language.Context{Verbatim: true, Nodes: d.Nodes()})
			if err != nil {
				t.Errorf("%s: %s %s: %v\n%s", filepath.Base(file), o.Verb, o.ID, err, printed)
			} else if back.Verb != o.Verb {
				t.Errorf("%s: %s %s: read back as %s", filepath.Base(file), o.Verb, o.ID, back.Verb)
			}
		}
	}
	xml := 0
	for _, n := range asXML {
		xml += n
	}
	t.Logf("%d objects, %d of them printed as xml: %v", total, xml, asXML)
	if xml*100 > total*3 {
		t.Errorf("%d of %d objects were printed as xml: the language lacks words", xml, total)
	}
}
