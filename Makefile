# Commonweal. `make run` serves a practice council; `make test` runs everything.
# SQLite otherwise plans a statement anew each time another LIMIT is bound to it.
export LIBSQLITE3_FLAGS := -DSQLITE_ENABLE_QPSG
# Few arenas, and memory that is free for half a second goes back to the machine.
export JEMALLOC_SYS_WITH_MALLOC_CONF := narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0

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
