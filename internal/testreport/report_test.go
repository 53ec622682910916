package testreport

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	const ok = `{"Action":"run","Package":"github.com/tactus-ha/tactus/a","Test":"TestX"}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Test":"TestX","Output":"chatter\n"}
{"Action":"pass","Package":"github.com/tactus-ha/tactus/a","Test":"TestX","Elapsed":0.1}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Test":"TestS","Output":"    a_test.go:7: needs root: or so\n"}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Test":"TestS","Output":"--- SKIP: TestS (0.00s)\n"}
{"Action":"skip","Package":"github.com/tactus-ha/tactus/a","Test":"TestS","Elapsed":0}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Output":"PASS\n"}
{"Action":"output","Package":"github.com/tactus-ha/tactus/a","Output":"ok  \tgithub.com/tactus-ha/tactus/a\t1.250s\n"}
{"Action":"pass","Package":"github.com/tactus-ha/tactus/a","Elapsed":1.25}
{"Action":"output","Package":"github.com/tactus-ha/tactus/empty","Output":"?   \tgithub.com/tactus-ha/tactus/empty\t[no test files]\n"}
{"Action":"skip","Package":"github.com/tactus-ha/tactus/empty","Elapsed":0}
`
	const bad = `{"Action":"output","Package":"p","Test":"TestF","Output":"    f_test.go:1: got 1, want 2\n"}
{"Action":"output","Package":"p","Test":"TestF","Output":"--- FAIL: TestF (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestF","Elapsed":0}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t2.000s\n"}
{"Action":"fail","Package":"p","Elapsed":2}
`
	const broken = `{"ImportPath":"p [p.test]","Action":"build-output","Output":"x.go:1: undefined: y\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p [p.test]"}
`
	const killed = `{"Action":"run","Package":"p","Test":"TestLong"}
{"Action":"output","Package":"p","Test":"TestLong","Output":"=== RUN   TestLong\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t2.0s\n"}
{"Action":"fail","Package":"p","Elapsed":2}
`
	for _, tc := range []struct {
		name, in, want string
		passed         bool
	}{
		{"passed", ok, "ok  \tgithub.com/tactus-ha/tactus/a\t1.250s\n?   \tgithub.com/tactus-ha/tactus/empty\t[no test files]\nskipped: a TestS: needs root: or so\n1 packages passed, 0 failed, 1 tests skipped\n", true},
		{"failed", bad, "    f_test.go:1: got 1, want 2\n--- FAIL: TestF (0.00s)\nFAIL\nFAIL\tp\t2.000s\n0 packages passed, 1 failed, 0 tests skipped\n", false},
		{"does not build", broken, "x.go:1: undefined: y\nFAIL\tp [build failed]\n0 packages passed, 1 failed, 0 tests skipped\n", false},
		{"killed", killed, "TestLong did not end:\n=== RUN   TestLong\nFAIL\tp\t2.0s\n0 packages passed, 1 failed, 0 tests skipped\n", false},
		{"not events", "go: no such module", "go: no such module0 packages passed, 0 failed, 0 tests skipped\n", false},
		{"nothing", "", "0 packages passed, 0 failed, 0 tests skipped\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			passed, err := Write(&out, strings.NewReader(tc.in))
			if err != nil || passed != tc.passed || out.String() != tc.want {
				t.Errorf("Write = %v, %v:\n%s\nwant %v:\n%s", passed, err, out.String(), tc.passed, tc.want)
			}
		})
	}
}
