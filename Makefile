# One command a need; `make help` lists them. Every recipe runs with the toolchain that .ci/toolchain finds or installs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev build test rust-tests browser-tests soak lint lint-rust lint-dependencies lint-javascript lint-style lint-text prose-baseline bench sim fmt

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
CARGO := .ci/toolchain cargo
# The first screen's wasm, JS and CSS with brotli, in KB.
BUDGET := 370
# All that the browser's part is made of.
SITE_SOURCES := Makefile Cargo.toml Cargo.lock .cargo/config.toml .ci/toolchain \
	$(shell find app docs/guide public style -type f -not -path '*/tests.rs' -not -path '*/benches/*')

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: build ## build, then serve the demonstration on http://127.0.0.1:3000
	target/release/jiedui serve --demo

dev: ## build unoptimised, serve the demonstration, rebuild and reload on every change
	.ci/toolchain .ci/dev

# The packages whose features are united. The tests build the whole workspace, so that nothing is compiled twice.
PACKAGES := -p jiedui

build: target/site.stamp ## build target/release/jiedui, the site in it
	$(CARGO) build --release $(PACKAGES)
	@mkdir -p target/release
	@[ "$(TARGET_DIR)" = target ] || cp "$(TARGET_DIR)/release/jiedui" target/release/jiedui
	@.ci/weight $(BUDGET)

# What the browser gets, in target/site.
target/site.stamp: $(SITE_SOURCES)
	@mkdir -p target
	$(CARGO) run --release -p jiedui-site
	@touch $@

# Another build of the same source, between which and the first the tests of upgrades go.
target/site-other.stamp: target/site.stamp
	$(CARGO) run --release -p jiedui-site -- --quick --other
	@touch $@

test: ## every check and every test, in the browser too; prints how long each part took
	@rm -f target/timings
	@.ci/timed toolchain .ci/toolchain
	@.ci/timed services .ci/services
	@.ci/timed site $(MAKE) --no-print-directory target/site.stamp
	@.ci/timed program $(MAKE) --no-print-directory build PACKAGES=--workspace
	@.ci/timed other-site $(MAKE) --no-print-directory target/site-other.stamp
	@.ci/timed lint $(MAKE) --no-print-directory lint
	@.ci/timed rust-tests env JIEDUI_PROGRAM=$(CURDIR)/target/release/jiedui $(CARGO) test --release --workspace
	@.ci/timed browser-tests $(MAKE) --no-print-directory browser-tests
	@echo; cat target/timings

# Every test in Rust; the black-box tests run on SQLite and on PostgreSQL.
rust-tests: build
	.ci/services
	$(CARGO) test --release --workspace

browser-tests: end2end/node_modules/.stamp target/site-other.stamp
	cd end2end && npm test

soak: build target/site-other.stamp end2end/node_modules/.stamp ## repeat the browser tests under load: make soak TIMES=20 SPECS="form.spec.js"
	.ci/services
	.ci/soak $(or $(TIMES),20) $(SPECS)

end2end/node_modules/.stamp: end2end/package-lock.json
	cd end2end && npm ci --silent --no-audit --no-fund
	@touch $@

lint: lint-text lint-style lint-dependencies lint-javascript lint-rust ## formatting, clippy on both targets, dependencies, JavaScript, spelling and prose

# The advisory database is not read here: build machines may reach package registries alone. The GitHub workflow reads it.
lint-dependencies:
	.ci/linters $(CARGO) deny --locked check bans licenses sources

lint-javascript: end2end/node_modules/.stamp
	end2end/node_modules/.bin/eslint -c end2end/eslint.config.js --max-warnings 0 public server/service-worker.js end2end

# Prefixes and uses of the classes, and the size of the style sheets.
lint-style:
	.ci/style

lint-text:
	git ls-files -z '*.md' '*.rs' '*.js' '*.css' '*.toml' '*.yml' app/locales/en.json .ci .github Makefile | xargs -0 .ci/linters codespell
	.ci/prose --self-test
	.ci/prose
	.ci/references --self-test
	.ci/references

prose-baseline: ## allow no more findings of .ci/prose than there are now
	.ci/prose --baseline

lint-rust: target/site.stamp
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings
	$(CARGO) clippy --profile wasm-release --target wasm32-unknown-unknown -p jiedui-app --features csr -- -D warnings

# The sizes of database at which the indicators are asked for, beside the load; ten million entries take 20 minutes each.
LARGE := 10000 1000000

bench: build end2end/node_modules/.stamp ## criterion for functions, loads for the server and the screens: make bench LARGE="10000 1000000 10000000"
	.ci/services
	$(CARGO) bench -p jiedui-core --bench aggregate --bench sync
	$(CARGO) bench -p jiedui-tests --bench load
	$(CARGO) bench -p jiedui-tests --bench import
	for entries in $(LARGE); do $(CARGO) bench -p jiedui-tests --bench load -- --entries $$entries; done
	cd end2end && npm run bench

sim: ## replay broken histories of the sync: make sim SEEDS=100000
	SEEDS=$(or $(SEEDS),100000) $(CARGO) test --release -p jiedui-core --test simulation no_history

fmt: ## format the code
	$(CARGO) fmt --all
