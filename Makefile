# card-edge. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := node_modules/.bin
SOURCES := common proto hsm acquirer-gateway core-grpc simulators cli bench test tools
# Kills of `make kill`.
N ?= 100
# Lines of the file of `make bench-settlement` (several: 1000000,10000000), attempts that the store holds, the format, and a folder in which
# the stores are kept for the next run.
LINES ?= 100000
ATTEMPTS ?= 1000000
FORMAT ?= ipm
KEEP ?=
# What `make fuzz` runs: unpack, roundtrip, leak; its seed and its cases.
TARGET ?= unpack roundtrip leak
SEED ?= 1
CASES ?= 20000
# Runs of `make fault-runs`.
RUNS ?= 20
# Requests that `make not-sent` brings on the wire; combinations of `make chaos`.
REQUESTS ?= 1000000
COMBINATIONS ?= 10000
# What `make certify-mutations` runs.
PACKS ?= iso87 iso93 visa-like mastercard-like amex-like
COUNT ?= 30
# Operations and kills of `make hsm-soak`.
OPS ?= 1000000
KILLS ?= 200
# Random programs of `make model` and `make model-processes`; SEED is the first.
PROGRAMS ?= 10000
# 1: `make run` ends after the story, with status 0 only if every step held.
ONCE ?= 0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing: npm packages, SoftHSM
	@node tools/setup.mjs

.PHONY: build
build: setup ## compile to dist/
	@$(BIN)/tsc -p tsconfig.build.json

.PHONY: run
run: build ## run the whole system here and play its story; ONCE=1 ends after the story
	@ONCE=$(ONCE) exec node dist/cli/main.js up

.PHONY: test
test: build ## run all tests; T=path/to/x.test.ts runs one, AGAIN=1 runs failed files once more
	@AGAIN=$(AGAIN) node dist/tools/test.js $(T)

.PHONY: check
check: build lint types imports dead-code generated ## all static checks: what CI runs besides the tests

.PHONY: lint
lint: setup ## formatter and linters
	@$(BIN)/biome ci --colors=off --error-on-warnings .
	@$(BIN)/eslint .

.PHONY: types
types: setup ## the compiler over everything, tests included
	@$(BIN)/tsc --noEmit

.PHONY: imports
imports: setup ## import directions and cycles
	@$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err-long $(SOURCES)

.PHONY: dead-code
dead-code: setup ## unused files, exports and dependencies
	@$(BIN)/knip --no-progress

.PHONY: generated
generated: build ## what is generated is what is committed; protos are in order
	@$(BIN)/buf lint
	@node tools/protogen.mjs --check
	@node dist/tools/errors-doc.js --check
	@node dist/tools/states-doc.js --check
	@node dist/tools/schema.js --check

.PHONY: format
format: setup ## format everything and apply safe fixes
	@$(BIN)/biome check --write .

.PHONY: proto
proto: setup ## generate proto/gen from proto/*.proto
	@node tools/protogen.mjs

.PHONY: docs
docs: build ## generate docs/errors.md and docs/states.md
	@node dist/tools/errors-doc.js
	@node dist/tools/states-doc.js

.PHONY: schema
schema: build ## generate core-grpc/store/schema.sql from the migrations
	@node dist/tools/schema.js

.PHONY: bench
bench: build ## payments per second, latency and CPU per payment on this machine
	@node dist/bench/payments.js

# Payments stored before `make bench-large`, and the minutes of its closed loop.
INTENTS ?= 10000000
MINUTES ?= 10

.PHONY: bench-large
bench-large: build ## the same with INTENTS=10000000 payments stored, for MINUTES=10, and an overload
	@node dist/bench/payments.js --stored $(INTENTS) --seconds $$(($(MINUTES) * 60)) --overload

.PHONY: bench-status
bench-status: build ## reads of a status: CPU by unary calls and on the stream, latency while payments run
	@node dist/bench/status.js

.PHONY: bench-codec
bench-codec: build ## the ISO 8583 codec alone
	@node dist/bench/codec.js

.PHONY: bench-hsm
bench-hsm: build ## the HSM port alone
	@node dist/bench/hsm.js

