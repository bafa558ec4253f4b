SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.revision=$(REVISION)

LINT_VERSION := v2.15.0
VULN_VERSION := v1.3.0
LINT         := bin/golangci-lint-$(LINT_VERSION)

PKG      ?= ./...
FUZZTIME ?= 20s
BENCH    ?= .

.PHONY: help
help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/aclens, static
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/aclens ./cmd/aclens

# A module with a file norace has nothing of its own that runs at the same time,
# and dependencies so large that building them once more is not worth it. It tests
# files outside itself, whose changes go's cache of results does not see.
.PHONY: test
test: test-deps ## run all tests with the race detector (PKG=./resolver/... for some)
	go test -race -timeout 20m $(PKG)
ifeq ($(PKG),./...)
	@for module in $$(.ci/nested-modules); do echo "== $$module"; (cd "$$module" && go test $$([ -e norace ] && echo -count=1 || echo -race) ./...); done
endif

.PHONY: test-long
test-long: test-deps ## run all tests five times in random order, a million random decisions, kill the program 200 times, cut a consumer off 100 times, let things go wrong for ten minutes, and fuzz two minutes a target
	go test -race -count=5 -shuffle=on -timeout 60m ./...
	go test ./resolver -run Naive -decisions 1000000 -timeout 60m
	go test ./cmd/aclens -run KilledAt -kills 200 -timeout 60m
	go test ./cmd/aclens -run CutOff -cuts 100 -timeout 60m
	go test ./cmd/aclens/faulttest -run BreaksAtAnyOctet -cuts 100 -timeout 60m
	go test ./cmd/aclens/faulttest -run NoReadFails -soak 10m -bound 1s -v -timeout 60m
	.ci/fuzz 2m

.PHONY: test-deps
test-deps: # what the tests need beside Go: a C compiler, slapd, LDAP clients of all kinds, Chromium
	@.ci/install-test-deps

.PHONY: lint
lint: $(LINT) ## check formatting, vet and golangci-lint
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(LINT) run ./...
	@for module in $$(.ci/nested-modules); do echo "== $$module"; (cd "$$module" && go vet ./... && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml ./...); done

# Built from source, through the module proxy and its checksums, with the Go that
# builds the project. Needs a minute or two once; later clones find it in Go's cache.
$(LINT):
	env -u GOOS -u GOARCH -u GOFLAGS GOBIN='$(CURDIR)/bin/building' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/building/golangci-lint $@
	rmdir bin/building

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (20s)
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## run the benchmarks (BENCH=pattern)
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)
	@for module in $$(.ci/nested-modules); do echo "== $$module"; (cd "$$module" && go test -run '^$$' -bench '$(BENCH)' -benchmem ./...); done

# The sizes of docs/performance.md. Writes 11 GB, one report after the other, into
# DIR, or a folder below TMPDIR; needs some minutes.
.PHONY: bench-report
bench-report: ## time reports on 20,000 people and 1,000 databases (DIR=folder to keep the files)
	go test ./cmd/aclens -run '^$$' -bench Company -benchtime 1x -timeout 60m -args -company-people 20000 -company-databases 1000 $(if $(DIR),-company-dir '$(abspath $(DIR))')

# What `make bench-peers` compares: aclens with slapd in three kinds, with the
# least that a loop in Go can do, and with two LDAP server libraries. Needs
# Debian's slapd, and a few minutes. PEERS and ROWS choose, with commas;
# PROFILE=folder keeps a profile of aclens in every row.
.PHONY: bench-peers
bench-peers: ## compare with peers (PEOPLE GROUPS DEPTH FANOUT MEMBERSHIPS DATABASES ENTRIES SEED CONNS INFLIGHT IDLE SECONDS PEERS ROWS PROFILE)
	@cd bench && go run . -root .. $(call bench-flag,people,PEOPLE) $(call bench-flag,groups,GROUPS) $(call bench-flag,depth,DEPTH) $(call bench-flag,fanout,FANOUT) \
	  $(call bench-flag,memberships,MEMBERSHIPS) $(call bench-flag,databases,DATABASES) $(call bench-flag,entries,ENTRIES) $(call bench-flag,seed,SEED) \
	  $(call bench-flag,conns,CONNS) $(call bench-flag,inflight,INFLIGHT) $(call bench-flag,idle,IDLE) $(if $(filter command,$(origin SECONDS)),-time $(SECONDS)s) \
	  $(call bench-flag,peers,PEERS) $(call bench-flag,rows,ROWS) $(if $(PROFILE),-profile '$(abspath $(PROFILE))') $(if $(DIR),-dir '$(abspath $(DIR))')

# Cost against size, drawn into docs/performance-cost.svg.
.PHONY: bench-plot
bench-plot: ## draw CPU of a search against the number of people (SIZES=1000,5000,20000,100000)
	@cd bench && go run . -root .. -sizes $(or $(SIZES),1000$(comma)5000$(comma)20000$(comma)100000) -svg ../docs/performance-cost.svg \
	  -rows $(or $(ROWS),uid$(comma)member$(comma)access) -peers $(or $(PEERS),slapd$(comma)slapd-dynlist$(comma)aclens-ldif$(comma)loop)

# How long aclens takes from nothing, what it holds, and what a refresh costs.
.PHONY: bench-start
bench-start: ## time a start of aclens to its first right answer (PEOPLE GROUPS MEMBERSHIPS DATABASES FROM=aclens-kept PROFILE)
	@cd bench && go run . start -root .. $(call bench-flag,people,PEOPLE) $(call bench-flag,groups,GROUPS) $(call bench-flag,depth,DEPTH) $(call bench-flag,fanout,FANOUT) \
	  $(call bench-flag,memberships,MEMBERSHIPS) $(call bench-flag,databases,DATABASES) $(call bench-flag,entries,ENTRIES) $(call bench-flag,seed,SEED) \
	  $(call bench-flag,from,FROM) $(if $(PROFILE),-profile '$(abspath $(PROFILE))') $(if $(DIR),-dir '$(abspath $(DIR))')

comma := ,
# A flag of the benchmark, if its variable was given to make: bash sets some of
# the names by itself.
bench-flag = $(if $(filter command,$(origin $(2))),-$(1) '$($(2))')

.PHONY: demo
demo: ## serve the embedded sample directory on 127.0.0.1
	go run ./cmd/aclens serve --demo

.PHONY: man
man: ## write deploy/man anew from the commands
	go test ./cmd/aclens -run TestManualPages -update-man

# What bin/aclens is made of, as CycloneDX JSON, read out of the program itself.
.PHONY: sbom
sbom: build ## write dist/aclens.cdx.json, the list of modules that bin/aclens is made of
	@mkdir -p dist
	go run ./deploy/sbom bin/aclens > dist/aclens.cdx.json

# Asks vuln.go.dev, so it needs the network; CI does not run it.
.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in what the program calls (needs the network)
	go run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist
