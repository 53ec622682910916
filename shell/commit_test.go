package shell

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/draft"
	"github.com/tactus-ha/tactus/tools/store"
)

// racingStore changes the CIB behind the shell's back just before a change arrives.
type racingStore struct {
	store.Store
	meanwhile []func(root *cib.Element) *cib.Element // one for each attempt
	attempts  int
	fail      error
}

func (r *racingStore) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	r.attempts++
	if r.fail != nil {
		return api.CIBReply{}, r.fail
	}
	if len(r.meanwhile) > 0 {
		change := r.meanwhile[0]
		r.meanwhile = r.meanwhile[1:]
		snap, err := r.CIB(ctx)
		if err != nil {
			return api.CIBReply{}, err
		}
		other, err := changeRequest(snap, change(snap.Root()))
		if err != nil {
			return api.CIBReply{}, err
		}
		if _, err := r.Store.Change(ctx, other); err != nil {
			return api.CIBReply{}, err
		}
	}
	return r.Store.Change(ctx, req)
}

func byStatement(t *testing.T, words ...string) func(*cib.Element) *cib.Element {
	return func(root *cib.Element) *cib.Element {
		t.Helper()
		s := &Session{draft: draft.New(root), agents: newAgentSource(testEnv(nil, "", nil, nil)), noted: map[string]bool{}}
		if err := s.statement(words, draft.Update); err != nil {
			t.Fatal(err)
		}
		return s.draft.Root()
	}
}

func nodeSeen(root *cib.Element) *cib.Element {
	status := root.Child("status")
	var children []*cib.Element
	for _, c := range root.Children {
		if c == status {
			c = c.Plus(cib.New("node_state", "id", "7", "uname", "n7"))
		}
		children = append(children, c)
	}
	return root.WithChildren(children...)
}

func startCommit(t *testing.T, meanwhile ...func(*cib.Element) *cib.Element) (*Session, *racingStore) {
	t.Helper()
	s := testSession(t, map[string]string{"CIB_file": writeCIB(t, emptyCIB), "TACTUS_OCF_ROOT": agentsDir(t)})
	ctx := context.Background()
	for _, line := range []string{"configure primitive vip IPaddr2 params ip=10.0.0.1", "configure property stonith-enabled=false"} {
		if err := s.runLine(ctx, line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	racing := &racingStore{Store: s.store, meanwhile: meanwhile}
	s.store = racing
	if err := s.runLine(ctx, "configure"); err != nil {
		t.Fatal(err)
	}
	if err := s.runLine(ctx, "set vip.ip 10.0.0.2"); err != nil {
		t.Fatal(err)
	}
	return s, racing
}

func TestCommitMergesWhatOthersDidMeanwhile(t *testing.T) {
	s, store := startCommit(t, nodeSeen,
		byStatement(t, "primitive", "other", "Dummy"),
		byStatement(t, "primitive", "vip", "IPaddr2", "params", "nic=eth1"),
		byStatement(t, "property", "no-quorum-policy=ignore"))
	if err := s.runLine(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	if store.attempts != 5 {
		t.Errorf("%d attempts, want 5: one for each change of the CIB and one that succeeds", store.attempts)
	}
	snap, err := s.store.CIB(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := string(snap.XML())
	for _, want := range []string{`name="ip" value="10.0.0.2"`, `id="other"`, `name="nic" value="eth1"`, `value="ignore"`, `uname="n7"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the CIB lacks %s:\n%s", want, got)
		}
	}
}

func TestCommitRefusesAConflictAndKeepsTheDraft(t *testing.T) {
	s, _ := startCommit(t, byStatement(t, "primitive", "vip", "IPaddr2", "params", "ip=10.0.0.3"))
	err := s.runLine(context.Background(), "commit")
	if err == nil {
		t.Fatal("committed over someone else's change of the same value")
	}
	for _, want := range []string{"not committed", "vip", `"10.0.0.2" here and "10.0.0.3" in the cluster`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	text, _ := s.render([]string{"vip"}, nil)
	if !strings.Contains(text, "10.0.0.2") {
		t.Errorf("the draft is lost: %s", text)
	}
	if err := s.runLine(context.Background(), "up"); err == nil {
		t.Error("left configure although the draft could not be committed")
	}
}

func TestCommitKeepsTheDraftWhenTheClusterIsGone(t *testing.T) {
	s, store := startCommit(t)
	store.fail = api.ErrNotConnected
	if err := s.runLine(context.Background(), "commit"); err == nil || !strings.Contains(err.Error(), "draft is kept") {
		t.Errorf("got %v, want an error that says that the draft is kept", err)
	}
	store.fail = nil
	if err := s.runLine(context.Background(), "commit"); err != nil {
		t.Errorf("second commit: %v", err)
	}
	if s.draft.Changed() {
		t.Error("the draft still has changes after a commit")
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	s, store := startCommit(t)
	s.options.DryRun = true
	if err := s.runLine(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	if store.attempts != 0 {
		t.Errorf("%d changes were sent", store.attempts)
	}
}

func TestEditTakesWhatTheEditorWrote(t *testing.T) {
	s, _ := startCommit(t)
	s.options.Editor = "sed -i s/10.0.0.2/10.0.0.9/"
	if err := s.runLine(context.Background(), "edit vip"); err != nil {
		t.Fatal(err)
	}
	text, _ := s.render([]string{"vip"}, nil)
	if !strings.Contains(text, "ip=10.0.0.9") {
		t.Errorf("after edit: %s", text)
	}
	s.options.Editor = `sh -c 'echo rubbish > "$1"' sh`
	err := s.runLine(context.Background(), "edit vip")
	if err == nil || !strings.Contains(err.Error(), "the text is kept in ") {
		t.Fatalf("got %v, want an error that says where the text is", err)
	}
	file := err.Error()[strings.LastIndex(err.Error(), " ")+1:]
	defer os.Remove(file)
	if kept, _ := os.ReadFile(file); string(kept) != "rubbish\n" {
		t.Errorf("%s holds %q", file, kept)
	}
}
