.PHONY: bench bench-pages fuzz-api screenshots soak test

# Everything that must hold before a change is taken: format, lints, and all tests on SQLite and on PostgreSQL and in Chromium.
test:
	scripts/install-test-tools.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace; else cargo test --workspace --all-targets; fi
	cargo test --workspace --doc

# What takes too long for every change: the property tests of the fold with many more random histories
# (CASES=1000000 for a night), and the audit of a hundred thousand sales with refunds and disputes.
soak: CASES ?= 20000
soak:
	scripts/install-test-tools.sh
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
