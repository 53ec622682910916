package server

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
)

// described reads the paths and schemas off docs/openapi.yaml; its layout is fixed, so no
// YAML library is needed.
func described(t *testing.T) (paths []string, schemas map[string][]string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var path, schema string
	schemas = map[string][]string{}
	inSchemas := false
	isPath, isMethod := regexp.MustCompile(`^  (/\S+):$`), regexp.MustCompile(`^    (get|post|delete):$`)
	isSchema, isField := regexp.MustCompile(`^    (\w+):$`), regexp.MustCompile(`^        (\w+): `)
	for _, line := range strings.Split(string(data), "\n") {
		if line == "  schemas:" {
			inSchemas = true
		}
		if m := isPath.FindStringSubmatch(line); m != nil {
			path = m[1]
		} else if m := isMethod.FindStringSubmatch(line); m != nil && !inSchemas {
			paths = append(paths, strings.ToUpper(m[1])+" "+path)
		} else if m := isSchema.FindStringSubmatch(line); m != nil && inSchemas {
			schema = m[1]
			schemas[schema] = nil
		} else if m := isField.FindStringSubmatch(line); m != nil && inSchemas {
			schemas[schema] = append(schemas[schema], m[1])
		}
	}
	return paths, schemas
}

func TestEveryRouteIsDescribed(t *testing.T) {
	paths, _ := described(t)
	var served []string
	for _, r := range routes {
		served = append(served, r.method+" "+r.path)
	}
	slices.Sort(paths)
	slices.Sort(served)
	if !slices.Equal(paths, served) {
		t.Errorf("docs/openapi.yaml describes\n%s\nserved are\n%s", strings.Join(paths, "\n"), strings.Join(served, "\n"))
	}
}

func TestEveryTypeIsDescribed(t *testing.T) {
	_, schemas := described(t)
	for _, v := range []any{api.CIBOp{}, api.CIBRequest{}, api.CIBReply{}, api.Finding{}, api.Error{}, crm.Stamp{}, api.Votes{}, api.Refusal{}, api.LinkStatus{}, api.MemberStatus{},
		api.TransitionStatus{}, api.Status{}, api.Event{}, api.AttributeUpdate{}, api.Attribute{}, api.Cleanup{}, api.CleanedUp{}, api.CleanupReply{}, api.FailRequest{},
		api.Timing{}, api.FenceRequest{}, api.FenceEvent{}, api.FenceDevice{}, api.FenceTarget{}, api.Fencing{}, api.FenceCleanup{}, api.TakeOver{}, api.Transition{}, api.TransitionAction{}} {
		typ := reflect.TypeOf(v)
		var want []string
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			want = append(want, name)
		}
		if got := schemas[typ.Name()]; !slices.Equal(got, want) {
			t.Errorf("schema %s has %v, want %v", typ.Name(), got, want)
		}
	}
}
