//! A control plane: a store, a listener, and the sweep.

use std::time::Duration;

use prometheus_client::registry::Registry;
use steadfast_operations::sweep;
use steadfast_server::{Metrics, Site, router, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::ServerConfig;
use crate::exit::Failure;
use crate::world::{ControlWorld, own_cause};

/// How long open requests may take to be answered once the control plane ends. Agents ask again elsewhere.
const GRACE: Duration = Duration::from_secs(2);

/// One that runs as long as this value lives.
#[derive(Debug)]
pub struct ControlPlane {
    pub world: ControlWorld,
    sweeper: JoinHandle<()>,
    serving: JoinHandle<std::io::Result<()>>,
    stop: Option<oneshot::Sender<()>>,
}

impl ControlPlane {
    /// Opens the store and the listener, and begins to answer and to sweep.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub async fn start(config: ServerConfig) -> Result<Self, Failure> {
        let ServerConfig { listen, store, sweep_interval_ms, settings } = config;
        let opened = tokio::task::spawn_blocking(move || ControlWorld::open(&store)).await;
        let world = opened.map_err(Failure::because)??;
        let bound = TcpListener::bind(listen).await;
        let listener = bound.map_err(Failure::cannot(format_args!("listen on {listen}")))?;
        tracing::info!(%listen, endpoint = %settings.endpoint, "listening");
        let router = router(Site::new(world.clone(), settings, Metrics::new(Registry::default())));
        let sweeper = tokio::spawn(sweep_for_ever(world.clone(), Duration::from_millis(sweep_interval_ms)));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, router, async {
            // A sender that is gone says the same.
            let _ = stopped.await;
        }));
        Ok(ControlPlane { world, sweeper, serving, stop: Some(stop) })
    }

    /// Done if the listener ends by itself, and with why.
    pub async fn failed(&mut self) -> Failure {
        let ended = (&mut self.serving).await;
        Failure::because(format_args!("the listener ended: {ended:?}"))
    }

    /// Takes nothing new, and waits a while for what is open. Whoever is not answered asks again: nothing is lost
    /// with a connection.
    pub async fn end(mut self) {
        drop(self.stop.take());
        let _ = tokio::time::timeout(GRACE, &mut self.serving).await;
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.sweeper.abort();
        self.serving.abort();
    }
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
