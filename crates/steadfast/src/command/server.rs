//! `steadfast server`: one control plane.

use std::time::Duration;

use prometheus_client::registry::Registry;
use steadfast_operations::sweep;
use steadfast_server::{Metrics, Site, router, serve};
use tokio::net::TcpListener;

use super::tie;
use crate::cli::ServiceArgs;
use crate::config::ServerConfig;
use crate::exit::{Exit, Failure};
use crate::log;
use crate::world::{ControlWorld, own_cause};

/// How long open requests may take to be answered once the process was asked to end. Agents ask again elsewhere.
const GRACE: Duration = Duration::from_secs(2);

pub async fn run(args: &ServiceArgs) -> Result<Exit, Failure> {
    tie::to_parent(args.tied_to)?;
    log::start(args.log_format);
    let mut ending = tie::Ending::listen()?;
    let ServerConfig { listen, store, sweep_interval_ms, settings } = ServerConfig::read(&args.config)?;
    let world = ControlWorld::open(&store)?;
    let listener =
        TcpListener::bind(listen).await.map_err(Failure::cannot(format_args!("listen on {listen}")))?;
    tracing::info!(%listen, endpoint = %settings.endpoint, "listening");
    let router = router(Site::new(world.clone(), settings, Metrics::new(Registry::default())));
    let sweeper = tokio::spawn(sweep_for_ever(world, Duration::from_millis(sweep_interval_ms)));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut serving = tokio::spawn(serve(listener, router, async {
        // A sender that is gone says the same.
        let _ = stopped.await;
    }));
    tokio::select! {
        () = ending.asked() => {}
        ended = &mut serving => return Err(Failure::because(format_args!("the listener ended: {ended:?}"))),
    }
    tracing::info!("ending");
    sweeper.abort();
    drop(stop);
    // Whoever is not answered within the grace asks again: nothing is lost with a connection.
    let _ = tokio::time::timeout(GRACE, serving).await;
    Ok(Exit::Clean)
}

/// Finds what a process that died left unfinished: at once, and from time to time (C2).
async fn sweep_for_ever(world: ControlWorld, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match sweep(&world, &own_cause()).await {
            Ok(0) => {}
            Ok(unfinished) => tracing::debug!(unfinished, "swept"),
            Err(why) => tracing::warn!(%why, "the sweep ended early; the next one begins anew"),
        }
    }
}
