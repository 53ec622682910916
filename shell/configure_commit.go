package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/draft"
)

// commitAttempts bounds how often a commit is tried again because the CIB changed
// between reading and writing: a busy cluster's status changes all the time.
const commitAttempts = 20

// commitTimeout bounds a commit, retries included.
const commitTimeout = 60 * time.Second

func runCommit(ctx context.Context, s *Session, args []string) error {
	force := len(args) == 1 && args[0] == "force"
	if len(args) == 1 && !force && args[0] != "replace" {
		return fmt.Errorf("commit %s: want commit or commit force", args[0])
	}
	if !s.draft.Changed() {
		if s.interactive {
			s.infof("apparently there is nothing to commit")
		}
		return nil
	}
	return s.commit(ctx, force)
}

// commit checks the draft and sends it. After a failure the draft is as it was.
func (s *Session) commit(ctx context.Context, force bool) error {
	force = force || s.options.Force
	verdict := s.check(ctx)
	s.show(verdict)
	switch {
	case force || verdict.worst() < severityError:
	case verdict.worst() == severityFatal:
		return errors.New("not committed: correct the errors above, or commit force; the draft is kept")
	case s.ask != nil && s.interactive && !s.ask("Do you still want to commit?"):
		return nil
	}
	if err := s.send(ctx); err != nil {
		return err
	}
	return s.waitIfAsked(ctx)
}

// send makes the draft the configuration of the store, as one change that is refused
// when the CIB is not the one it was computed for. When only others changed something
// meanwhile, their changes and ours are merged and it is tried again.
func (s *Session) send(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		snap, err := s.store.CIB(ctx)
		if err != nil {
			return fmt.Errorf("not committed, the draft is kept: %w", err)
		}
		target, conflicts := draft.Merge(s.draft.Base(), s.draft.Root(), snap.Root())
		if len(conflicts) > 0 {
			return conflictError(conflicts, s.draft.Base(), snap.Root())
		}
		req, err := changeRequest(snap, target)
		if err != nil || len(req.Ops) == 0 {
			s.draft.Reset(snap.Root())
			return err
		}
		_, err = s.store.Change(ctx, req)
		if err == nil {
			return s.readDraft(ctx)
		}
		if exitCodeOf(err) != cib.ExitOld || attempt+1 >= commitAttempts {
			return fmt.Errorf("not committed, the draft is kept: %w", err)
		}
		if err := pause(ctx, time.Duration(attempt)*20*time.Millisecond); err != nil {
			return fmt.Errorf("not committed, the draft is kept: %w", err)
		}
	}
}

// changeRequest is one patch that leads from the present CIB to the wanted one.
func changeRequest(snap *cib.Snapshot, target *cib.Element) (api.CIBRequest, error) {
	patch := cib.DiffElements(snap.Root(), target)
	if patch.Empty() {
		return api.CIBRequest{}, nil
	}
	return api.CIBRequest{
		Ops:       []api.CIBOp{{Kind: string(cib.ApplyDiff), XML: string(patch.Element().XML())}},
		IfVersion: snap.Version().String(),
	}, nil
}

func conflictError(conflicts []string, base, theirs *cib.Element) error {
	who := "someone else"
	if client := theirs.Get("update-client"); client != "" && theirs.Get("epoch") != base.Get("epoch") {
		who = client
		if user := theirs.Get("update-user"); user != "" {
			who += " (user " + user + ")"
		}
		if node := theirs.Get("update-origin"); node != "" {
			who += " on " + node
		}
	}
	return fmt.Errorf("not committed: %s changed the same things meanwhile; the draft is kept (refresh drops it):\n  %s", who, strings.Join(conflicts, "\n  "))
}

// exitCodeOf finds the code that a refused change carries.
func exitCodeOf(err error) int {
	var remote *api.RemoteError
	if errors.As(err, &remote) {
		return remote.ExitCode
	}
	var op *cib.OpError
	if errors.As(err, &op) {
		return op.ExitCode
	}
	return 0
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// change does one thing to the configuration at once, outside the configure level.
func (s *Session) change(ctx context.Context, f func(d *draft.Draft) error) error {
	kept := s.draft
	defer func() { s.draft = kept }()
	if err := s.readDraft(ctx); err != nil {
		return err
	}
	if err := f(s.draft); err != nil {
		return err
	}
	if !s.draft.Changed() {
		return nil
	}
	if err := s.send(ctx); err != nil {
		return err
	}
	return s.waitIfAsked(ctx)
}

// waitIfAsked waits, with -w, until the cluster has done what a change makes it do.
func (s *Session) waitIfAsked(ctx context.Context) error {
	if !s.options.Wait || !s.store.Live() && s.rehearsal == nil {
		return nil
	}
	return s.waitIdle(ctx, settleTimeout)
}

// settleTimeout bounds waiting for the cluster to have nothing left to do.
const settleTimeout = 10 * time.Minute

// idlePause is between two looks at the DC; idleNotice is how long it takes to see that
// it has nothing to do.
const (
	idlePause  = 100 * time.Millisecond
	idleNotice = 3 * idlePause
)

// waitIdle waits until the DC has nothing to do, twice in a row: the policy engine
// must have seen the change.
func (s *Session) waitIdle(ctx context.Context, timeout time.Duration) error {
	if s.rehearsal != nil {
		return s.rehearsal.Settle(ctx, idleNotice)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for idle := 0; ; {
		st, err := s.store.API().Status(ctx)
		switch {
		case err != nil:
			return err
		case (st.State == "S_IDLE" || st.State == "S_NOT_DC") && st.Transition.Pending == 0 && (st.Transition.State == "idle" || st.Transition.State == ""):
			idle++
		default:
			idle = 0
		}
		if idle >= 3 {
			return nil
		}
		if err := pause(ctx, idlePause); err != nil {
			return fmt.Errorf("the cluster is still busy after %s (%s)", timeout, st.Transition.Reason)
		}
	}
}

func runUpgrade(ctx context.Context, s *Session, _ []string) error {
	if s.draft.Changed() {
		return errors.New("commit or refresh first: upgrade works on the cluster's configuration")
	}
	if _, err := s.store.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: string(cib.Upgrade), Force: true}}}); err != nil {
		return err
	}
	return s.readDraft(ctx)
}
