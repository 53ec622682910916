package heartbeat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/membership"
)

// Authkey is one key of an authkeys file.
type Authkey struct {
	Index  int
	Method string // crc, md5, sha1
	Secret string // empty for crc
	Line   int
}

// Authkeys is what an authkeys file says.
type Authkeys struct {
	Auth int // the index that signs
	Keys []Authkey
}

// ParseAuthkeys reads an authkeys file: "auth N", then "N METHOD [SECRET]". The file is
// usable when no problem is an error.
func ParseAuthkeys(file string, data []byte) (Authkeys, []membership.Problem) {
	r := membership.Report{File: file}
	a := Authkeys{Auth: -1}
	line, authLine := 0, 0
	for text := range strings.Lines(string(data)) {
		line++
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		f := strings.Fields(text)
		if f[0] != "auth" {
			if authLine == 0 && !membership.Failed(r.Problems) {
				r.Errorf(line, "put auth "+f[0]+" before the keys", "a key stands before the auth line")
			}
			a.key(&r, line, f)
			continue
		}
		if authLine > 0 {
			r.Errorf(line, "remove one of them", "auth is given twice (first in line %d)", authLine)
			continue
		}
		authLine = line
		if n, err := index(f[1:]); err != nil {
			r.Errorf(line, "auth 1", "auth: %v", err)
		} else {
			a.Auth = n
		}
	}
	a.check(&r, authLine)
	return a, r.Sorted()
}

func index(f []string) (int, error) {
	if len(f) == 0 {
		return 0, fmt.Errorf("the index of a key is missing")
	}
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 0 || n > 15 || len(f) > 1 {
		return 0, fmt.Errorf("index %q: want one number from 0 to 15", clip(strings.Join(f, " ")))
	}
	return n, nil
}

func (a *Authkeys) key(r *membership.Report, line int, f []string) {
	n, err := index(f[:1])
	if err != nil {
		r.Errorf(line, "1 sha1 SECRET", "key: %v", err)
		return
	}
	if i := slices.IndexFunc(a.Keys, func(k Authkey) bool { return k.Index == n }); i >= 0 {
		r.Errorf(line, "give it another number", "key %d is given twice (first in line %d)", n, a.Keys[i].Line)
		return
	}
	k := Authkey{Index: n, Line: line}
	if len(f) > 1 {
		k.Method = f[1]
	}
	switch {
	case k.Method != "crc" && k.Method != "md5" && k.Method != "sha1":
		r.Errorf(line, fmt.Sprintf("%d sha1 SECRET", n), "key %d: method %q is not known: crc, md5 and sha1 are", n, clip(k.Method))
	case k.Method == "crc" && len(f) > 2:
		r.Errorf(line, fmt.Sprintf("%d crc, or: %d sha1 SECRET", n, n), "key %d: crc takes no key", n)
	case k.Method != "crc" && len(f) != 3:
		// The words themselves are not shown: they are the secret.
		r.Errorf(line, fmt.Sprintf("%d %s SECRET", n, k.Method), "key %d: %s needs a key of one word, %d given", n, k.Method, len(f)-2)
	case len(f) == 3:
		k.Secret = f[2]
	}
	a.Keys = append(a.Keys, k)
}

func (a *Authkeys) check(r *membership.Report, authLine int) {
	switch {
	case len(a.Keys) == 0 && authLine == 0:
		r.Errorf(0, "write: auth 1, and below it: 1 sha1 SECRET", "the key file is empty")
		return
	case authLine == 0:
		r.Errorf(0, fmt.Sprintf("add in front: auth %d", a.Keys[0].Index), "no auth line says which key signs")
		return
	case a.Auth < 0:
		return // reported
	}
	i := slices.IndexFunc(a.Keys, func(k Authkey) bool { return k.Index == a.Auth })
	if i < 0 {
		r.Errorf(authLine, fmt.Sprintf("add: %d sha1 SECRET", a.Auth), "auth %d: no key has that index", a.Auth)
		return
	}
	if a.Keys[i].Method == "crc" {
		r.Warnf(a.Keys[i].Line, fmt.Sprintf("%d sha1 SECRET", a.Auth), "crc protects from accidents only: whoever can send packets here can join the cluster")
	}
}

// Secrets returns the keys as the membership wants them: the one that signs first.
func (a Authkeys) Secrets(cluster string) [][]byte {
	var first, rest [][]byte
	for _, k := range a.Keys {
		secret := []byte(k.Method + " " + k.Secret)
		if k.Method == "crc" {
			secret = []byte("crc " + cluster)
		}
		if k.Index == a.Auth {
			first = append(first, secret)
		} else {
			rest = append(rest, secret)
		}
	}
	return append(first, rest...)
}
