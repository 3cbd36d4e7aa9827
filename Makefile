.PHONY: soak test

# Everything that must hold before a change is taken: format, lints, and all tests on SQLite and on PostgreSQL.
test:
	scripts/install-test-tools.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace; else cargo test --workspace --all-targets; fi
	cargo test --workspace --doc

# The property tests of the fold with many more random histories; CASES=1000000 for a night.
soak: CASES ?= 20000
soak:
	PROPTEST_CASES=$(CASES) cargo test --release --test it fold::
