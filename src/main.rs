//! The `commonweal` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    commonweal::cli::run()
}
