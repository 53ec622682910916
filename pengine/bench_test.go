package pengine_test

import (
	"testing"

	"github.com/tactus-ha/tactus/internal/bigcib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/state"
)

// BenchmarkSchedule measures reading the facts and deciding, in memory.
func BenchmarkSchedule(b *testing.B) {
	for _, s := range []bigcib.Size{{Resources: 100, Nodes: 8}, {Resources: 500, Nodes: 16}, {Resources: 1000, Nodes: 32}, {Resources: 2000, Nodes: 64}, {Resources: 5000, Nodes: 100}} {
		for _, m := range []bigcib.Mode{bigcib.Cold, bigcib.Probed, bigcib.Steady} {
			b.Run(s.String()+"/"+string(m), func(b *testing.B) {
				in := pengine.Input{CIB: bigcib.Snapshot(s, m), Now: bigcib.Now()}
				b.ReportAllocs()
				b.Run("read", func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						state.Read(in.CIB, in.Now, state.ReadOptions{})
					}
				})
				b.Run("all", func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						pengine.Schedule(in)
					}
				})
			})
		}
	}
}

// BenchmarkAgain measures deciding after one operation's result.
func BenchmarkAgain(b *testing.B) {
	for _, s := range []bigcib.Size{{Resources: 1000, Nodes: 32}, {Resources: 5000, Nodes: 100}} {
		for _, m := range []bigcib.Mode{bigcib.Steady, bigcib.Probed} {
			b.Run(s.String()+"/"+string(m), func(b *testing.B) {
				var again pengine.Scheduler
				snap := bigcib.Snapshot(s, m)
				again.Next(pengine.Input{CIB: snap, Now: bigcib.Now()})
				b.ReportAllocs()
				b.ResetTimer()
				whole := 0
				for i := range b.N {
					b.StopTimer()
					snap = bigcib.Result(snap, i)
					b.StartTimer()
					if d := again.Next(pengine.Input{CIB: snap, Now: bigcib.Now()}); d.Whole != "" {
						whole++
					}
				}
				b.ReportMetric(float64(whole)/float64(b.N), "whole/op")
			})
		}
	}
}
