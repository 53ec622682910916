package tools

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/tools/store"
)

// profileDir times the decisions for every file of a folder.
func (s *simulation) profileDir() int {
	entries, err := os.ReadDir(s.profile)
	if err != nil {
		s.r.warn("crm_simulate: %v", err)
		return ExitNoSuch
	}
	list := cib.New("timings")
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".xml") {
			continue
		}
		path := s.profile + "/" + e.Name()
		if info, err := os.Stat(filepath.Join(s.profile, e.Name())); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if len(list.Children) == 0 {
			s.w.Begin("Timings")
		}
		seconds, ok := s.profileFile(path)
		if !ok {
			continue
		}
		list.Children = append(list.Children, cib.New("timing", "file", path, "duration", strconv.FormatFloat(seconds, 'f', 6, 64)))
		s.w.Itemf("Testing %s ... %.2f secs", path, seconds)
	}
	if len(list.Children) > 0 && s.r.xml {
		s.r.add(list)
	}
	return ExitOK
}

// profileFile times one file: upgrade, check and decisions, but not reading.
func (s *simulation) profileFile(path string) (seconds float64, ok bool) {
	data, err := store.ReadXML(path)
	if err == nil {
		s.root, err = cib.Parse(data)
	}
	if err != nil {
		s.r.warn("crm_simulate: %s: %v", path, err)
		return 0, false
	}
	began := s.r.env.Now()
	root, findings, err := schemas.Upgrade(s.root)
	for _, f := range findings {
		s.r.warn("%s: %s", path, f)
	}
	if err != nil {
		s.r.warn("crm_simulate: %s: %v", path, err)
		return 0, false
	}
	s.root = root
	quiet := s.r.quiet
	s.r.quiet = true
	now := s.now()
	s.r.quiet = quiet
	for range s.repeat {
		c := state.ReadRoot(s.root, now, state.ReadOptions{Sanitized: true})
		pengine.ScheduleState(c, pengine.Input{Now: now, Sanitized: true})
	}
	return s.r.env.Now().Sub(began).Seconds(), true
}
