package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain gives the tests namespaces of their own, in which anybody may mount.
func TestMain(m *testing.M) { testcluster.Main(m) }

// smallDisk gives a node a file system of its own, and returns a function that fills it
// up and one that makes room again.
func (c *cluster) smallDisk(id crm.NodeID) (fill, free func()) {
	dir := c.dirs[id]
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		c.t.Fatal("mounting a small file system: ", err)
	}
	c.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	ballast := filepath.Join(dir, "ballast")
	fill = func() {
		f, err := os.Create(ballast)
		if err != nil {
			c.t.Fatal(err)
		}
		defer f.Close()
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			c.t.Fatal(err)
		}
	}
	return fill, func() { _ = os.Remove(ballast) }
}

func TestFullDiskOfTheLeader(t *testing.T) {
	c := newCluster(t, 3)
	fills, frees := map[crm.NodeID]func(){}, map[crm.NodeID]func(){}
	for id := crm.NodeID(1); id <= 3; id++ {
		fills[id], frees[id] = c.smallDisk(id)
	}
	c.start(1, 2, 3)
	full := c.formed(3)
	c.submit(full, "before")
	fills[full]()
	big := strings.Repeat("x", 64<<10)
	n := c.nodes[full]
	c.until("a write is refused", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := n.Submit(ctx, []byte(big+fmt.Sprint(time.Now())))
		var de *DiskError
		return errors.As(err, &de) && errors.Is(err, syscall.ENOSPC)
	})
	next := full
	c.until("another node leads", func() bool { next = c.leader(); return next != 0 && next != full })
	c.submit(next, "meanwhile")
	c.until("the full node knows who leads, and that it is a follower that cannot write", func() bool { // on a slow machine the others may elect again
		s := n.Status()
		return s.Leader != 0 && s.Leader == c.leader() && s.Leader != full && s.DiskError != "" && s.Quorate && s.Role == consensus.Follower
	})
	frees[full]()
	c.until("it has recovered by itself", func() bool { return n.Status().DiskError == "" })
	c.submit(full, "after")
	c.until("the same everywhere", func() bool {
		return strings.Join(c.list(1), " ") == strings.Join(c.list(2), " ") && strings.Join(c.list(2), " ") == strings.Join(c.list(3), " ")
	})
}

func TestFullDiskOfTheOnlyNode(t *testing.T) {
	c := newCluster(t, 1)
	fill, free := c.smallDisk(1)
	c.start(1)
	c.waitLeader()
	c.submit(1, "before")
	fill()
	c.until("a write is refused", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := c.nodes[1].Submit(ctx, []byte(strings.Repeat("x", 64<<10)+fmt.Sprint(time.Now())))
		return errors.Is(err, syscall.ENOSPC)
	})
	if s := c.nodes[1].Status(); !s.Quorate || s.DiskError == "" {
		t.Errorf("the only node with a full disk: %+v", s)
	}
	free()
	c.submitEventually(1, "after")
}

// submitEventually submits until the disk takes it.
func (c *cluster) submitEventually(id crm.NodeID, command string) {
	c.t.Helper()
	c.until("written again", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := c.nodes[id].Submit(ctx, []byte(command))
		return err == nil
	})
}

func TestOtherClusterOrNodeIsRefusedAtStart(t *testing.T) {
	c := newCluster(t, 1)
	c.start(1)
	c.waitLeader()
	c.kill(1)
	cfg := c.config(1)
	cfg.ClusterName = "another"
	if n, err := Start(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), `belongs to cluster "test", the configuration says "another"`) {
		t.Errorf("got %v, %v", n, err)
	}
}
