//! Steadfast's one executable: the parts, wired to tokio, a store, the network and a hypervisor.

mod cli;
mod command;
mod config;
mod demo;
mod exit;
mod http;
mod log;
mod site;
mod world;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use exit::{Exit, Failure};

fn main() -> ExitCode {
    exit::code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit, Failure> {
    // The main thread drives the command itself, so that it lives as long as the processes that it started: the
    // kernel ends those when the thread that started them does.
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::cannot("start the runtime"))?;
    let ended = runtime.block_on(async {
        match command {
            Command::Demo(args) => command::demo::run(args).await,
            Command::Up(args) => command::up::run(args).await,
            Command::Server(args) => command::server::run(&args).await,
            Command::Agent(args) => command::agent::run(&args).await,
            Command::Password => command::password::run(),
        }
    });
    // What still runs beside the command is of no consequence: rows say what is left to do.
    runtime.shutdown_background();
    ended
}
