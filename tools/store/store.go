package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
)

// Env is what Open looks at.
type Env struct {
	Getenv func(string) string // nil: the process's environment
	Now    func() time.Time    // nil: the clock
	Warn   func(text string)   // told, once, why the running cluster's CIB is not its present one; nil: nobody is
}

// Store is one CIB. Errors of Change that say why the CIB refuses are *api.RemoteError
// with the tools' exit code; a cluster that does not run is api.ErrNotConnected.
type Store interface {
	CIB(ctx context.Context) (*cib.Snapshot, error)
	Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error)
	Live() bool       // it is the running cluster's
	API() *api.Client // nil unless Live
}

// Open chooses the CIB: CIB_shadow, else CIB_file, else the running cluster. Nothing is
// read or connected yet.
func Open(env Env) Store {
	if env.Getenv == nil {
		env.Getenv = os.Getenv
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	if name := env.Getenv("CIB_shadow"); name != "" {
		return &File{Path: ShadowPath(env, name), Shadow: name, now: env.Now}
	}
	if path := env.Getenv("CIB_file"); path != "" {
		return &File{Path: path, now: env.Now}
	}
	return OpenLive(env)
}

// OpenLive gives the running cluster's CIB, whatever CIB_file and CIB_shadow say.
func OpenLive(env Env) Store {
	if env.Getenv == nil {
		env.Getenv = os.Getenv
	}
	client := api.NewClient(Socket(env.Getenv))
	if env.Warn != nil {
		var once sync.Once
		client.OnStale = func(why string) { once.Do(func() { env.Warn(why) }) }
	}
	return &live{client}
}

// Socket is where crmd listens: TACTUS_SOCKET, else below TACTUS_ROOT.
func Socket(getenv func(string) string) string {
	if s := getenv("TACTUS_SOCKET"); s != "" {
		return s
	}
	return filepath.Join("/", getenv("TACTUS_ROOT"), "run/tactus/crmd.sock")
}

// ShadowDir is where shadow copies are: CIB_shadow_dir, else pacemaker's directory for
// root and hacluster, else ~/.cib.
func ShadowDir(env Env) string {
	if env.Getenv == nil {
		env.Getenv = os.Getenv
	}
	if d := env.Getenv("CIB_shadow_dir"); d != "" {
		return d
	}
	if user := env.Getenv("USER"); os.Geteuid() == 0 || user == "hacluster" {
		return filepath.Join("/", env.Getenv("TACTUS_ROOT"), "var/lib/pacemaker/cib")
	}
	return filepath.Join(env.Getenv("HOME"), ".cib")
}

// ShadowPath is the file of a shadow copy.
func ShadowPath(env Env, name string) string {
	return filepath.Join(ShadowDir(env), "shadow."+name)
}

// ExitCode is what a tool exits with because of an error of a Store.
func ExitCode(err error) int {
	var remote *api.RemoteError
	var op *cib.OpError
	var syntax *cib.SyntaxError
	switch {
	case err == nil:
		return cib.ExitOK
	case errors.As(err, &remote):
		return remote.ExitCode
	case errors.As(err, &op):
		return op.ExitCode
	case errors.Is(err, api.ErrNotConnected):
		return cib.ExitDisconnect
	case errors.Is(err, context.DeadlineExceeded):
		return cib.ExitTimeout
	case errors.As(err, &syntax):
		return cib.ExitDataErr
	case errors.Is(err, os.ErrNotExist):
		return cib.ExitNoInput
	case errors.Is(err, os.ErrPermission):
		return 4
	}
	return cib.ExitError
}

// live is the running cluster's CIB.
type live struct{ client *api.Client }

func (l *live) CIB(ctx context.Context) (*cib.Snapshot, error) {
	text, err := l.client.CIB(ctx, "", "")
	if err != nil {
		return nil, err
	}
	return cib.ParseSnapshot(text)
}

func (l *live) Change(ctx context.Context, req api.CIBRequest) (api.CIBReply, error) {
	return l.client.Change(ctx, req)
}

func (l *live) Live() bool       { return true }
func (l *live) API() *api.Client { return l.client }
