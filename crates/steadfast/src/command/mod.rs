//! The commands, one file each.

mod agent;
mod bench;
mod demo;
pub mod explore;
mod host;
pub mod password;
mod server;
mod tie;
mod up;
mod verify;

use crate::cli::Command;
use crate::exit::{Exit, Failure};

/// Runs a command to its end.
///
/// # Errors
/// When it could not do what it was asked.
pub fn run(command: Command) -> Result<Exit, Failure> {
    // The main thread drives the command itself, so that it lives as long as the processes that it started: the
    // kernel ends those when the thread that started them does.
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::cannot("start the runtime"))?;
    let ended = runtime.block_on(async {
        match command {
            Command::Demo(args) => demo::run(args).await,
            Command::Up(args) => up::run(args).await,
            Command::Server(args) => server::run(&args).await,
            Command::Agent(args) => agent::run(&args).await,
            Command::Host(args) => host::run(args).await,
            Command::Verify(args) => verify::run(&args).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Explore(args) => explore::run(args).await,
            Command::Password => password::run(),
        }
    });
    // What still runs beside the command is of no consequence: rows say what is left to do.
    runtime.shutdown_background();
    ended
}
