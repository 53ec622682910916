#!/bin/sh
# The checks of `make check`: quiet when all is well.
set -eu
cd "$(dirname "$0")/.."
status=0
complain() {
	printf '%s\n' "$1" >&2
	status=1
}

unformatted=$(git ls-files "*.go" | xargs gofmt -l)
[ -z "$unformatted" ] || complain "gofmt: $unformatted"
go vet ./... || complain "go vet found something"
go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./... || complain "staticcheck found something"
go test -count=1 ./internal/archtest >/dev/null || complain "the import picture is broken: go test ./internal/archtest"
if command -v shellcheck >/dev/null; then
	scripts=$(git ls-files '*.sh' '.ci/run' 'agents/ocf/*' 'agents/fence/*')
	# shellcheck disable=SC2086 # a list of words on purpose
	shellcheck $scripts || complain "shellcheck found something"
else
	complain "shellcheck is not installed (package shellcheck; make test installs it)"
fi
before=$(git status --porcelain)
go generate ./... || complain "go generate stopped"
[ "$before" = "$(git status --porcelain)" ] || complain "generated files are out of date: run make generate and commit"
exit $status
