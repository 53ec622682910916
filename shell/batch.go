package shell

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tactus-ha/tactus/shell/language"
)

// runText runs the lines of a file or of standard input. It stops at the first error
// and says where that was; what had not been committed by then is not committed. With
// -F it goes on with the next line, and fails at the end.
func (s *Session) runText(ctx context.Context, name, text string) error {
	start := len(s.stack)
	failed := false
	for _, statement := range language.Statements(text) {
		err := s.runLine(ctx, statement.Text)
		if err == nil {
			if s.done {
				break
			}
			continue
		}
		failed = true
		where := fmt.Sprintf("%d", statement.Line)
		if name != "" {
			where = name + ":" + where
		}
		if !errors.Is(err, errQuiet) {
			s.errorf("%s: %v", where, err)
		}
		if s.options.Force {
			continue
		}
		if s.draft != nil && s.draft.Changed() {
			s.errorf("%s: stopped here; nothing since the last commit was committed", where)
		}
		return errQuiet
	}
	for len(s.stack) > start || len(s.stack) > 1 {
		if err := s.leave(ctx); err != nil {
			return err
		}
	}
	if err := s.tellWhatChanged(ctx); err != nil {
		return err
	}
	if failed {
		return errQuiet
	}
	return nil
}

func (s *Session) runReader(ctx context.Context, name string, r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, 64<<20))
	if err != nil {
		return err
	}
	return s.runText(ctx, name, string(text))
}
