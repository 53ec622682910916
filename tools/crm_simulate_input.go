package tools

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/tools/store"
)

// read reads the CIB and upgrades it to the newest schema.
func (s *simulation) read(ctx context.Context) int {
	if s.source == "xml-file" && s.file == "-" {
		s.source = "xml-pipe"
	}
	if code := s.load(ctx); code != ExitOK {
		return code
	}
	if code := s.upgrade(); code != ExitOK {
		return code
	}
	if s.inPlace {
		s.saveOutput = s.file
		if s.source != "xml-file" {
			s.saveOutput = "" // what came through a pipe has no place
		}
	}
	return ExitOK
}

// load reads the document.
func (s *simulation) load(ctx context.Context) int {
	var data []byte
	var err error
	switch s.source {
	case "live-check":
		snap, err := s.r.env.Store().CIB(ctx)
		if err != nil {
			return s.r.fail(err)
		}
		s.root = snap.Root()
		return ExitOK
	case "xml-file":
		data, err = store.ReadXML(s.file)
	default:
		data, err = io.ReadAll(s.r.env.Stdin)
	}
	if err == nil {
		s.root, err = cib.Parse(data)
	}
	if err != nil {
		s.r.warn("crm_simulate: Could not read input XML: Bad input value provided (%v)", err)
		return ExitDataErr
	}
	return ExitOK
}

// upgrade brings the document to the newest schema, or says why it cannot be used.
func (s *simulation) upgrade() int {
	root, findings, err := schemas.Upgrade(s.root)
	for _, f := range findings {
		s.r.warn("%s", f)
	}
	if err != nil {
		s.r.warn("crm_simulate: %v", err)
		return ExitConfig
	}
	s.root = root
	return ExitOK
}

// now works out the reference time and says where it comes from.
func (s *simulation) now() time.Time {
	wall := s.r.env.Now()
	if s.date != "" {
		s.info("Setting effective cluster time: " + s.date)
		if t, ok := rules.ParseTime(s.date, wall); ok {
			return t
		}
		return wall
	}
	if sec, err := strconv.ParseInt(s.root.Get("execution-date"), 10, 64); err == nil {
		t := time.Unix(sec, 0).UTC()
		s.info("Using the original execution date of: " + t.Format("2006-01-02 15:04:05Z"))
		return t
	}
	return wall
}

func (s *simulation) info(text string) {
	if !s.r.quiet && !s.r.xml {
		s.w.Line(text)
	}
}

// facts reads what the CIB says.
func (s *simulation) facts() {
	s.c = state.ReadRoot(s.root, s.now(), state.ReadOptions{Sanitized: s.source != "live-check"})
	s.noted = sched.ReadingNotes(s.c)
	for _, note := range s.noted {
		s.info(note)
	}
}

// save writes a file; a failure ends the run with a code, 0 for the one that fits the error.
func (s *simulation) save(path string, print func() []byte, code int) int {
	if path == "" {
		return ExitOK
	}
	err := s.write(path, print())
	if err == nil {
		return ExitOK
	}
	s.r.warn("crm_simulate: Could not create '%s': %v", path, err)
	switch {
	case code != 0:
		return code
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return ExitPrivileges
	case errors.Is(err, os.ErrNotExist):
		return ExitNoSuch
	}
	return ExitError
}

func (s *simulation) write(path string, data []byte) error {
	if path == "-" {
		_, err := s.out.Write(data)
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if s.r.to == "" && !s.r.xml { // it may be the terminal: what was said first comes first
			s.r.text.Write(s.out.Bytes())
			s.out.Reset()
			s.r.flush()
		}
		return os.WriteFile(path, data, 0o644)
	}
	return store.WriteAtomically(path, data)
}
