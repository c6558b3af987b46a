//! The executable: reads the command line, runs the command, ends with its number.

use std::process::ExitCode;

use clap::Parser;
use steadfast::cli::Cli;
use steadfast::{command, exit};

/// Transactions and futures are many small allocations: a fifth of the explorer's time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exit::code(command::run(Cli::parse().command))
}
