package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

// Store is where the CIB is: the cluster, a file or a shadow copy.
type Store interface {
	CIB(ctx context.Context) (*cib.Snapshot, error)
	Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error)
	Live() bool       // the cluster itself
	API() *api.Client // of this node's crmd
}

// errNotLive is the answer to what only a running cluster can do.
var errNotLive = errors.New("this needs a running cluster: unset CIB_file and CIB_shadow")

// openStore finds the CIB: CIB_file, a shadow copy (-c, CIB_shadow), or the cluster.
func openStore(env Env, shadow string) (Store, error) {
	socket := env.Getenv("TACTUS_SOCKET")
	if socket == "" {
		socket = filepath.Join("/", env.Getenv("TACTUS_ROOT"), "run/tactus/crmd.sock")
	}
	client := api.NewClient(socket)
	if shadow == "" {
		shadow = env.Getenv("CIB_shadow")
	}
	file := env.Getenv("CIB_file")
	if shadow != "" {
		dir := env.Getenv("CIB_shadow_dir")
		if dir == "" {
			dir = filepath.Join("/", env.Getenv("TACTUS_ROOT"), "var/lib/pacemaker/cib")
		}
		file = filepath.Join(dir, "shadow."+shadow)
	}
	if file != "" {
		return &fileStore{env, file, client}, nil
	}
	return liveStore{client}, nil
}

type liveStore struct{ client *api.Client }

func (l liveStore) Live() bool       { return true }
func (l liveStore) API() *api.Client { return l.client }

func (l liveStore) CIB(ctx context.Context) (*cib.Snapshot, error) {
	text, err := l.client.CIB(ctx, "", "")
	if err != nil {
		return nil, err
	}
	return cib.ParseSnapshot(text)
}

func (l liveStore) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	return l.client.Change(ctx, req)
}

type fileStore struct {
	env    Env
	path   string
	client *api.Client
}

func (f *fileStore) Live() bool       { return false }
func (f *fileStore) API() *api.Client { return f.client }

func (f *fileStore) CIB(context.Context) (*cib.Snapshot, error) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	snap, err := cib.ParseSnapshot(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	return snap, nil
}

func (f *fileStore) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	snap, err := f.CIB(ctx)
	if err != nil {
		return api.CIBReply{}, err
	}
	command := cib.Command{Client: "crm", Now: f.env.Now()}
	if req.IfVersion != "" {
		v, err := cib.ParseVersion(req.IfVersion)
		if err != nil {
			return api.CIBReply{}, err
		}
		command.IfVersion = &v
	}
	for _, op := range req.Ops {
		data, err := cib.Parse([]byte(op.XML))
		if err != nil {
			return api.CIBReply{}, err
		}
		command.Ops = append(command.Ops, cib.Op{Kind: cib.OpKind(op.Kind), Scope: op.Scope, XPath: op.XPath, Data: data, AllowCreate: op.AllowCreate, Force: op.Force})
	}
	next, _, err := snap.Apply(command)
	if err != nil {
		return api.CIBReply{}, err
	}
	if !req.DryRun {
		if err := replaceFile(f.path, next.XML()); err != nil {
			return api.CIBReply{}, err
		}
	}
	return api.CIBReply{Version: next.Version().String()}, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".crm-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if st, statErr := os.Stat(path); err == nil && statErr == nil {
		err = os.Chmod(tmp.Name(), st.Mode().Perm())
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
