package sim

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func tryPlan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 99))
	return Plan{Name: "three", Nodes: 3, Length: 14 * time.Second, Config: Config{Properties: [][2]string{{"stonith-enabled", fmt.Sprint(*fenceOf)}}},
		Faults: drawFaults(r, 3, 14*time.Second, kindsFlag())}
}

func TestTry(t *testing.T) {
	n := *triesOf
	if *oneSeed >= 0 {
		n = 1
	}
	began := time.Now()
	ev := 0
	for seed := range n {
		s := uint64(seed)
		if *oneSeed >= 0 {
			s = uint64(*oneSeed)
		}
		p := tryPlan(s)
		p.Trace = *oneSeed >= 0
		o := RunPlan(s, p)
		ev += o.Events
		if *oneSeed >= 0 {
			t.Logf("%v\n%s\n%+v", p.Faults, o.Record, o.Counts)
		}
		if o.Failure != nil {
			t.Errorf("seed %d: %v", s, o.Failure)
		}
	}
	t.Logf("%v a run, %d events", time.Since(began)/time.Duration(n), ev/n)
}

var kindsOf = flag.String("kinds", "power", "")
var fenceOf = flag.Bool("fence", true, "")
var triesOf = flag.Int("tries", 30, "")

func kindsFlag() []string { return strings.Split(*kindsOf, ",") }
