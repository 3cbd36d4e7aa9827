.PHONY: bench bench-pages chaos deny fuzz-api musl screenshots site soak test

# Everything that must hold before a change is taken: format, lints, and all tests on SQLite and on PostgreSQL and in Chromium.
test:
	scripts/install-test-tools.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace; else cargo test --workspace --all-targets; fi
	cargo test --workspace --doc

# What must not cost a sale, alone: kills, a database that dies, wires that are cut or silent, a disk that is full, read-only or slow, a clock that jumps,
# replicas that are replaced. `make test` runs these too.
chaos:
	scripts/install-test-tools.sh
	cargo test --test it -- crash:: store::faults::

# What takes too long for every change: MINUTES of steady load with kills and deaths of the database, on SQLite and on PostgreSQL at once, in which memory,
# files and connections must not grow; the property tests of the fold with many more random histories (CASES=1000000 for a night); and the
# audit of a hundred thousand sales with refunds and disputes.
soak: CASES ?= 20000
soak: MINUTES ?= 60
soak:
	scripts/install-test-tools.sh
	MINUTES=$(MINUTES) cargo test --release --test it -- --ignored --nocapture crash::soak
	PROPTEST_CASES=$(CASES) cargo test --release --test it fold::
	cargo test --release --test it -- --ignored nothing_differs_after_a_hundred_thousand_sales --test-threads 1

# What the work costs, as ratios to baselines: docs/benchmarks.md. Some minutes; BENCH_PERCENT=10 measures a tenth.
bench:
	scripts/install-test-tools.sh
	cargo bench --bench ratios
	cargo bench --bench compare -- $(COMPARE)

# How long the server takes for each page over SALES sales of a year (a hundred thousand and a million), on both databases. Prints, and judges nothing.
bench-pages: SALES ?= 100000 1000000
bench-pages:
	scripts/install-test-tools.sh
	for sales in $(SALES); do PAGES_SALES=$$sales cargo test --release --test it -- --ignored --nocapture --test-threads 1 how_long_pages_take; done

# The pictures of the README, docs/images, made of the demo's data.
screenshots:
	scripts/install-test-tools.sh
	cargo test --test it -- --ignored browser::pictures

# A property-based client (schemathesis, from PyPI, in target/) calls every operation of the API as its description says: no 5xx, and every answer as
# it is described. CASES calls for each operation.
fuzz-api: CASES ?= 30
fuzz-api:
	cargo build
	scripts/fuzz-api.sh target/debug/tributary $(CASES)

# One file that runs on any Linux: target/MUSL/release/tributary, linked statically against musl. Needs rustup's target and a compiler for it
# (Debian: musl-tools), and says so. packaging/Dockerfile needs neither.
musl: MUSL ?= $(shell uname -m)-unknown-linux-musl
musl:
	@rustup target list --installed | grep -qx $(MUSL) || { echo "make musl: first rustup target add $(MUSL)" >&2; exit 2; }
	@command -v musl-gcc >/dev/null || { echo "make musl: first install musl-gcc (Debian: apt install musl-tools)" >&2; exit 2; }
	CC_$(subst -,_,$(MUSL))=musl-gcc cargo build --release --locked --bin tributary --target $(MUSL)
	@ldd target/$(MUSL)/release/tributary 2>&1 | grep -q 'statically linked\|not a dynamic' && echo target/$(MUSL)/release/tributary is static

# Licences, advisories, bans and sources of all dependencies, and dependencies that nothing uses. A tool that is not installed is left out, with a word.
deny:
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check bans licenses sources; else echo "make deny: cargo deny is not installed (cargo install cargo-deny): left out"; fi
	@if cargo deny fetch db >/dev/null 2>&1; then cargo deny check advisories; else echo "make deny: no database of advisories can be had: left out"; fi
	@if cargo machete --version >/dev/null 2>&1; then cargo machete; else echo "make deny: cargo machete is not installed (cargo install cargo-machete): left out"; fi

# The documentation as a site, in target/site. Needs mdbook, and says how to install it.
site:
	@scripts/site.sh
