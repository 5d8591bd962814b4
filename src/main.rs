//! Turns the command line's verdict into an exit status; nothing else.

use std::process::ExitCode;

/// What a build holds are tens of thousands of small texts, made by two threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(kamishibai::cli::run())
}
