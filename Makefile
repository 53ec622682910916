# Tactus. `make demo` shows it at work, `make test` proves it; both do their own set-up.
GO       ?= go
DESTDIR  ?=
PREFIX   ?= /usr
SBINDIR  ?= $(PREFIX)/sbin
DAEMONDIR ?= $(PREFIX)/libexec/tactus
UNITDIR  ?= /lib/systemd/system
MANDIR   ?= $(PREFIX)/share/man/man8
OCFDIR   ?= /usr/lib/ocf/resource.d
FENCEDIR ?= /usr/sbin
COMPDIR  ?= $(PREFIX)/share/bash-completion/completions

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD    := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
PROGRAMS := crmd lrmd tactus

# Names under which the multi-call tools binary is installed.
TOOLS := crm crm_mon crm_resource crm_attribute crm_verify crm_node crm_standby crm_failcount \
         crm_master crm_diff crm_shadow crm_simulate crmadmin cibadmin attrd_updater crm_error iso8601 stonith_admin corosync-quorumtool

.PHONY: all build demo test sim chaos vm check cts diff bench bench-pengine install generate clean

all: build

build:
	@mkdir -p bin
	$(BUILD) -o bin/ $(PROGRAMS:%=./cmd/%)
	@for t in $(TOOLS); do ln -sf tactus bin/$$t; done

demo: build
	@$(BUILD) -o bin/ ./cmd/demo
	@TACTUS_BIN=$(CURDIR)/bin KEEP=$(KEEP) bin/demo

test: build
	@./internal/setup.sh
	@$(BUILD) -o bin/ ./cmd/testreport
	TACTUS_BIN=$(CURDIR)/bin $(GO) test -count=1 -json -timeout 30m ./... | bin/testreport

# Schedules of faults in the simulator: make sim SEEDS=100000 [FIRST=n]. Of twenty, eighteen try the agreement, one a
# whole cluster of the kinds that are tried in turn, one a whole cluster of the other kinds (leases, watchdogs, disks ...).
SEEDS ?= 20000
FIRST ?= 0
sim:
	@case "$(SEEDS)$(FIRST)" in *[!0-9]*) echo "make sim: SEEDS and FIRST are numbers: make sim SEEDS=100000 FIRST=0" >&2; exit 2;; esac
	$(GO) test ./sim -count=1 -timeout 24h -run 'TestSeeds|TestWholes|TestOtherKinds' -v -seeds=$$(($(SEEDS) * 9 / 10)) -wholes=$$(($(SEEDS) / 20)) -first=$(FIRST)

# Clusters of virtual machines, with what happened when; make test runs the same tests.
vm: build
	@./internal/setup.sh
	@TACTUS_BIN=$(CURDIR)/bin $(GO) test -count=1 -v -timeout 10m ./internal/vm

# Rounds of real faults on real clusters under load: make chaos [ROUNDS=20] [SEED=n] [NODES=2|3|5]
# [GUARD=fencing|quorum|witness|unprotected] [KIND=name] [CLOCKS=1: wall clocks jump too]. A round that fails prints the command that repeats it.
chaos: build
	@$(BUILD) -o bin/ ./cmd/chaos
	@TACTUS_BIN=$(CURDIR)/bin ROUNDS="$(ROUNDS)" SEED="$(SEED)" NODES="$(NODES)" GUARD="$(GUARD)" KIND="$(KIND)" CLOCKS="$(CLOCKS)" bin/chaos

# Every parser of what comes from outside, T each; FUZZ="cib Fuzz" names some of them.
T ?= 10m
fuzz:
	@./internal/fuzz.sh $(T) $(if $(FUZZ),"$(FUZZ)")

check:
	@./internal/check.sh

# BENCH="failover move" measures only these figures; BENCH="tactus" only our stack.
bench: build
	@./internal/setup.sh
	@$(BUILD) -o bin/ ./cmd/bench
	@TACTUS_BIN=$(CURDIR)/bin bin/bench $(BENCH)

# The policy engine alone: REFERENCE is another crm_simulate to measure beside ours, CORPUS a folder of inputs,
# BENCH="1000x32" measures only that size.
bench-pengine: build
	@$(BUILD) -o bin/ ./cmd/bench
	@TACTUS_BIN=$(CURDIR)/bin REFERENCE=$(REFERENCE) CORPUS=$(CORPUS) bin/bench pengine $(BENCH)

# Pacemaker's own runner of scheduler cases judges our crm_simulate: make cts RUNNER=/path/to/cts-scheduler CORPUS=dir
cts:
	@test -x "$(RUNNER)" || { echo "make cts: RUNNER names no program: make cts RUNNER=/path/to/cts-scheduler CORPUS=dir" >&2; exit 2; }
	TACTUS_CTS_SCHEDULER=$(RUNNER) TACTUS_CORPUS=$(CORPUS) $(GO) test -count=1 -tags cts ./tools -run TestSchedulerRunner

# The decisions compared with those of another crm_simulate, on N cases made from SEED and from the CIBs
# of the folder CASES: make diff REFERENCE=/usr/sbin/crm_simulate [N=2000] [SEED=1] [CASES=dir] [DIFF=-help]
N    ?= 2000
diff:
	@test -x "$(REFERENCE)" || { echo "make diff: REFERENCE names no program: make diff REFERENCE=/usr/sbin/crm_simulate" >&2; exit 2; }
	@$(BUILD) -o bin/ ./cmd/diff
	@bin/diff -reference "$(REFERENCE)" -n $(N) -seed $(or $(SEED),1) $(if $(CASES),-cases "$(CASES)") $(DIFF)

# Builds first where there is a Go compiler; else (root's PATH, a bare machine) it installs what was built.
install:
	@if command -v $(GO) >/dev/null; then $(MAKE) --no-print-directory build; fi
	@test -x bin/tactus || { echo "make install: there is nothing in bin/: run make build first, as the user who has Go" >&2; exit 1; }
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(DAEMONDIR) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(COMPDIR) $(DESTDIR)$(MANDIR) $(DESTDIR)$(OCFDIR)/tactus $(DESTDIR)$(FENCEDIR)
	install -m 755 bin/crmd bin/lrmd $(DESTDIR)$(DAEMONDIR)/
	install -m 755 bin/tactus $(DESTDIR)$(SBINDIR)/
	@for t in $(TOOLS); do ln -sf tactus $(DESTDIR)$(SBINDIR)/$$t; done
	@for u in units/*.service; do sed 's|/usr/libexec/tactus/|$(DAEMONDIR)/|' $$u > $(DESTDIR)$(UNITDIR)/$${u##*/}; done
	@for a in agents/ocf/*; do f=$(DESTDIR)$(OCFDIR)/tactus/$${a##*/}; sed 's|/usr/libexec/tactus/|$(DAEMONDIR)/|' $$a > $$f; chmod 755 $$f; done
	install -m 755 agents/fence/fence_drill $(DESTDIR)$(FENCEDIR)/
	install -m 644 docs/completion/crm.bash $(DESTDIR)$(COMPDIR)/crm
	@set -e; for t in $(TOOLS); do bin/tactus --man $$t > $(DESTDIR)$(MANDIR)/$$t.8; done
	@set -e; for d in crmd lrmd; do bin/$$d --man > $(DESTDIR)$(MANDIR)/$$d.8; done
	@echo "installed below $(DESTDIR)/: next, docs/first-cluster.md"

generate:
	$(GO) generate ./...

clean:
	rm -rf bin
