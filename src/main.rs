//! The `commonweal` binary.

use std::process::ExitCode;

/// Pages are built from many short texts: under load this allocator halves what the system's costs, and gives memory
/// back soon (its settings stand in the Makefile). SQLite and libpq allocate with it too.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    commonweal::cli::run()
}
