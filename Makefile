# Commonweal. `make run` serves a practice council; `make test` runs everything.
.PHONY: run test bench setup check

run: setup
	@.ci/serve-demo

test: setup
	@.ci/test

bench: setup
	@.ci/bench

check:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

setup:
	@.ci/setup $(MAKECMDGOALS)
