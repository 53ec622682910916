package cib

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const base = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="5" num_updates="3" admin_epoch="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources>
      <primitive id="p1" class="ocf" provider="heartbeat" type="Dummy">
        <instance_attributes id="ia">
          <nvpair id="nv" name="a" value="5"/>
        </instance_attributes>
      </primitive>
      <primitive id="p2" class="ocf" provider="heartbeat" type="Dummy"/>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="n1"/>
  </status>
</cib>
`

func parsed(t testing.TB, text string) *Element {
	t.Helper()
	if text == "" {
		return nil
	}
	e, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return e
}

func snapshot(t testing.TB, text string) *Snapshot {
	t.Helper()
	s, err := NewSnapshot(parsed(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The expected versions and exit codes were taken from Pacemaker 2.1.5's cibadmin, except
// that creation inside a configuration always counts as a change of it.
func TestOperations(t *testing.T) {
	for _, tt := range []struct {
		name string
		op   Op
		xml  string
		code int
		ver  string
		want string // has to be in the result; "!" before it: must not
	}{
		{"modify counts on the root", Op{Kind: Modify}, `<cib admin_epoch="admin_epoch++"/>`, 0, "1.5.4", ``},
		{"bump", Op{Kind: Bump}, ``, 0, "0.6.4", ``},
		{"erase", Op{Kind: Erase}, ``, 0, "1.6.0", `<resources/>`},
		{"upgrade of the newest", Op{Kind: Upgrade}, ``, 0, "0.5.3", ``},
		{"modify with creation", Op{Kind: Modify, Scope: TagCRMConfig, AllowCreate: true}, `<cluster_property_set id="c"><nvpair id="o1" name="x" value="1"/></cluster_property_set>`, 0, "0.6.0", `<nvpair id="o1" name="x" value="1"/>`},
		{"modify without creation", Op{Kind: Modify, Scope: TagResources}, `<primitive id="p9"/>`, ExitNoSuch, "0.5.3", ``},
		{"modify status", Op{Kind: Modify, Scope: TagStatus}, `<node_state id="1" uname="n1" crmd="online"/>`, 0, "0.5.4", `<node_state id="1" uname="n1" crmd="online"/>`},
		{"modify status anywhere", Op{Kind: Modify}, `<node_state id="1" crmd="online"/>`, 0, "0.5.4", `crmd="online"`},
		{"nothing new", Op{Kind: Modify}, `<primitive id="p1" type="Dummy"/>`, 0, "0.5.3", ``},
		{"count up", Op{Kind: Modify}, `<nvpair id="nv" value="value++"/>`, 0, "0.6.0", `value="6"`},
		{"count up by ten", Op{Kind: Modify}, `<nvpair id="nv" value="value+=10"/>`, 0, "0.6.0", `value="15"`},
		{"count to infinity", Op{Kind: Modify}, `<nvpair id="nv" value="value+=INFINITY"/>`, 0, "0.6.0", `value="1000000"`},
		{"create", Op{Kind: Create, Scope: TagResources}, `<primitive id="p3"/>`, 0, "0.6.0", `<primitive id="p3"/>`},
		{"create what is there", Op{Kind: Create, Scope: TagResources}, `<primitive id="p2"/>`, ExitExists, "0.5.3", ``},
		{"create several", Op{Kind: Create, Scope: TagResources}, `<resources><primitive id="p3"/><primitive id="p2"/></resources>`, ExitExists, "0.5.3", ``},
		{"create without a section", Op{Kind: Create}, `<primitive id="p3"/>`, ExitNoSuch, "0.5.3", ``},
		{"create in a missing section", Op{Kind: Create, Scope: TagTags}, `<tag id="t1"/>`, ExitSoftware, "0.5.3", ``},
		{"modify in a missing section", Op{Kind: Modify, Scope: TagTags, AllowCreate: true}, `<tag id="t1"/>`, 0, "0.6.0", `<tag id="t1"/>`},
		{"delete", Op{Kind: Delete}, `<primitive id="p2"/>`, 0, "0.6.0", `!"p2"`},
		{"delete by attribute", Op{Kind: Delete}, `<nvpair name="a"/>`, 0, "0.6.0", `!<nvpair`},
		{"delete what differs", Op{Kind: Delete}, `<primitive id="p1" class="lsb"/>`, 0, "0.5.3", `"p1"`},
		{"delete several", Op{Kind: Delete, Scope: TagResources}, `<resources><primitive id="p1"/><primitive id="p2"/></resources>`, 0, "0.6.0", `<resources/>`},
		{"delete by XPath", Op{Kind: Delete, XPath: "//primitive"}, ``, 0, "0.6.0", `"p2"`},
		{"delete all by XPath", Op{Kind: DeleteAll, XPath: "//primitive"}, ``, 0, "0.6.0", `<resources/>`},
		{"delete by XPath what is not there", Op{Kind: Delete, XPath: "//zzz"}, ``, 0, "0.5.3", ``},
		{"replace", Op{Kind: Replace}, `<primitive id="p1" class="lsb" type="x"/>`, 0, "0.6.0", `!nvpair`},
		{"replace what is not there", Op{Kind: Replace}, `<primitive id="p8" class="lsb" type="x"/>`, ExitNoSuch, "0.5.3", ``},
		{"replace a section", Op{Kind: Replace, Scope: TagResources}, `<resources><primitive id="p7"/></resources>`, 0, "0.6.0", `!"p1"`},
		{"replace a missing section", Op{Kind: Replace, Scope: TagTags}, `<tags/>`, ExitNoSuch, "0.5.3", ``},
		{"replace by an older CIB", Op{Kind: Replace}, `<cib epoch="4" num_updates="0" admin_epoch="0"/>`, ExitOld, "0.5.3", ``},
		{"replace by a newer CIB", Op{Kind: Replace}, strings.NewReplacer(`epoch="5" num_updates="3"`, `epoch="9" num_updates="1"`).Replace(base), 0, "0.9.2", ``},
		{"modify by XPath", Op{Kind: Modify, XPath: `//primitive[@id="p1"]`}, `<primitive id="p1" type="x"/>`, 0, "0.6.0", `type="x"`},
		{"modify by XPath what is not there", Op{Kind: Modify, XPath: `//zzz`}, `<a/>`, ExitNoSuch, "0.5.3", ``},
		{"replace by XPath", Op{Kind: Replace, XPath: `//primitive[@id="p1"]`}, `<primitive id="p1" class="lsb" type="x"/>`, 0, "0.6.0", `class="lsb"`},
		{"create by XPath", Op{Kind: Create, XPath: `//primitive[@id="p2"]`}, `<meta_attributes id="ib"/>`, 0, "0.6.0", `<meta_attributes id="ib"/>`},
		{"malformed XPath", Op{Kind: Delete, XPath: `//[`}, ``, ExitNoSuch, "0.5.3", ``},
		{"no data", Op{Kind: Modify}, ``, ExitSoftware, "0.5.3", ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := snapshot(t, base)
			tt.op.Data = parsed(t, tt.xml)
			next, p, err := s.Apply(Command{Ops: []Op{tt.op}})
			code := 0
			var no *OpError
			if errors.As(err, &no) {
				code, next = no.ExitCode, s
			} else if err != nil {
				t.Fatal(err)
			}
			if code != tt.code || next.Version().String() != tt.ver {
				t.Errorf("exit code %d (%v), version %s; want %d, %s", code, err, next.Version(), tt.code, tt.ver)
			}
			text, wanted := strings.CutPrefix(tt.want, "!")
			if strings.Contains(string(next.XML()), text) == (wanted && text != "") {
				t.Errorf("want %q in:\n%s", tt.want, next.XML())
			}
			if string(s.XML()) != base {
				t.Error("the snapshot it began with has changed")
			}
			if err == nil {
				again, err := s.ApplyPatch(p)
				if err != nil || !Equal(again.Root(), next.Root()) {
					t.Errorf("its patch gives something else (error %v):\n%s", err, p.Element().XML())
				}
			}
		})
	}
}