.PHONY: bench-gateway
bench-gateway: build ## the gateway alone
	@node dist/bench/gateway.js

.PHONY: bench-simulator
bench-simulator: build ## the network simulator alone, without and with checks of PIN, CVV2 and cryptogram
	@node dist/bench/simulator.js
	@node dist/bench/simulator.js --checks

.PHONY: bench-settlement
bench-settlement: build ## loading a settlement file; LINES= ATTEMPTS= FORMAT=ipm|csv KEEP=
	@LINES=$(LINES) ATTEMPTS=$(ATTEMPTS) FORMAT=$(FORMAT) KEEP=$(KEEP) node dist/bench/settlement.js

.PHONY: bench-protobuf
bench-protobuf: build ## the generated protobuf codec beside protobufjs
	@node dist/bench/protobuf.js

.PHONY: fuzz
fuzz: build ## random and damaged ISO 8583 messages against the codec
	@for target in $(TARGET); do node --expose-gc dist/test/fuzz-iso8583.js $$target $(SEED) $(CASES); done

.PHONY: fuzz-settlement
fuzz-settlement: build ## damaged settlement files against every reader; CASES= SEED=
	@node dist/test/fuzz-settlement.js $(SEED) $(CASES)

.PHONY: kill-loads
kill-loads: build ## kill loads of a settlement file at N random points and load again
	@CARD_EDGE_KILLS=$(N) node dist/tools/test.js --timeout=0 core-grpc/settlement/ingest/kill.test.ts

.PHONY: fault-runs
fault-runs: build ## RUNS seeded fault runs of the whole system (RUNS=20, SEED=1), both sides' books compared after each
	@node dist/bench/fault-runs.js --runs $(RUNS) --seed $(SEED)

.PHONY: certify-mutations
certify-mutations: build ## prove that certification packs can fail: COUNT seeded changes for each of PACKS (COUNT=30, SEED=1)
	@node dist/cli/main.js certify mutations $(PACKS) --count $(COUNT) --seed $(SEED) --json bench/out/certify-mutations.json

.PHONY: kill
kill: build ## kill -9 processes under load N times (N=100), then check every invariant
	@CARD_EDGE_KILLS=$(N) node dist/tools/test.js --timeout=0 test/kill.test.ts

.PHONY: not-sent
not-sent: build ## REQUESTS=1000000 on the wire over connections that break at random: none a host saw is called not sent
	@CARD_EDGE_WIRE_REQUESTS=$(REQUESTS) node dist/tools/test.js --timeout=0 acquirer-gateway/not-sent.test.ts

.PHONY: soak-gateway
soak-gateway: build ## ten hours of a network in a few minutes, or SECONDS_OF_SOAK=60 of it: the gateway at full rate with faults, its memory along the way
	@node dist/bench/gateway-soak.js --seconds $(or $(SECONDS_OF_SOAK),0)

.PHONY: chaos
chaos: build ## COMBINATIONS=10000 random wire faults against the gateway
	@CARD_EDGE_CHAOS_RUNS=$(COMBINATIONS) node dist/tools/test.js --timeout=0 acquirer-gateway/chaos.test.ts

.PHONY: hsm-soak
hsm-soak: build ## OPS operations of the HSM with known answers while its device is killed KILLS times
	@node dist/hsm/testing/soak.js --operations $(OPS) --kills $(KILLS)

.PHONY: model
model: build ## random programs of calls against the core and a reference model (PROGRAMS=10000 SEED=1)
	@node dist/core-grpc/model/main.js --programs $(PROGRAMS) --seed $(SEED)

.PHONY: model-processes
model-processes: build ## random programs against real processes that are killed in the middle of them (PROGRAMS=200 SEED=1)
	@CARD_EDGE_MODEL_PROCESSES=$(PROGRAMS) CARD_EDGE_SEED=$(SEED) node dist/tools/test.js --timeout=0 test/model-processes.test.ts

.PHONY: clean
clean: ## remove what was built; state and data stay
	@rm -rf dist .make .tap coverage

.PHONY: clean-state
clean-state: build ## remove the state of `make run`: database, tokens, certificates
	@node dist/cli/main.js reset --yes
