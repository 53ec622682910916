package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tactus-ha/tactus/"

// layers places every package; a trailing /... places all below it. The most specific
// entry wins. The picture is in docs/architecture.md: change both together.
var layers = map[string]int{
	"crm": 0, "manual": 0,
	"schemas": 1, "schemas/...": 1, "ocf": 1, "cib": 1, "membership": 1, "heartbeat": 1, "pengine/graph": 1,
	"consensus": 2, "pengine": 2, "pengine/...": 2, "crmd": 2, "crmd/transition": 2, "lrmd": 2, "fencing": 2, "lvs": 2,
	"consensus/...": 3, "membership/...": 3, "lrmd/exec": 3, "lrmd/client": 3, "lrmd/lease": 3, "fencing/exec": 3,
	"lvs/ipvs": 3, "lvs/check": 3, "watchdog": 3, "api": 3, "api/...": 3, "agents": 3, "agents/...": 3,
	"crmd/daemon": 4, "lrmd/daemon": 4, "lvs/daemon": 4, "sim": 4, "sim/...": 4,
	"shell": 5, "shell/...": 5, "tools": 5, "tools/...": 5, "mon": 5, "mon/...": 5, "web": 5,
	"cmd/...": 6, "internal/...": 6,
}

// forbidden lists what the pure layers must not import.
var forbidden = []string{"os", "net", "sync", "sync/atomic", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "os/exec", "net/http", "syscall"}

func layerOf(pkg string) (int, bool) {
	if l, ok := layers[pkg]; ok {
		return l, true
	}
	for dir := pkg; dir != "."; dir = path.Dir(dir) {
		if l, ok := layers[dir+"/..."]; ok {
			return l, true
		}
	}
	return 0, false
}

func TestImportsPointDown(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "bin" || (strings.HasPrefix(d.Name(), ".") && file != root)) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, file)
		seen++
		checkFile(t, filepath.ToSlash(rel), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("only %d source files found: the check looks in the wrong place", seen)
	}
}

func checkFile(t *testing.T, rel, file string) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	pkg := path.Dir(rel)
	layer, ok := layerOf(pkg)
	if !ok {
		t.Errorf("%s: package %s has no layer: add it to the table here and to docs/architecture.md", rel, pkg)
		return
	}
	timeName := ""
	for _, imp := range f.Imports {
		name, _ := strconv.Unquote(imp.Path.Value)
		if name == "time" {
			timeName = "time"
			if imp.Name != nil {
				timeName = imp.Name.Name
			}
		}
		if layer <= 2 && slices.Contains(forbidden, name) {
			t.Errorf("%s: layer %d is pure and must not import %q", rel, layer, name)
		}
		target, ours := strings.CutPrefix(name, module)
		if !ours {
			continue
		}
		to, ok := layerOf(target)
		if sameTop := strings.SplitN(pkg, "/", 2)[0] == strings.SplitN(target, "/", 2)[0]; ok && (to > layer || (to == layer && !sameTop && layer > 1 && layer < 6 && !equalsAllowed(pkg, target))) {
			t.Errorf("%s: layer %d imports %s of layer %d: imports point down", rel, layer, target, to)
		}
	}
	if layer <= 2 && timeName != "" {
		checkNoClock(t, rel, f, timeName)
	}
}

// equalsAllowed names the few neighbours of one layer that may know each other; each
// needs its sentence in docs/architecture.md.
func equalsAllowed(pkg, target string) bool {
	return slices.Contains([][2]string{
		{"crmd", "pengine"}, {"crmd", "lrmd"}, {"crmd", "consensus"}, {"crmd", "fencing"}, {"fencing", "pengine/state"}, {"fencing", "pengine/rules"}, {"crmd/transition", "lrmd"},
		{"lrmd/exec", "agents"}, {"lrmd/exec", "agents/native"},
		{"tools", "mon"}, {"shell", "tools"}, {"shell", "tools/store"}, {"mon", "tools/store"}, {"web", "tools/store"}, {"shell", "mon"}, {"web", "mon"},
	}, [2]string{pkg, target})
}

func checkNoClock(t *testing.T, rel string, f *ast.File, timeName string) {
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == timeName && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}, sel.Sel.Name) {
			t.Errorf("%s: time.%s in a pure layer: take the time as an argument", rel, sel.Sel.Name)
		}
		return true
	})
}

func TestEveryPackageHasADoc(t *testing.T) {
	root := filepath.Join("..", "..")
	_ = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" || d.Name() == "bin" || (strings.HasPrefix(d.Name(), ".") && file != root) {
			return fs.SkipDir
		}
		sources, _ := filepath.Glob(filepath.Join(file, "*.go"))
		sources = slices.DeleteFunc(sources, func(s string) bool { return strings.HasSuffix(s, "_test.go") })
		if len(sources) == 0 || strings.Contains(filepath.ToSlash(file), "/cmd/") {
			return nil
		}
		if _, err := os.Stat(filepath.Join(file, "doc.go")); err != nil {
			t.Errorf("%s: no doc.go", file)
		}
		return nil
	})
}
