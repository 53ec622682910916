package membership

import (
	"maps"
	"slices"
	"strings"
)

// section is one block of corosync.conf with what is in it, in order.
type section struct {
	path  string // "totem.interface"
	line  int
	keys  []setting
	inner []*section
}

type setting struct {
	key, value string
	line       int
}

// last returns the setting of the key that counts: the last one.
func (s *section) last(key string) (setting, bool) {
	for _, k := range slices.Backward(s.keys) {
		if k.key == key {
			return k, true
		}
	}
	return setting{}, false
}

// all returns the sections of that path below s, in the order of the file.
func (s *section) all(path string) []*section {
	var found []*section
	for _, in := range s.inner {
		if in.path == path {
			found = append(found, in)
		}
		found = append(found, in.all(path)...)
	}
	return found
}

// maxDepth of nested sections; corosync knows three.
const maxDepth = 8

// readSections reads the blocks and reports everything that is not one.
func readSections(data []byte, r *Report) *section {
	root := &section{}
	open := []*section{root}
	if strings.HasPrefix(string(data), "\xef\xbb\xbf") {
		data = data[3:]
		r.Warnf(1, "save the file without a byte order mark", "byte order mark ignored")
	}
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		text = strings.TrimSpace(text)
		cur := open[len(open)-1]
		switch {
		case text == "" || text[0] == '#':
		case strings.ContainsRune(text, 0):
			r.Errorf(line, "", "the line holds a NUL byte")
		case text[len(text)-1] == '{':
			open = openSection(open, strings.TrimSpace(text[:len(text)-1]), line, r)
		case text == "}":
			if len(open) == 1 {
				r.Errorf(line, "remove it", "} without a section that it ends")
				continue
			}
			open = open[:len(open)-1]
		default:
			readSetting(cur, text, line, r)
		}
	}
	if len(open) > 1 {
		s := open[len(open)-1]
		r.Errorf(s.line, "add } where it ends", "section %s is not closed", s.path)
	}
	return root
}

func openSection(open []*section, name string, line int, r *Report) []*section {
	cur := open[len(open)-1]
	s := &section{path: name, line: line}
	if cur.path != "" {
		s.path = cur.path + "." + name
	}
	if len(open) > maxDepth {
		r.Errorf(line, "", "sections are nested deeper than %d", maxDepth)
		return append(open[:len(open)-1], &section{path: cur.path, line: line})
	}
	if known := corosyncSections[cur.path]; !aside(s.path) && !slices.Contains(known, name) {
		r.Warnf(line, didYouMean(Nearest(name, known), " {"), "unknown section %q, ignored", s.path)
	}
	if s.path == "quorum.device" {
		r.Warnf(line, "list the third machine in nodelist, with witness: yes", "there is no qdevice here: the section quorum.device gives no vote, ignored")
	}
	cur.inner = append(cur.inner, s)
	return append(open, s)
}

func readSetting(cur *section, text string, line int, r *Report) {
	key, value, ok := strings.Cut(text, ":")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case !ok || key == "":
		r.Errorf(line, "write KEY: VALUE, SECTION { or }", "cannot read %q", clip(text))
		return
	case cur.path == "":
		r.Errorf(line, "put it into totem {...}, nodelist {...}, quorum {...} or logging {...}", "key %q stands outside of all sections", clip(key))
		return
	}
	cur.keys = append(cur.keys, setting{key, value, line})
	known, sectionKnown := corosyncKeys[cur.path]
	if !sectionKnown || known[key] != 0 || aside(cur.path) {
		return
	}
	names := slices.Sorted(maps.Keys(known))
	r.Warnf(line, didYouMean(Nearest(key, names), ": "+value), "unknown key %q in section %s, ignored", clip(key), cur.path)
}

// aside reports whether the section, or one that it is in, is read over.
func aside(path string) bool {
	for p := path; p != ""; p = p[:max(0, strings.LastIndexByte(p, '.'))] {
		if corosyncAside[p] {
			return true
		}
	}
	return false
}

func didYouMean(word, rest string) string {
	if word == "" {
		return ""
	}
	return "did you mean \"" + word + rest + "\"?"
}

// clip shortens what is quoted in messages.
func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
