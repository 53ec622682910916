#!/bin/sh
# Runs every fuzz target of the project, one after the other: internal/fuzz.sh [TIME [PATTERN]].
# TIME is for each (default 10m); PATTERN, a regular expression, names some ("cib FuzzParse").
# A finding is left in the package's testdata/fuzz, where every later go test runs it again.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10m}
pattern=${2:-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
found=0
targets=$(git grep -E -o '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go' | sed 's|\(.*\)/[^/]*:func \(Fuzz.*\)|\1 \2|' | sort -u | grep -E -- "$pattern") || {
	echo "fuzz: no target matches $pattern" >&2
	exit 2
}
printf '%-48s %-8s %14s  %s\n' target time executions result
while read -r package target; do
	result=clean
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel "${FUZZ_PARALLEL:-1}" "./$package" >"$log" 2>&1 || result=FINDING
	# On a busy machine go calls the end of TIME a failure.
	if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"; then
		result=clean
	fi
	executions=$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	printf '%-48s %-8s %14s  %s\n' "$package $target" "$time" "${executions:-0}" "$result"
	if [ "$result" = FINDING ]; then
		cat "$log" >&2
		found=1
	fi
done <<END
$targets
END
exit $found
