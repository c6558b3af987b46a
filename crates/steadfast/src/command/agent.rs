//! `steadfast agent`: the agent of one host.

use std::sync::Arc;

use steadfast_operations::agent;

use super::tie;
use crate::cli::ServiceArgs;
use crate::config::AgentConfig;
use crate::exit::{Exit, Failure};
use crate::log;
use crate::site::driver;
use crate::world::MachineWorld;

pub async fn run(args: &ServiceArgs) -> Result<Exit, Failure> {
    tie::to_parent(args.tied_to)?;
    log::start(args.log_format);
    let mut ending = tie::Ending::listen()?;
    let config = AgentConfig::read(&args.config)?;
    let driver = driver::open(&config)?;
    let AgentConfig { settings, control, key, kind, allotment, .. } = config;
    tracing::info!(host = %settings.host, control, hypervisor = kind.name(), "the agent lives");
    let world = MachineWorld::new(&control, &key, Arc::from(driver), allotment);
    tokio::select! {
        () = ending.asked() => {}
        () = agent::run(world, settings) => {}
    }
    // Orders that are still open go on until the process is gone; the next life waits for them behind its barrier.
    tracing::info!("ending");
    Ok(Exit::Clean)
}
