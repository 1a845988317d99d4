# Commonweal. `make run` serves a practice council; `make test` runs everything.
# SQLite otherwise plans a statement anew each time another LIMIT is bound to it. A connection is never in two threads at
# once, and nobody asks SQLite how much memory it holds: so it needs no locks of its own around either.
export LIBSQLITE3_FLAGS := -DSQLITE_ENABLE_QPSG -USQLITE_THREADSAFE -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0
# Few arenas, and memory that is free for half a second goes back to the machine.
export JEMALLOC_SYS_WITH_MALLOC_CONF := narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0

.PHONY: run test bench setup check release

run: setup
	@.ci/serve-demo

test: setup
	@.ci/test

release: setup
	cargo build --locked --release --features jemalloc

bench: setup
	@.ci/bench

check:
	cargo fmt --check
	cargo clippy --all-targets --all-features -- -D warnings

setup:
	@.ci/setup $(MAKECMDGOALS)
