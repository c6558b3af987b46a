//! The executable: reads the command line, runs the command, ends with its number.

use std::process::ExitCode;

use clap::Parser;
use steadfast::cli::Cli;
use steadfast::{command, exit};

fn main() -> ExitCode {
    exit::code(command::run(Cli::parse().command))
}
