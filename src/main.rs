//! The `commonweal` binary.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Pages are built from many short texts: under load this allocator halves what the system's costs, and gives memory
/// back soon (its settings stand in the Makefile). SQLite and libpq allocate with it too.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    commonweal::cli::run()
}
