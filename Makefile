# Commands for developers; `make help` lists them. Recipes use the Rust toolchain that .ci/toolchain finds or installs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev build test rust-tests browser-tests soak lint lint-rust lint-dependencies lint-javascript lint-style lint-text bench size sim fuzz fmt

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
CARGO := .ci/toolchain cargo
# Size limit of the first screen's wasm, JavaScript and CSS after compression with brotli, in KB.
BUDGET := 350
# Sources of the site, the files that the browser loads.
SITE_SOURCES := Makefile Cargo.toml Cargo.lock .cargo/config.toml .ci/toolchain \
	$(shell find app docs/guide public style -type f -not -path '*/tests.rs' -not -path '*/benches/*')

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: build ## build, then serve the demonstration on http://127.0.0.1:3000
	target/release/jiedui serve --demo

dev: ## build unoptimised, serve the demonstration, rebuild and reload on every change
	.ci/toolchain .ci/dev

# Packages to build. Cargo unifies features across them: `make test` builds the whole workspace, so nothing is compiled twice.
PACKAGES := -p jiedui

build: target/site.stamp ## build target/release/jiedui, which contains the site
	$(CARGO) build --release $(PACKAGES)
	@mkdir -p target/release
	@[ "$(TARGET_DIR)" = target ] || cp "$(TARGET_DIR)/release/jiedui" target/release/jiedui
	@.ci/check-bundle-size $(BUDGET)

# The site, in target/site.
target/site.stamp: $(SITE_SOURCES)
	@mkdir -p target
	$(CARGO) run --release -p jiedui-site
	@touch $@

# A second build of the same sources with another name, for the tests of upgrades between builds.
target/site-other.stamp: target/site.stamp
	$(CARGO) run --release -p jiedui-site -- --quick --other
	@touch $@

test: ## run every check and every test, also in the browser; prints the duration of each part
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

rust-tests: build ## run every test in Rust; black-box tests run on SQLite and PostgreSQL
	.ci/services
	$(CARGO) test --release --workspace

browser-tests: end2end/node_modules/.stamp target/site-other.stamp ## run the browser tests with the program of the last `make build`
	cd end2end && npm test

soak: build target/site-other.stamp end2end/node_modules/.stamp ## repeat the browser tests under load: make soak TIMES=20 SPECS="form.spec.js"
	.ci/services
	.ci/soak $(or $(TIMES),20) $(SPECS)

end2end/node_modules/.stamp: end2end/package-lock.json
	cd end2end && npm ci --silent --no-audit --no-fund
	@touch $@

lint: lint-text lint-style lint-dependencies lint-javascript lint-rust ## check formatting, Clippy on both targets, dependencies, JavaScript, CSS, spelling and prose

# Leaves out the advisory database, since build machines may reach package registries only. The GitHub workflows read it.
lint-dependencies:
	.ci/linters $(CARGO) deny --locked check bans licenses sources

lint-javascript: end2end/node_modules/.stamp
	end2end/node_modules/.bin/eslint -c end2end/eslint.config.js --max-warnings 0 public server/service-worker.js end2end

# Class prefixes, classes without a use, and the length of each style sheet.
lint-style:
	.ci/style

lint-text:
	git ls-files -z '*.md' '*.rs' '*.js' '*.css' '*.toml' '*.yml' app/locales/en.json .ci .github Makefile | xargs -0 .ci/linters codespell
	.ci/prose --self-test
	.ci/prose
	.ci/references --self-test
	.ci/references
	.ci/size --self-test
	.ci/imports --self-test
	.ci/imports

lint-rust: target/site.stamp
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings
	$(CARGO) clippy --profile wasm-release --target wasm32-unknown-unknown -p jiedui-app --features csr -- -D warnings

# Numbers of entries at which `make bench` measures the indicators and the screens. Ten million entries take 20 minutes.
LARGE := 10000 1000000

bench: build end2end/node_modules/.stamp ## measure functions, the server and the screens: make bench LARGE="10000 1000000 10000000"
	.ci/services
	$(CARGO) bench -p jiedui-core --bench aggregate --bench sync
	$(CARGO) bench -p jiedui-tests --bench load
	$(CARGO) bench -p jiedui-tests --bench import
	for entries in $(LARGE); do $(CARGO) bench -p jiedui-tests --bench load -- --entries $$entries; done
	cd end2end && JIEDUI_BENCH_ENTRIES="$(LARGE)" npm run bench

size: target/site.stamp target/site-names.stamp ## print what each file of the app weighs, who needs it, and its largest functions
	.ci/size

# The chunks of the site with the names of their functions.
target/site-names.stamp: target/site.stamp
	$(CARGO) run --release -p jiedui-site -- --names
	@touch $@

sim: ## replay broken histories of the sync: make sim SEEDS=100000
	SEEDS=$(or $(SEEDS),100000) $(CARGO) test --release -p jiedui-core --test simulation no_history

fuzz: build ## run every property test with many random inputs: make fuzz CASES=20000
	PROPTEST_CASES=$(or $(CASES),20000) $(CARGO) test --release -p jiedui-core -p jiedui-app -p jiedui

fmt: ## format the code
	$(CARGO) fmt --all
