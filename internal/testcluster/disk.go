package testcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// ballast is the file that fills a node's disk.
const ballast = "ballast"

// disk is where a node keeps its state: with Options.DiskSize a file system of its own.
func (n *Node) disk() string { return n.Path("var/lib/tactus") }

// mountDisk gives the node a disk of limited size. It is mounted outside, so that it
// outlives the node's power.
func (n *Node) mountDisk(size int64) error {
	if err := os.MkdirAll(n.disk(), 0o750); err != nil {
		return err
	}
	if err := unix.Mount("disk-"+n.Name, n.disk(), "tmpfs", 0, fmt.Sprintf("size=%d,mode=750", size)); err != nil {
		return fmt.Errorf("disk of %s: %w", n.Name, err)
	}
	return nil
}

func (n *Node) unmountDisk() { _ = unix.Unmount(n.disk(), unix.MNT_DETACH) }

// FillDisk takes every free block of the node's disk (Options.DiskSize); FreeDisk gives
// them back.
func (n *Node) FillDisk() error {
	f, err := os.OpenFile(filepath.Join(n.disk(), ballast), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// FreeDisk ends FillDisk.
func (n *Node) FreeDisk() error {
	err := os.Remove(filepath.Join(n.disk(), ballast))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// SetReadOnly makes the node's disk (Options.DiskSize) read-only, or writable again. The
// kernel refuses the first while a program has a file open for writing there.
func (n *Node) SetReadOnly(readOnly bool) error {
	flags := uintptr(unix.MS_REMOUNT)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	err := unix.Mount("", n.disk(), "", flags, "")
	if err == nil && readOnly {
		// The file system is what is read-only, and not the mount, of which a node that boots
		// meanwhile gets a copy: nothing would make that writable again.
		err = unix.Mount("", n.disk(), "", unix.MS_REMOUNT|unix.MS_BIND, "")
	}
	if err != nil {
		return fmt.Errorf("disk of %s: %w", n.Name, err)
	}
	return nil
}
