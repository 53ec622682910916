package testcluster

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
)

// limitedBuffer keeps the first 8 MiB written to it.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := 8<<20 - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func stringsReader(s string) io.Reader { return strings.NewReader(s) }

// cleanEnv is the environment of this process without the package's own marks.
func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, initVar+"=") || strings.HasPrefix(v, insideVar+"=")
	})
}
