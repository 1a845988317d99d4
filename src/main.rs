//! The `commonweal` binary.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Pages are built from many short texts; this allocator costs half of the system's under load.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    commonweal::cli::run()
}
