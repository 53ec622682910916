package bench

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// Main builds the programs and measures the figures that are named, or all.
func Main(ctx context.Context, figures []string) error {
	bin, err := testcluster.Build()
	if err != nil {
		return err
	}
	return Run(ctx, os.Stdout, bin, figures)
}

// PengineMain measures the policy engine, against REFERENCE (another crm_simulate) if set.
func PengineMain(sizes []string) error {
	bin, err := testcluster.Build()
	if err != nil {
		return err
	}
	p := Pengine{Simulate: filepath.Join(bin, "crm_simulate"), Reference: os.Getenv("REFERENCE"), Corpus: os.Getenv("CORPUS"), Bound: 2 * time.Minute, Sizes: sizes}
	return p.Run(context.Background(), os.Stdout)
}