func TestCommandIsAllOrNothing(t *testing.T) {
	s := snapshot(t, base)
	_, _, err := s.Apply(Command{Ops: []Op{
		{Kind: Delete, Data: New(TagPrimitive, "id", "p1")},
		{Kind: Replace, Data: New(TagPrimitive, "id", "p9")},
	}})
	if err == nil || s.ByID("p1") == nil || string(s.XML()) != base {
		t.Errorf("error %v; want one, and the CIB as it was", err)
	}
}

func TestIfVersion(t *testing.T) {
	s := snapshot(t, base)
	v := Version{0, 5, 2}
	_, _, err := s.Apply(Command{IfVersion: &v, Ops: []Op{{Kind: Bump}}})
	var no *OpError
	if !errors.As(err, &no) || no.ExitCode != ExitOld {
		t.Errorf("error %v, want exit code %d", err, ExitOld)
	}
}

func TestBooksAreKept(t *testing.T) {
	s := snapshot(t, base)
	now := time.Date(2026, 11, 1, 9, 8, 7, 0, time.UTC)
	next, _, err := s.Apply(Command{Now: now, Origin: "n1", Client: "cibadmin", User: "root", Ops: []Op{{Kind: Delete, Data: New(TagPrimitive, "id", "p1")}}})
	if err != nil {
		t.Fatal(err)
	}
	r := next.Root()
	for _, want := range []Attr{{AttrLastWritten, "Sun Nov  1 09:08:07 2026"}, {AttrUpdateOrigin, "n1"}, {AttrUpdateClient, "cibadmin"}, {AttrUpdateUser, "root"}} {
		if got := r.Get(want.Name); got != want.Value {
			t.Errorf("%s = %q, want %q", want.Name, got, want.Value)
		}
	}
}

