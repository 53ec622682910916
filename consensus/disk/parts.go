package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// partsKey names the list of the parts that are there. bbolt has no checksums of its own:
// a damaged count or name would make a part vanish, and with it the vote of this node. The
// list is the first key of all, so that no smaller count hides it alone. A file without
// it is of an earlier version.
var partsKey = []byte("all")

// maxName bounds what a message shows of a damaged name.
const maxName = 40

// putParts writes the list anew when it has changed.
func putParts(meta *bolt.Bucket) error {
	list := []byte(strings.Join(parts(meta), " "))
	if _, was, err := unseal(0, meta.Get(partsKey)); err == nil && bytes.Equal(was, list) {
		return nil
	}
	return meta.Put(partsKey, seal(0, 0, list))
}

// parts lists all keys but the list itself.
func parts(meta *bolt.Bucket) (names []string) {
	c := meta.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if !bytes.Equal(k, partsKey) {
			names = append(names, string(k[:min(len(k), maxName)])) // a damaged length says anything
		}
	}
	return names
}

// checkParts compares what is there with the list, and with what can be there.
func checkParts(meta *bolt.Bucket) error {
	there := parts(meta)
	for _, name := range there {
		if !slices.ContainsFunc([][]byte{identityKey, hardKey, snapshotKey, tailKey}, func(k []byte) bool { return name == string(k) }) {
			return fmt.Errorf("%q is none that is ever written", name)
		}
	}
	sealed := meta.Get(partsKey)
	if sealed == nil {
		return nil
	}
	_, list, err := unseal(0, sealed)
	if err == nil && string(list) != strings.Join(there, " ") {
		err = errors.New("some are missing")
	}
	return err
}
