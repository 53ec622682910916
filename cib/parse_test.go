package cib

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParseReadsWhatXMLAllows(t *testing.T) {
	const text = "\ufeff<?xml version=\"1.0\"?>\n<!-- a comment -->\n<cib epoch='1' x = \"a&lt;b&#65;&#x42;\n\tc\">\r\n  <longdesc lang=\"en\"> some <![CDATA[<text>]]> &amp; more </longdesc>\n  <empty/>\n</cib>\n"
	e, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Get("x"), "a<bAB  c"; got != want {
		t.Errorf("attribute x = %q, want %q", got, want)
	}
	if got, want := e.Child("longdesc").Text, "some <text> & more"; got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
	if got, want := e.Child("empty").Line, 6; got != want {
		t.Errorf("line of <empty> = %d, want %d", got, want)
	}
	again, err := Parse(e.XML())
	if err != nil || !Equal(e, again) {
		t.Errorf("printed and parsed again it differs (error %v):\n%s", err, e.XML())
	}
}

func TestParseRefusesWithThePlace(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "line 1, column 1: no element found: the document is empty"},
		{"no element", "hello", `line 1, column 1: want '<' at the start of the document, found "h"`},
		{"not closed", "<cib>\n <a>\n</cib>", "line 3, column 1: </cib> closes <a> of line 2"},
		{"truncated", "<cib>\n <a x='1'/>", "line 2, column 12: <cib> (line 1) is not closed"},
		{"twice", `<cib a="1" a="2"/>`, "line 1, column 17: attribute a of <cib> is given twice"},
		{"unquoted", `<cib a=1/>`, `line 1, column 8: value of attribute a of <cib> is not quoted: write a="..."`},
		{"no value", `<cib a/>`, `line 1, column 7: attribute a of <cib> has no value: write a="..."`},
		{"entity", "<cib a=\"&nbsp;\"/>", "line 1, column 9: reference &nbsp; is not known: only &amp; &lt; &gt; &quot; &apos; and numeric references of valid characters are"},
		{"ampersand", "<cib a=\"x & y\"/>", "line 1, column 11: '&' does not begin a reference: write &amp;"},
		{"doctype", "<!DOCTYPE cib [<!ENTITY a 'b'>]><cib/>", "line 1, column 1: document type definitions are not accepted: remove the <!DOCTYPE ...> declaration"},
		{"two roots", "<cib/>\n<cib/>", "line 2, column 1: unexpected content after the end of <cib>"},
		{"control", "<cib a=\"\x01\"/>", "line 1, column 9: character U+0001 is not allowed in XML"},
		{"not UTF-8", "<cib a=\"\xff\"/>", "line 1, column 9: the text is not valid UTF-8"},
		{"deep", strings.Repeat("<a>", MaxDepth+1), "line 1, column 772: elements are nested more than 256 deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			var se *SyntaxError
			if !errors.As(err, &se) || err.Error() != tt.want {
				t.Errorf("Parse(%q) = %v, want %s", tt.text, err, tt.want)
			}
		})
	}
}

// FuzzParse checks that what the scanner accepts, encoding/xml accepts and reads alike,
// and that printing loses nothing.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`<cib/>`, `<a b="c&amp;&#10;"><d/>text<e f='"'/></a>`, `<a><![CDATA[x]]><!-- c --><?p i?></a>`, "<a b=\"\t\r\n\"/>", "<a>&#xe9;\u00e9</a>", "<a:b c:d='1'/>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		printed := e.XML()
		again, err := Parse(printed)
		if err != nil || !bytes.Equal(again.XML(), printed) {
			t.Fatalf("printing is not stable (error %v):\n%q\n%q", err, printed, again.XML())
		}
		compact, err := Parse(e.AppendCompact(nil))
		if err != nil || !Equal(e, compact) {
			t.Fatalf("compact form differs (error %v): %q", err, e.AppendCompact(nil))
		}
		if got, ok := standardNames(printed); ok && got != names(e) {
			t.Fatalf("encoding/xml sees %q, we see %q", got, names(e))
		}
	})
}

func names(e *Element) string {
	var b strings.Builder
	for d := range e.Walk() {
		b.WriteString("<" + d.Name)
		for _, a := range d.Attrs {
			b.WriteString(" " + a.Name + "=" + a.Value)
		}
	}
	return b.String()
}

// standardNames is names as encoding/xml sees the text; not ok when it refuses it for
// rules of names and namespaces, where we are more lenient.
func standardNames(text []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(text))
	var b strings.Builder
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return b.String(), true
		}
		if err != nil {
			return "", false
		}
		if s, ok := tok.(xml.StartElement); ok {
			if strings.Contains(s.Name.Space+s.Name.Local, ":") {
				return "", false
			}
			b.WriteString("<" + joined(s.Name))
			for _, a := range s.Attr {
				b.WriteString(" " + joined(a.Name) + "=" + a.Value)
			}
		}
	}
}

func joined(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// A document may be one long line; every element asks for its line.
func TestParseCountsLines(t *testing.T) {
	root, err := Parse([]byte("<a>\n<b/><c/>\n\n" + strings.Repeat("<d/>", 3) + "</a>"))
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for e := range root.Walk() {
		got = append(got, e.Line)
	}
	if want := []int{1, 2, 2, 4, 4, 4}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}
