package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus/node"
	"github.com/tactus-ha/tactus/lrmd/client"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/gossip"
	"github.com/tactus-ha/tactus/membership/identity"
	"github.com/tactus-ha/tactus/watchdog"
)

// StateDir is where the daemon of the machine rooted at root keeps its own files.
func StateDir(root string) string { return filepath.Join("/", root, "var/lib/tactus") }

// Connect gives the real connections of a node.
func Connect(cfg Config) Ports {
	return Ports{
		Agreement:  func(ctx context.Context, machine *Replica) (Agreement, error) { return agree(ctx, cfg, machine) },
		Heartbeats: func(ctx context.Context, told Told) (Heartbeats, error) { return beat(ctx, cfg, told) },
		Dial:       dialer(cfg),
		Schedule:   new(decider).schedule,
		Reset:      watchdog.Machine{Root: cfg.Root}.Reset,
		Watchdog:   func() (Watchdog, error) { return armWatchdog(cfg.Root) },
	}
}

// armWatchdog arms the watchdog that is configured; nil when none is.
func armWatchdog(root string) (Watchdog, error) {
	s, err := watchdog.ReadSettings(root, os.Getenv)
	if err != nil || s.Device == "" {
		return nil, err
	}
	dog, err := watchdog.Open(s.Device, s.Timeout)
	if err != nil {
		return nil, fmt.Errorf("%w (named by %s)", err, s.Source)
	}
	return dog, nil
}

func beat(ctx context.Context, cfg Config, told Told) (Heartbeats, error) {
	g, err := gossip.Start(ctx, gossip.Config{Cluster: cfg.Cluster, Log: cfg.Log.With("part", "gossip"), Realtime: true, Heard: told.Heard, Beat: told.Beat, Meta: metaOf(cfg)})
	if err != nil {
		return nil, fmt.Errorf("membership: %w", err)
	}
	return g, nil
}

// metaOf is what this node tells the others about itself at first, for their displays.
func metaOf(cfg Config) gossip.Meta {
	return gossip.Meta{Version: cfg.Version, FeatureSet: cib.FeatureSet}
}

// agree starts this node's part in agreement. Peers talk over every link's address, in
// the order of the links.
func agree(ctx context.Context, cfg Config, machine *Replica) (Agreement, error) {
	c := cfg.Cluster
	credentials, err := identity.NewCredentials(c.Keys, c.ClusterName, cfg.Self.Name, cfg.Self.ID)
	if err != nil {
		return nil, fmt.Errorf("node identity: %w", err)
	}
	dir := StateDir(cfg.Root)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("agreement: %w", err)
	}
	nc := node.Config{ClusterName: c.ClusterName, Self: cfg.Self.ID, Dir: dir, TLS: credentials.TLSConfig(), PeerOf: identity.Peer, Timing: raftTiming(c.Timing),
		Machine: machine, Log: cfg.Log.With("part", "agreement"), Policy: policyOf(c, true, ""), Peers: voters(c, configuredAddresses(c)),
		Listen: hostPorts(c.LocalNode().Addrs, c.WirePort())}
	n, err := node.Start(ctx, nc)
	if err != nil {
		return nil, fmt.Errorf("agreement: %w", err)
	}
	return keyed{n, credentials}, nil
}

// keyed is a node whose keys can be changed.
type keyed struct {
	*node.Node
	credentials *identity.Credentials
}

// SetKeys replaces the cluster's keys. Connections that stand are made anew.
func (k keyed) SetKeys(keys [][]byte) error {
	if err := k.credentials.SetKeys(keys); err != nil {
		return fmt.Errorf("agreement: %w", err)
	}
	k.Wire().Reconnect()
	return nil
}

func raftTiming(t membership.Timing) node.Timing {
	return node.Timing{Tick: t.RaftTick, HeartbeatTicks: t.RaftHeartbeatTicks, ElectionTicks: t.RaftElectionTicks, DeadTicks: 2 * t.RaftElectionTicks,
		FormTicks: int(max(2, time.Second/t.RaftTick))}
}

func hostPorts(addrs []netip.Addr, port int) (list []string) {
	for _, a := range addrs {
		if a.IsValid() {
			list = append(list, netip.AddrPortFrom(a, uint16(port)).String())
		}
	}
	return list
}

// dialer connects to lrmd and notices when it is another one than the last time, which is
// remembered on disk: a machine that was restarted has nothing of its past.
func dialer(cfg Config) Dialer {
	socket := filepath.Join("/", cfg.Root, "run/tactus/lrmd.sock")
	seen := filepath.Join(StateDir(cfg.Root), "executor")
	return func(ctx context.Context) (Executor, bool, error) {
		c, err := client.Dial(ctx, socket)
		if err != nil {
			return nil, false, err
		}
		id := socketIdentity(socket)
		last, _ := os.ReadFile(seen)
		fresh := strings.TrimSpace(string(last)) != id
		if fresh {
			if err := writeFile(seen, []byte(id+"\n")); err != nil {
				cfg.Log.Warn("which executor was seen last could not be noted", "error", err)
			}
		}
		return c, fresh, nil
	}
}

// socketIdentity tells one lrmd from the next: each makes its socket anew.
func socketIdentity(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "none"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.ModTime().String()
	}
	return strconv.FormatUint(st.Ino, 10) + "/" + strconv.FormatInt(st.Ctim.Nano(), 10)
}

// NewLog makes the daemon's log: one line an event.
func NewLog(format string, level slog.Level) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case "text", "":
		return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	}
	return nil, fmt.Errorf("log format %q: want text or json", format)
}
