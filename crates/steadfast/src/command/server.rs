//! `steadfast server`: one control plane.

use super::tie;
use crate::cli::ServiceArgs;
use crate::config::ServerConfig;
use crate::control_plane::ControlPlane;
use crate::exit::{Exit, Failure};
use crate::log;

pub async fn run(args: &ServiceArgs) -> Result<Exit, Failure> {
    tie::to_parent(args.tied_to)?;
    log::start(args.log_format);
    let mut ending = tie::Ending::listen()?;
    let mut control_plane = ControlPlane::start(ServerConfig::read(&args.config)?).await?;
    tokio::select! {
        () = ending.asked() => {}
        failure = control_plane.failed() => return Err(failure),
    }
    tracing::info!("ending");
    control_plane.end().await;
    Ok(Exit::Clean)
}
