//! Turns the command line's verdict into an exit status; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kamishibai::cli::run())
}
