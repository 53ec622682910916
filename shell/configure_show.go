package shell

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/shell/language"
)

// shown splits off the leading words that say how to print.
func shown(args []string) (xml, ids bool, filters []string) {
	for len(args) > 0 && (args[0] == "xml" || args[0] == "ids") {
		xml, ids = xml || args[0] == "xml", ids || args[0] == "ids"
		args = args[1:]
	}
	return xml, ids, args
}

func runShow(_ context.Context, s *Session, args []string) error {
	text, err := s.render(args, isSecret)
	if err != nil {
		return err
	}
	s.printf("%s", s.colored(text))
	return nil
}

// isSecret reports whether a parameter is one that show does not spell out. save and
// edit do: what they write is read again.
func isSecret(name string) bool { return strings.HasPrefix(name, "passw") }

// render prints objects of the draft as text or XML; obscured may be nil.
func (s *Session) render(args []string, obscured func(string) bool) (string, error) {
	xml, ids, filters := shown(args)
	objects, err := s.draft.Select(filters)
	if err != nil {
		return "", err
	}
	if xml {
		return selectedXML(s.draft.Root(), objects, len(filters) == 0), nil
	}
	p := s.draft.Printer()
	p.ShowIDs, p.Obscured = ids, obscured
	if !s.options.Sort && len(filters) == 0 {
		objects = s.draft.Objects()
	}
	var b strings.Builder
	for _, o := range objects {
		b.WriteString(p.Print(o.Verb, o.Element) + "\n")
	}
	return b.String(), nil
}

// selectedXML prints the configuration, or the skeleton with the selected objects.
func selectedXML(root *cib.Element, objects []draft.Object, all bool) string {
	conf := root.Child("configuration")
	if !all {
		wanted := map[*cib.Element]bool{}
		for _, o := range objects {
			wanted[o.Element] = true
			if o.Parent != nil {
				wanted[o.Parent] = true
			}
		}
		var sections []*cib.Element
		for _, section := range conf.Children {
			var kept []*cib.Element
			for _, e := range section.Children {
				if wanted[e] {
					kept = append(kept, e)
				}
			}
			if len(kept) > 0 || wanted[section] {
				sections = append(sections, section.WithChildren(kept...))
			}
		}
		conf = conf.WithChildren(sections...)
	}
	return "<?xml version=\"1.0\" ?>\n" + string(root.WithChildren(conf).XML())
}

// colored underlines keywords when the user wants it.
func (s *Session) colored(text string) string {
	style := s.options.Output
	if style == "plain" || style == "color" && !isTerminalWriter(s.env.Stdout) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		indent := l[:len(l)-len(strings.TrimLeft(l, "\t "))]
		word, rest, _ := strings.Cut(l[len(indent):], " ")
		if !language.IsVerb(word) && !isSubword(word) {
			continue
		}
		if style == "uppercase" {
			word = strings.ToUpper(word)
		} else {
			word = "\x1b[33m" + word + "\x1b[0m"
		}
		lines[i] = strings.TrimSuffix(indent+word+" "+rest, " ")
	}
	return strings.Join(lines, "\n")
}

func isSubword(w string) bool {
	switch w {
	case "params", "meta", "utilization", "op", "op_params", "op_meta", "operations", "rule", "attributes":
		return true
	}
	return false
}

func isTerminalWriter(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isTerminal(f)
}

func runSave(_ context.Context, s *Session, args []string) error {
	var head []string
	for len(args) > 0 && (args[0] == "xml" || args[0] == "ids") {
		head, args = append(head, args[0]), args[1:]
	}
	if len(args) == 0 {
		return fmt.Errorf("usage: save [xml] FILE [FILTER ...]")
	}
	text, err := s.render(append(head, args[1:]...), nil)
	if err != nil {
		return err
	}
	if args[0] == "-" {
		s.printf("%s", text)
		return nil
	}
	return os.WriteFile(args[0], []byte(text), 0o640)
}

// runEdit lets the user change objects in an editor. What was typed stays in a file
// until it is accepted.
func runEdit(ctx context.Context, s *Session, args []string) error {
	xml, _, filters := shown(args)
	text, err := s.render(args, nil)
	if err != nil {
		return err
	}
	objects, _ := s.draft.Select(filters)
	f, err := os.CreateTemp("", "crm-edit-*.txt")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	for err == nil {
		if err = s.runEditor(ctx, f.Name()); err != nil {
			break
		}
		var edited []byte
		if edited, err = os.ReadFile(f.Name()); err != nil {
			break
		}
		if err = s.takeEdited(string(edited), objects, xml); err == nil {
			return os.Remove(f.Name())
		}
		if s.ask == nil || !s.interactive || !s.ask(fmt.Sprintf("%v\nEdit again?", err)) {
			break
		}
		err = nil
	}
	return fmt.Errorf("%w; the text is kept in %s", err, f.Name())
}

func (s *Session) runEditor(ctx context.Context, file string) error {
	editor := s.options.Editor
	if editor == "" {
		editor = s.env.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env.Stdin, s.env.Stdout, s.env.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("editor %s: %w", editor, err)
	}
	return nil
}

// takeEdited puts what was edited into the draft; objects that are missing now are
// deleted.
func (s *Session) takeEdited(text string, before []draft.Object, xml bool) error {
	if xml {
		return s.loadXML(text, draft.Replace, ids(before))
	}
	return s.loadStatements("", text, draft.Replace, ids(before))
}

func ids(objects []draft.Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, o.ID)
	}
	return out
}
