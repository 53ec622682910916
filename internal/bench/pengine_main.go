package bench

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// PengineMain measures the policy engine, against REFERENCE (another crm_simulate) if set.
func PengineMain(sizes []string) error {
	bin, err := testcluster.Build()
	if err != nil {
		return err
	}
	p := Pengine{Simulate: filepath.Join(bin, "crm_simulate"), Reference: os.Getenv("REFERENCE"), Corpus: os.Getenv("CORPUS"), Bound: 2 * time.Minute, Sizes: sizes}
	return p.Run(context.Background(), os.Stdout)
}
