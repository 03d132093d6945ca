# What follows ## describes a target; `make` alone lists them.
# Needs Go, Node and make. `make test` installs what else the tests need (scripts/test-deps).
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules

BUF := node_modules/.bin/buf
# Two packages at a time: each may start a PostgreSQL, a MariaDB and a Mosquitto of its own.
GO_TEST := go test -p 2 -timeout 15m
# Tests that wait for other processes and for databases are not watched for races: what they have in this process, services and
# gateways run too, and SQLite takes ten times as long when it is watched.
UNWATCHED := internal/testenv gateway/mqtt/mqtttest chat/entstore audience/entstore moderation/entstore

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run everything in one process, with sample data, in ./palabre-data.
	go run ./cmd/palabre serve --demo


.PHONY: test
test: test-deps generate-check vet ## Everything a change has to pass, on a machine with Go, Node and apt.
	$(GO_TEST) -race $$(go list ./... | grep -v $(UNWATCHED:%=-e /%$$))
	$(GO_TEST) $$(go list ./... | grep $(UNWATCHED:%=-e /%$$))
	$(GO_TEST) -count=1 -run '^TestSpeed' ./internal/testenv ./internal/bench/suite ./services/moderation/...
	$(GO_TEST) -count=1 -v -run '^TestCorpus$$' ./services/moderation/screen

.PHONY: check
check: test lint breaking ## As test, with the linters and the compatibility of the protos.

.PHONY: test-deps
test-deps: node_modules/.package-lock.json
	@scripts/test-deps

.PHONY: vet
vet: node_modules/.package-lock.json ## Format, go vet, buf lint.
	@unformatted=$$(gofmt -l $$(go list -f '{{.Dir}}' ./...)); \
	if [ -n "$$unformatted" ]; then echo "not formatted with gofmt:" $$unformatted >&2; exit 1; fi
	go vet ./...
	$(BUF) lint

.PHONY: lint
lint: bin/golangci-lint vet ## As vet, with the linters of .golangci.yml (built the first time: minutes).
	bin/golangci-lint run ./...

# A module file of its own keeps the linter's hundreds of dependencies out of ours.
bin/golangci-lint: tools/lint.mod
	go build -modfile=tools/lint.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The tests build it themselves; its dependencies, too, are none of ours.
bin/nats-server: tools/nats.mod
	go build -modfile=tools/nats.mod -o $@ github.com/nats-io/nats-server/v2

.PHONY: breaking
breaking: node_modules/.package-lock.json ## Whether clients of the last release, or of main, still understand the protos.
	@scripts/breaking

.PHONY: bench
bench: test-deps ## Measure everything that has a goal, and write docs/performance.md; `make bench BENCH_TIME=10s`.
	go test ./internal/bench/suite -count=1 -timeout 60m -v -run '^TestSuite$$' -measure \
		-measure-for=$(or $(BENCH_TIME),5s) -write="$(CURDIR)/docs/performance.md"

.PHONY: bench-go
bench-go: ## Go benchmarks; `make bench-go PKG=./internal/broker` for one package.
	go test -run '^$$' -bench . -benchmem $(or $(PKG),./...)

.PHONY: bench-compare
bench-compare: ## Go benchmarks here and at another commit, compared by benchstat; `make bench-compare BASE=main PKG=./services/chat/entstore BENCH=Append`.
	@BENCH='$(BENCH)' scripts/bench-compare $(or $(BASE),HEAD) $(or $(PKG),./services/chat/entstore ./internal/rpc ./services/moderation/...)

.PHONY: torture
torture: test-deps ## 50,000 messages over each broker while everything is broken, and write docs/reliability.md; `make torture TORTURE=5000`.
	go test ./gateway/mqtt/mqtttest -count=1 -timeout 120m -v -run '^TestTorture$$' -torture=$(or $(TORTURE),50000) \
		-write="$(CURDIR)/docs/reliability.md"

.PHONY: fuzz-short
fuzz-short: ## Every fuzz test for 10 seconds; `make fuzz-short FUZZTIME=1m` for longer.
	@scripts/fuzz $(or $(FUZZTIME),10s)


.PHONY: generate
generate: generate-proto generate-ent generate-docs ## Generate code from proto/ and ent/schema, and documents from code.

.PHONY: generate-proto
generate-proto: node_modules/.package-lock.json
	$(BUF) lint
	$(BUF) generate

.PHONY: generate-ent
generate-ent:
	go generate ./ent/...

.PHONY: generate-docs
generate-docs:
	go test ./services/chat/permission -count=1 -run '^TestTheDocumentIsWhatTheTablesSay$$' -update

.PHONY: migration
migration: ## Write the migrations that ent/schema asks for: `make migration NAME=add_attachments`.
	@[ -n "$(NAME)" ] || { echo 'migration: say what it does: make migration NAME=add_attachments' >&2; exit 1; }
	go test ./internal/database -count=1 -run '^TestMigrationsLeadToTheEntSchema$$' -write-migration=$(NAME)

.PHONY: generate-check
generate-check: ## Fail when generated code is not what its sources generate.
	@scripts/generate-check gen ent docs

# npm writes this file last, so it tells whether node_modules is what the lock file says.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-progress --loglevel=error
	@touch $@
