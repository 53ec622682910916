package pengine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

func TestCurrentStatus(t *testing.T) {
	dir := os.Getenv("TACTUS_CORPUS")
	fs, _ := filepath.Glob(dir + "/scheduler/xml/*.xml")
	good := 0
	for _, f := range fs {
		name := strings.TrimSuffix(filepath.Base(f), ".xml")
		b, _ := os.ReadFile(f)
		e, err := cib.Parse(b)
		if err != nil {
			t.Error(err)
			continue
		}
		now := time.Now()
		switch name {
		case "date-1":
			now, _ = rules.ParseTime("2005-020", now)
		case "date-2":
			now, _ = rules.ParseTime("2005-020T12:30", now)
		case "date-3":
			now, _ = rules.ParseTime("2005-020T11:30", now)
		}
		if s := e.Get("execution-date"); s != "" {
			n := int64(0)
			for _, c := range s {
				n = n*10 + int64(c-'0')
			}
			now = time.Unix(n, 0).UTC()
		}
		c := state.ReadRoot(e, now, state.ReadOptions{Sanitized: true})
		var out strings.Builder
		report.ClusterStatus(report.NewWriter(&out), c, "Current cluster status", true)
		sum, _ := os.ReadFile(filepath.Join(dir, "scheduler/summary", name+".summary"))
		s := string(sum)
		i := strings.Index(s, "Current cluster status:")
		if i < 0 {
			continue
		}
		s = s[i:]
		if j := strings.Index(s, "\nTransition Summary:"); j > 0 {
			s = s[:j]
		}
		if squash(s) == squash(out.String()) {
			good++
		} else if os.Getenv("V") != "" {
			os.WriteFile("/tmp/cs/"+name+".want", []byte(squash(s)+"\n"), 0o644)
			os.WriteFile("/tmp/cs/"+name+".got", []byte(squash(out.String())+"\n"), 0o644)
			t.Log(name)
		}
	}
	t.Logf("%d of %d", good, len(fs))
}

func squash(s string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
