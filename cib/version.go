package cib

import (
	"fmt"
	"strconv"
	"strings"
)

// Version orders CIBs: admin_epoch is the administrator's, epoch counts changes of the
// configuration, num_updates those of the status since then.
// Source: Pacemaker Explained, "Configuration Version".
type Version struct{ AdminEpoch, Epoch, NumUpdates int }

// Less reports whether v is older than w.
func (v Version) Less(w Version) bool {
	if v.AdminEpoch != w.AdminEpoch {
		return v.AdminEpoch < w.AdminEpoch
	}
	if v.Epoch != w.Epoch {
		return v.Epoch < w.Epoch
	}
	return v.NumUpdates < w.NumUpdates
}

// String prints "admin_epoch.epoch.num_updates".
func (v Version) String() string {
	return strconv.Itoa(v.AdminEpoch) + "." + strconv.Itoa(v.Epoch) + "." + strconv.Itoa(v.NumUpdates)
}

// ParseVersion reads what String prints.
func ParseVersion(s string) (Version, error) {
	f := strings.Split(s, ".")
	if len(f) != 3 {
		return Version{}, fmt.Errorf("CIB version %q: want ADMIN_EPOCH.EPOCH.NUM_UPDATES", s)
	}
	var n [3]int
	for i := range n {
		v, err := strconv.Atoi(f[i])
		if err != nil || v < 0 {
			return Version{}, fmt.Errorf("CIB version %q: %q is not a whole number", s, f[i])
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2]}, nil
}

// VersionOf reads the version that an element's attributes give; what is missing is 0.
func VersionOf(e *Element) (Version, error) {
	var n [3]int
	for i, name := range [...]string{AttrAdminEpoch, AttrEpoch, AttrNumUpdates} {
		text, ok := e.Lookup(name)
		if !ok {
			continue
		}
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 {
			return Version{}, fmt.Errorf("%s: %s=%q is not a whole number", e.Name, name, text)
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2]}, nil
}

func (v Version) attrs() []Attr {
	return []Attr{{AttrAdminEpoch, strconv.Itoa(v.AdminEpoch)}, {AttrEpoch, strconv.Itoa(v.Epoch)}, {AttrNumUpdates, strconv.Itoa(v.NumUpdates)}}
}