func TestByIDFollowsChanges(t *testing.T) {
	s := snapshot(t, base)
	next, _, err := s.Apply(Command{Ops: []Op{
		{Kind: Delete, Data: New(TagPrimitive, "id", "p2")},
		{Kind: Modify, Data: New(TagNvpair, "id", "nv", "value", "7")},
		{Kind: Create, Scope: TagResources, Data: New(TagPrimitive, "id", "p3").Plus(New(TagMetaAttrs, "id", "m3"))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"p1": true, "p2": false, "p3": true, "m3": true, "1": true, "zz": false, "": false} {
		if got := next.ByID(id) != nil; got != want {
			t.Errorf("ByID(%q) found: %t, want %t", id, got, want)
		}
	}
	if got := next.ByID("nv").Get("value"); got != "7" {
		t.Errorf("value of nv = %s, want 7", got)
	}
	if got := s.ByID("nv").Get("value"); got != "5" {
		t.Errorf("value of nv before = %s, want 5", got)
	}
}

func TestDigestIsPacemakers(t *testing.T) {
	// Taken from cibadmin --md5-sum and --md5-sum-versioned of Pacemaker 2.1.5.
	s := snapshot(t, base)
	if got, want := s.Digest(), "2079c105dab20a8b785445b244d32dad"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got, want := DigestVersioned(s.Root()), "7a6f7f8cecb6aec37778e3701f175572"; got != want {
		t.Errorf("versioned digest %s, want %s", got, want)
	}
}

func TestXPath(t *testing.T) {
	s := snapshot(t, base)
	for _, tt := range []struct{ expr, want string }{
		{"//primitive", "/cib/configuration/resources/primitive[@id='p1'] /cib/configuration/resources/primitive[@id='p2']"},
		{"//nvpair/@value", "/cib/configuration/resources/primitive[@id='p1']/instance_attributes[@id='ia']/nvpair[@id='nv']"},
		{"/cib/status/node_state[@id=1]", "/cib/status/node_state[@id='1']"},
		{"//primitive[2]", "/cib/configuration/resources/primitive[@id='p2']"},
		{"//nvpair/..", "/cib/configuration/resources/primitive[@id='p1']/instance_attributes[@id='ia']"},
		{"//node_state|//primitive[@id='p2']", "/cib/configuration/resources/primitive[@id='p2'] /cib/status/node_state[@id='1']"},
		{"//primitive[not(instance_attributes)]", "/cib/configuration/resources/primitive[@id='p2']"},
		{"//primitive[@id='p1']/following-sibling::primitive", "/cib/configuration/resources/primitive[@id='p2']"},
		{"//primitive[@id='p2']/preceding-sibling::*", "/cib/configuration/resources/primitive[@id='p1']"},
		{"//nvpair/ancestor::resources", "/cib/configuration/resources"},
		{"//*[@name='a' and @value>4]", "/cib/configuration/resources/primitive[@id='p1']/instance_attributes[@id='ia']/nvpair[@id='nv']"},
		{"/", "/cib"},
		{"//zzz", ""},
	} {
		matches, err := Select(s.Root(), tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
		}
		var got []string
		for _, m := range matches {
			if m.Path == "" {
				m.Path = "/" + m.Element.Name
			}
			got = append(got, m.Path)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s selects %v, want %s", tt.expr, got, tt.want)
		}
	}
}
